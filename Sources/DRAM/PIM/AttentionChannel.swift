/// One channel that computes attention heads, command by command.
///
/// Every tick may carry one row and one column command. Products and moves of a stage go as early as
/// they may, the ready one first, then the older; rows of the products that come next open across
/// barriers. A refresh that is due closes all rows and goes first.
struct AttentionChannel: ~Copyable {
  private struct Product {
    var set: Int
    var row: Int32
    var stage: Int32
  }

  private let rules: AttentionRules
  private let compiled: CompiledStandard
  private let engine: TimingEngine
  private let program: AttentionProgram
  private let activate: Int
  private let product: Int
  private let precharge: Int
  private let setBanks: [[Int]]
  private var openRow: [Int32]
  private(set) var counts: [Int]
  private var now = 0
  private var lastColumn = 0
  // The products that the controller sees.
  private var window: [Product] = []
  private var cursor = (stage: 0, part: 0, block: 0, step: 0, turn: 0)
  private var refreshDue: Int
  private var refreshCount = 0
  /// Commands, one record for each node that they are sent to, if they are kept.
  private(set) var log: [CommandRecord] = []
  private let keepsCommands: Bool

  init(
    _ rules: AttentionRules, _ program: AttentionProgram, refreshes: Bool, keepsCommands: Bool
  ) {
    self.rules = rules
    self.program = program
    self.keepsCommands = keepsCommands
    compiled = rules.compiled
    activate = rules.activate
    product = rules.product
    precharge = rules.precharge
    setBanks = rules.setBanks
    openRow = [Int32](repeating: -1, count: rules.setBanks.count)
    counts = [Int](repeating: 0, count: rules.compiled.standard.commands.count)
    refreshDue = refreshes ? rules.compiled.refreshInterval : Int.max
    engine = TimingEngine(rules.compiled)
  }

  /// Runs the program; returns the clock at which the last command's data have arrived.
  mutating func run() -> Int {
    var stage = 0
    var move = 0
    refill()
    while true {
      // Barriers at the head are popped.
      while stage < program.stages.count, move == program.stages[stage].moves.count,
        window.first.map({ Int($0.stage) > stage }) ?? true
      {
        stage += 1
        move = 0
      }
      if stage == program.stages.count { break }
      if now >= refreshDue { refresh() }
      step(stage, &move)
    }
    return (lastColumn + compiled.readLatency + compiled.standard.ticksPerClock - 1)
      / compiled.standard.ticksPerClock
  }

  /// Sends the command that may go first.
  private mutating func step(_ stage: Int, _ move: inout Int) {
    var column = (time: Int.max, index: -1)
    var row = (time: Int.max, command: 0, set: -1, row: Int32(0))
    var seen: UInt64 = 0
    var seenSets = 0
    for index in window.indices {
      let entry = window[index]
      let bit: UInt64 = 1 << UInt64(entry.set)
      if seen & bit != 0 { continue }
      seen |= bit
      seenSets += 1
      let banks = setBanks[entry.set]
      if openRow[entry.set] == entry.row {
        if Int(entry.stage) == stage {
          let time = earliest(product, banks)
          if time < column.time { column = (time, index) }
        }
      } else {
        let command = openRow[entry.set] < 0 ? activate : precharge
        let time = earliest(command, banks)
        if time < row.time { row = (time, command, entry.set, entry.row) }
      }
      if seenSets == setBanks.count { break }
    }
    var moved = Int.max
    let moves = program.stages[stage].moves
    if move < moves.count {
      let (command, banks) = moveTarget(moves[move])
      moved = earliest(command, banks)
    }
    let first = min(column.time, row.time, moved)
    if first >= refreshDue {
      now = refreshDue
      return
    }
    // Products are older than the moves beside them.
    if column.time == first {
      let entry = window[column.index]
      issue(product, setBanks[entry.set], row: entry.row, at: first)
      window.remove(at: column.index)
      refill()
    } else if moved == first {
      let (command, banks) = moveTarget(moves[move])
      issue(command, banks, at: first)
      move += 1
    } else {
      issue(row.command, setBanks[row.set], row: row.row, at: first)
      openRow[row.set] = row.command == activate ? row.row : -1
    }
  }

  private func moveTarget(_ move: AttentionProgram.Move) -> (command: Int, banks: [Int]) {
    switch move {
    case .query: (rules.query, [0])
    case .scores(let node): (rules.fromUnits, rules.moveBanks[node])
    case .softmax: (rules.softmax, [0])
    case .probabilities(let node): (rules.toUnits, rules.moveBanks[node])
    case .context(let node): (rules.fromUnits, rules.moveBanks[node])
    }
  }

  private func earliest(_ command: Int, _ banks: [Int]) -> Int {
    var time = now
    for bank in banks { time = engine.earliestIssue(command, bank: bank, from: time) }
    return time
  }

  private mutating func issue(_ command: Int, _ banks: [Int], row: Int32 = -1, at time: Int) {
    for bank in banks { engine.issue(command, bank: bank, at: time) }
    counts[command] += 1
    now = time
    if compiled.columnBus[command] { lastColumn = max(lastColumn, time) }
    if !keepsCommands { return }
    for bank in banks {
      log.append(
        CommandRecord(
          tick: time, command: command, channel: 0, bank: bank, row: Int(row), column: -1))
    }
  }

  /// Closes all rows and refreshes every scope.
  private mutating func refresh() {
    for set in openRow.indices where openRow[set] >= 0 {
      let time = earliest(precharge, setBanks[set])
      issue(precharge, setBanks[set], at: time)
      if compiled.commandLevel[precharge] == 0 {
        for other in openRow.indices { openRow[other] = -1 }
      } else {
        openRow[set] = -1
      }
    }
    let command = compiled.roles.refreshAll
    for bank in stride(from: 0, to: compiled.bankCount, by: compiled.refreshScopeBanks) {
      issue(command, [bank], at: earliest(command, [bank]))
    }
    refreshCount += 1
    refreshDue = (refreshCount + 1) * compiled.refreshInterval
  }

  /// Fills the window with the products that come next.
  private mutating func refill() {
    while window.count < rules.queue, cursor.stage < program.stages.count {
      let parts = program.stages[cursor.stage].products
      guard cursor.part < parts.count else {
        cursor = (cursor.stage + 1, 0, 0, 0, 0)
        continue
      }
      let part = parts[cursor.part]
      let columns = compiled.standard.organization.columns
      let step = part.first + cursor.step
      window.append(
        Product(
          set: cursor.block * rules.turns + cursor.turn,
          row: Int32(part.baseRow + step / columns), stage: Int32(cursor.stage)))
      // The product before the first barrier is one command whatever the level.
      if cursor.stage == 0 {
        cursor.part += 1
        continue
      }
      cursor.turn += 1
      if cursor.turn < rules.turns { continue }
      cursor.turn = 0
      cursor.step += 1
      if cursor.step < part.count { continue }
      cursor.step = 0
      cursor.block += 1
      if cursor.block < setBanks.count / rules.turns { continue }
      cursor.block = 0
      cursor.part += 1
    }
  }
}
