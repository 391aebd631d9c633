/// A design of attention resolved to commands and banks: what the channel reads.
struct AttentionRules: Sendable {
  let compiled: CompiledStandard
  let activate: Int
  let product: Int
  let precharge: Int
  let query: Int
  let toUnits: Int
  let fromUnits: Int
  let softmax: Int
  /// One bank for each node that a command of a set must be sent to.
  let setBanks: [[Int]]
  /// Sets that take turns at every column.
  let turns: Int
  /// The same for the nodes of a move.
  let moveBanks: [[Int]]
  /// Products that the controller sees.
  let queue: Int

  /// - Throws: `MemoryError` that names the command which the standard lacks.
  init(_ compiled: CompiledStandard, _ design: AttentionDesign) throws {
    self.compiled = compiled
    let standard = compiled.standard
    let place = "PIM design '\(design.name)'"
    func index(_ name: String) throws -> Int { try standard.commandIndex(name, in: place) }
    let opening = try index(design.commands.activate)
    let moving = try index(design.buffers.fromUnits)
    activate = opening
    fromUnits = moving
    product = try index(design.commands.product)
    precharge = try index(design.commands.precharge)
    query = try index(design.buffers.query)
    toUnits = try index(design.buffers.toUnits)
    softmax = try index(design.buffers.softmax)
    let banks = BankSets(design, standard)
    turns = banks.turns
    setBanks = banks.sets.map { compiled.representatives(of: $0, for: opening) }
    moveBanks = banks.moveNodes.map { compiled.representatives(of: $0, for: moving) }
    queue = design.queue
    guard setBanks.count <= 64 else {
      throw MemoryError("\(place) has \(setBanks.count) sets of banks; at most 64")
    }
  }
}

/// The banks that commands of a design cover together.
struct BankSets {
  /// Flat banks of each set: blocks one after the other, those that take turns next to each other.
  let sets: [[Int]]
  /// Sets that take turns at every column.
  let turns: Int
  /// Banks of the nodes that one move covers.
  let moveNodes: [[Int]]

  init(_ design: AttentionDesign, _ standard: MemoryStandard) {
    let levels = standard.organization.levels
    /// Groups of banks by the coordinates at the levels of `keys`, the last of them fastest.
    func groups(_ keys: [Int]) -> [[Int]] {
      var result: [[Int]] = []
      var numbers: [Int: Int] = [:]
      let banks = levels.reduce(1) { $0 * $1.count }
      for bank in 0..<banks {
        var rest = bank
        var coordinates = [Int](repeating: 0, count: levels.count)
        for level in levels.indices.reversed() {
          coordinates[level] = rest % levels[level].count
          rest /= levels[level].count
        }
        let number = keys.reduce(0) { $0 * levels[$1].count + coordinates[$1] }
        if numbers[number] == nil {
          numbers[number] = result.count
          result.append([])
        }
        result[numbers[number] ?? 0].append(bank)
      }
      return numbers.sorted { $0.key < $1.key }.map { result[$0.value] }
    }
    let free = levels.indices.filter { (design.covers[levels[$0].name] ?? 1) < levels[$0].count }
    let fast = free.filter { (design.interleaved ?? []).contains(levels[$0].name) }
    let slow = free.filter { !fast.contains($0) }
    sets = groups(slow + fast)
    turns = fast.reduce(1) { $0 * levels[$1].count }
    moveNodes = groups(
      levels.indices.filter {
        design.tokenLevels.contains(levels[$0].name)
          && !design.buffers.moveCovers.contains(levels[$0].name)
      })
  }
}

extension CompiledStandard {
  /// One bank for each node of a command's scope among `banks`.
  func representatives(of banks: [Int], for command: Int) -> [Int] {
    let size = bankCount / nodeCounts[commandLevel[command]]
    var seen: Set<Int> = []
    return banks.filter { seen.insert($0 / size).inserted }
  }
}
