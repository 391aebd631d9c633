/// Earliest legal times of every command at every node of the hierarchy, in flat arrays.
///
/// `earliestIssue` is pure; `issue` records a command. Both work on first ticks. For each command and bank, the slots
/// that hold it up and the slots that it holds up are resolved beforehand, so a query costs a few loads and an issue
/// one store per constraint row. The engine knows distances only: whether a row is open is the controller's business.
struct TimingEngine: ~Copyable {
  /// A slot of `state` that a command delays, and by how much.
  struct Delay {
    var slot: Int32
    var ticks: Int32
  }

  /// The commands of a window (tFAW): a ring of past issues at each node of a level.
  struct Window {
    var following: Int
    var delay: Int
    var length: Int
    var ring: Int
    var level: Int
  }

  let commandCount: Int
  let bankCount: Int
  /// Times by node and command, nodes of all levels one after the other; the rings; the two buses; a slot that is
  /// never written.
  let state: UnsafeMutablePointer<Int>
  let stateCount: Int
  let ringBase: Int
  let busBase: Int
  /// Slots below the ring that some row writes.
  let written: [Int]
  /// reads[(command * bankCount + bank) * width...] are the slots below the channel's that hold a command up.
  let reads: UnsafeMutablePointer<Int32>
  let width: Int
  /// Delays of a command sent to a bank, from delayStart[command * bankCount + bank] to the next start.
  let delays: UnsafeMutablePointer<Delay>
  let delayStart: UnsafeMutablePointer<Int32>
  /// Windows of each command.
  let windows: UnsafeMutablePointer<Window>
  let windowStart: UnsafeMutablePointer<Int>
  /// node[level * bankCount + bank] is the bank's node within the level.
  let node: UnsafeMutablePointer<Int>
  let nodeBase: UnsafeMutablePointer<Int>
  let ticks: UnsafeMutablePointer<Int>
  let rising: UnsafeMutablePointer<Int>
  let bus: UnsafeMutablePointer<Int>
  /// No constraint reaches further back than this many ticks, and no window over several commands than the second.
  let horizon: Int
  let windowHorizon: Int

  /// `unused` commands are never issued, so nothing is kept for them.
  init(_ compiled: CompiledStandard, unused: Set<Int> = []) {
    let commands = compiled.commandTicks.count
    let counts = compiled.nodeCounts
    let banks = compiled.bankCount
    commandCount = commands
    bankCount = banks
    // A command looks at the nodes around its own scope only.
    let rows = compiled.activeRows.filter {
      !unused.contains($0.preceding) && !unused.contains($0.following)
        && $0.level <= compiled.commandLevel[$0.following]
    }
    var bases: [Int] = []
    var cursor = 0
    for count in counts {
      bases.append(cursor)
      cursor += count * commands
    }
    ringBase = cursor
    func slot(_ level: Int, _ node: Int, _ command: Int) -> Int {
      bases[level] + node * commands + command
    }
    func nodeOf(_ bank: Int, _ level: Int) -> Int { bank / (banks / counts[level]) }

    var list: [Window] = []
    windowStart = .allocate(capacity: commands + 1)
    for command in 0..<commands {
      (windowStart + command).initialize(to: list.count)
      for row in rows where row.preceding == command && row.window > 1 {
        list.append(
          Window(
            following: row.following, delay: row.delay, length: row.window, ring: cursor,
            level: row.level))
        cursor += row.window * counts[row.level]
      }
    }
    (windowStart + commands).initialize(to: list.count)
    windows = .allocate(capacity: max(list.count, 1))
    for (index, window) in list.enumerated() { (windows + index).initialize(to: window) }
    busBase = cursor
    let idle = cursor + 2
    stateCount = cursor + 3
    state = .allocate(capacity: stateCount)
    state.initialize(repeating: TimingEngine.never, count: stateCount)

    let holding = (0..<commands).map { command in
      Set(rows.filter { $0.following == command && $0.level > 0 }.map(\.level)).sorted(by: >)
    }
    precondition(counts.count <= 5, "at most four levels with several nodes lie below a channel")
    let most = max(1, holding.map(\.count).max() ?? 1)
    width = most
    reads = .allocate(capacity: commands * banks * most)
    delayStart = .allocate(capacity: commands * banks + 1)
    var all: [Delay] = []
    for command in 0..<commands {
      let mine = rows.filter { $0.preceding == command && $0.window == 1 }
      for bank in 0..<banks {
        let index = command * banks + bank
        for place in 0..<most {
          var read = idle
          if place < holding[command].count {
            let level = holding[command][place]
            read = slot(level, nodeOf(bank, level), command)
          }
          (reads + (index * most + place)).initialize(to: Int32(read))
        }
        (delayStart + index).initialize(to: Int32(all.count))
        for row in mine {
          let own = nodeOf(bank, row.level)
          var nodes = [own]
          if row.sibling {
            let fan = compiled.fanOut[row.level]
            let parent = own / fan * fan
            nodes = (parent..<(parent + fan)).filter { $0 != own }
          }
          for node in nodes {
            all.append(
              Delay(slot: Int32(slot(row.level, node, row.following)), ticks: Int32(row.delay)))
          }
        }
      }
    }
    (delayStart + commands * banks).initialize(to: Int32(all.count))
    delays = .allocate(capacity: max(all.count, 1))
    for (index, delay) in all.enumerated() { (delays + index).initialize(to: delay) }
    var slots = Set(all.map { Int($0.slot) })
    for window in list {
      for node in 0..<counts[window.level] {
        slots.insert(slot(window.level, node, window.following))
      }
    }
    written = slots.sorted()
    node = copied(counts.indices.flatMap { level in (0..<banks).map { nodeOf($0, level) } })
    nodeBase = copied(bases)
    ticks = copied(compiled.commandTicks)
    rising = copied(compiled.risingMask)
    bus = copied(compiled.columnBus.map { cursor + ($0 ? 1 : 0) })
    horizon = (rows.map(\.delay).max() ?? 0) + 16
    windowHorizon = rows.filter { $0.window > 1 }.map(\.delay).max() ?? 0
  }

  deinit {
    state.deallocate()
    reads.deallocate()
    delays.deallocate()
    delayStart.deallocate()
    windows.deallocate()
    windowStart.deallocate()
    node.deallocate()
    nodeBase.deallocate()
    ticks.deallocate()
    rising.deallocate()
    bus.deallocate()
  }

  /// A time before every other; far from overflow.
  static var never: Int { -1 << 40 }

  /// The first tick at or after `from` at which the command may go to the bank (any bank of its scope).
  @inline(__always)
  func earliestIssue(_ command: Int, bank: Int, from: Int) -> Int {
    bankBound(command, bank: bank, shared: sharedBound(command, from: from))
  }

  /// The part of ``earliestIssue(_:bank:from:)`` that all banks of a channel share.
  @inline(__always)
  func sharedBound(_ command: Int, from: Int) -> Int {
    var time = from
    let busReady = state[bus[command]]
    if busReady > time { time = busReady }
    let ready = state[command]
    if ready > time { time = ready }
    return time
  }

  /// The rest of it. Rising edges are the odd ticks.
  @inline(__always)
  func bankBound(_ command: Int, bank: Int, shared: Int) -> Int {
    var time = shared
    let slots = reads + (command &* bankCount &+ bank) &* width
    let ready = state[Int(slots[0])]
    if ready > time { time = ready }
    if width > 1 {
      let ready = state[Int(slots[1])]
      if ready > time { time = ready }
      if width > 2 {
        let ready = state[Int(slots[2])]
        if ready > time { time = ready }
        if width > 3 {
          let ready = state[Int(slots[3])]
          if ready > time { time = ready }
        }
      }
    }
    return time | rising[command]
  }

  /// Records that the command's first tick is `time`.
  @inline(__always)
  func issue(_ command: Int, bank: Int, at time: Int) {
    let state = self.state
    state[bus[command]] = time &+ ticks[command]
    let start = delayStart + (command &* bankCount &+ bank)
    var delay = delays + Int(start[0])
    let end = delays + Int(start[1])
    while delay < end {
      let slot = state + Int(delay.pointee.slot)
      let ready = time &+ Int(delay.pointee.ticks)
      if ready > slot.pointee { slot.pointee = ready }
      delay += 1
    }
    var index = windowStart[command]
    let last = windowStart[command &+ 1]
    while index < last {
      enter(windows + index, bank: bank, at: time)
      index &+= 1
    }
  }

  /// A window's ring holds its last issues, newest first; shifting a handful of words beats a cursor.
  @inline(__always)
  private func enter(_ window: UnsafeMutablePointer<Window>, bank: Int, at time: Int) {
    let level = window.pointee.level
    let node = node[level &* bankCount &+ bank]
    let last = window.pointee.length &- 1
    let ring = state + (window.pointee.ring &+ node &* window.pointee.length)
    if ring[0] != time {
      var place = last
      while place > 0 {
        ring[place] = ring[place &- 1]
        place &-= 1
      }
      ring[0] = time
    }
    let ready = ring[last] &+ window.pointee.delay
    let slot = state + (nodeBase[level] &+ node &* commandCount &+ window.pointee.following)
    if ready > slot.pointee { slot.pointee = ready }
  }

  /// Whether a window over several commands (tFAW) is what makes `time` the earliest tick.
  @inline(__always)
  func isWindowBound(_ command: Int, bank: Int, at time: Int) -> Bool {
    var index = windowStart[command]
    let end = windowStart[command &+ 1]
    while index < end {
      let window = windows + index
      index &+= 1
      if window.pointee.following != command { continue }
      let node = node[window.pointee.level &* bankCount &+ bank]
      let oldest = window.pointee.ring &+ (node &+ 1) &* window.pointee.length &- 1
      if state[oldest] &+ window.pointee.delay == time { return true }
    }
    return false
  }
}

/// A copy of an array in memory of its own.
func copied(_ values: [Int]) -> UnsafeMutablePointer<Int> {
  let memory = UnsafeMutablePointer<Int>.allocate(capacity: max(values.count, 1))
  for (index, value) in values.enumerated() { (memory + index).initialize(to: value) }
  return memory
}
