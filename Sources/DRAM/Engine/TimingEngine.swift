/// Earliest legal times of every command at every node of the hierarchy, in flat arrays.
///
/// `earliestIssue` is pure; `issue` records a command. Both work on first ticks. A query costs one load per level,
/// an issue one store per constraint row of the command. The engine knows distances only: whether a row is open is
/// the controller's business.
struct TimingEngine: ~Copyable {
  /// A constraint of one preceding command, ready for the inner loop.
  struct Update {
    var level: Int32
    var following: Int32
    var delay: Int
    /// Offset of the ring of past issues within a node's rings, or -1 for a plain distance.
    var ring: Int32
    var window: Int32
    var sibling: Bool
  }

  let commandCount: Int
  let levelCount: Int
  let bankCount: Int
  /// ready[node * commandCount + command], nodes of all levels one after the other, then the rings, then buses.
  let state: UnsafeMutablePointer<Int>
  let stateCount: Int
  let readyCount: Int
  let busBase: Int
  /// path[bank * levelCount + level] is the offset of that node's first entry in `state`.
  let path: UnsafeMutablePointer<Int>
  let ringPath: UnsafeMutablePointer<Int>
  /// Plain distances of each command, level by level: how many at a level, then (following, delay) pairs.
  let plain: UnsafeMutablePointer<Int32>
  let plainStart: UnsafeMutablePointer<Int>
  /// Windows and sibling rules.
  let updates: UnsafeMutablePointer<Update>
  let updateStart: UnsafeMutablePointer<Int>
  let updateCount: Int
  let scopeLevel: UnsafeMutablePointer<Int>
  let ticks: UnsafeMutablePointer<Int>
  let rising: UnsafeMutablePointer<Int>
  let bus: UnsafeMutablePointer<Int>
  let fan: UnsafeMutablePointer<Int>
  /// No constraint reaches further back than this many ticks, and no window over several commands than the second.
  let horizon: Int
  let windowHorizon: Int

  /// `unused` commands are never issued, so nothing is kept for them.
  init(_ compiled: CompiledStandard, unused: Set<Int> = []) {
    commandCount = compiled.commandTicks.count
    levelCount = compiled.nodeCounts.count
    bankCount = compiled.bankCount
    let nodes = compiled.nodeCounts.reduce(0, +)
    readyCount = nodes * commandCount
    // Rings: one per (level, preceding, window) row with a window above 1, kept at every node of the level.
    var ringSize = [Int](repeating: 0, count: levelCount)
    var ringOf: [[Int]: Int] = [:]
    let rows = compiled.activeRows.filter {
      !unused.contains($0.preceding) && !unused.contains($0.following)
    }
    for row in rows where row.window > 1 {
      let key = [row.level, row.preceding, row.window]
      if ringOf[key] == nil {
        ringOf[key] = ringSize[row.level]
        ringSize[row.level] += row.window
      }
    }
    var ringBase = [Int](repeating: 0, count: levelCount)
    var cursor = readyCount
    for level in 0..<levelCount {
      ringBase[level] = cursor
      cursor += ringSize[level] * compiled.nodeCounts[level]
    }
    busBase = cursor
    stateCount = cursor + 2
    state = .allocate(capacity: stateCount)
    state.initialize(repeating: TimingEngine.never, count: stateCount)
    path = .allocate(capacity: bankCount * levelCount)
    ringPath = .allocate(capacity: bankCount * levelCount)
    for bank in 0..<bankCount {
      var base = 0
      for level in 0..<levelCount {
        let count = compiled.nodeCounts[level]
        let node = bank / (bankCount / count)
        (path + (bank * levelCount + level)).initialize(to: (base + node) * commandCount)
        (ringPath + (bank * levelCount + level)).initialize(
          to: ringBase[level] + node * ringSize[level])
        base += count
      }
    }
    var list: [Update] = []
    var pairs: [Int32] = []
    plainStart = .allocate(capacity: commandCount)
    for command in 0..<commandCount {
      (plainStart + command).initialize(to: pairs.count)
      for level in 0..<levelCount {
        let here = rows.filter {
          $0.preceding == command && $0.level == level && $0.window == 1 && !$0.sibling
        }
        pairs.append(Int32(here.count))
        for row in here { pairs += [Int32(row.following), Int32(row.delay)] }
      }
    }
    plain = .allocate(capacity: pairs.count)
    plain.initialize(from: pairs, count: pairs.count)
    updateStart = .allocate(capacity: commandCount + 1)
    for command in 0..<commandCount {
      (updateStart + command).initialize(to: list.count)
      for row in rows where row.preceding == command && (row.window > 1 || row.sibling) {
        list.append(
          Update(
            level: Int32(row.level), following: Int32(row.following), delay: row.delay,
            ring: row.window > 1
              ? Int32(ringOf[[row.level, row.preceding, row.window], default: 0]) : -1,
            window: Int32(row.window), sibling: row.sibling))
      }
    }
    (updateStart + commandCount).initialize(to: list.count)
    updateCount = list.count
    updates = .allocate(capacity: max(list.count, 1))
    for (index, update) in list.enumerated() { (updates + index).initialize(to: update) }
    scopeLevel = copied(compiled.commandLevel)
    ticks = copied(compiled.commandTicks)
    rising = copied(compiled.risingMask)
    bus = copied(compiled.columnBus.map { $0 ? 1 : 0 })
    fan = copied(compiled.fanOut)
    horizon = (rows.map(\.delay).max() ?? 0) + 16
    windowHorizon = rows.filter { $0.window > 1 }.map(\.delay).max() ?? 0
  }

  deinit {
    state.deallocate()
    path.deallocate()
    ringPath.deallocate()
    plain.deallocate()
    plainStart.deallocate()
    updates.deallocate()
    updateStart.deallocate()
    scopeLevel.deallocate()
    ticks.deallocate()
    rising.deallocate()
    bus.deallocate()
    fan.deallocate()
  }

  /// A time before every other; far from overflow.
  static var never: Int { -1 << 40 }

  /// The first tick at or after `from` at which the command may go to the bank (any bank of its scope).
  @inline(__always)
  func earliestIssue(_ command: Int, bank: Int, from: Int) -> Int {
    var time = from
    let node = path + bank &* levelCount
    let busReady = state[busBase &+ bus[command]]
    if busReady > time { time = busReady }
    var level = scopeLevel[command]
    while level >= 0 {
      let ready = state[node[level] &+ command]
      if ready > time { time = ready }
      level &-= 1
    }
    // Rising edges are the odd ticks.
    return time | rising[command]
  }

  /// Records that the command's first tick is `time`.
  @inline(__always)
  func issue(_ command: Int, bank: Int, at time: Int) {
    let node = path + bank &* levelCount
    state[busBase &+ bus[command]] = time &+ ticks[command]
    var pair = plain + plainStart[command]
    var level = 0
    while level < levelCount {
      var count = pair.pointee
      pair += 1
      let base = state + node[level]
      while count > 0 {
        let slot = base + Int(pair[0])
        let ready = time &+ Int(pair[1])
        if ready > slot.pointee { slot.pointee = ready }
        pair += 2
        count &-= 1
      }
      level &+= 1
    }
    var index = updateStart[command]
    let end = updateStart[command &+ 1]
    while index < end {
      issueRare(updates + index, bank: bank, at: time)
      index &+= 1
    }
  }

  /// The part of ``earliestIssue(_:bank:from:)`` that all banks of a channel share.
  @inline(__always)
  func sharedBound(_ command: Int, from: Int) -> Int {
    var time = from
    let busReady = state[busBase &+ bus[command]]
    if busReady > time { time = busReady }
    let ready = state[command]
    if ready > time { time = ready }
    return time
  }

  /// The rest of it, for a command of one bank.
  @inline(__always)
  func bankBound(_ command: Int, bank: Int, shared: Int) -> Int {
    var time = shared
    let node = path + bank &* levelCount
    var level = levelCount &- 1
    while level > 0 {
      let ready = state[node[level] &+ command]
      if ready > time { time = ready }
      level &-= 1
    }
    return time | rising[command]
  }

  /// Windows (tFAW) and rules between siblings.
  @inline(never)
  private func issueRare(_ update: UnsafeMutablePointer<Update>, bank: Int, at time: Int) {
    let level = Int(update.pointee.level)
    let offset = path[bank &* levelCount &+ level]
    let following = Int(update.pointee.following)
    if update.pointee.sibling {
      let children = fan[level]
      let first = path[level]
      let node = (offset &- first) / commandCount
      let parent = node / children &* children
      for child in parent..<(parent &+ children) where child != node {
        let slot = state + (first &+ child &* commandCount &+ following)
        let ready = time &+ update.pointee.delay
        if ready > slot.pointee { slot.pointee = ready }
      }
      return
    }
    // The ring holds the last `window` issues, newest first; shifting a handful of words beats a cursor.
    let window = Int(update.pointee.window)
    let ring = state + (ringPath[bank &* levelCount &+ level] &+ Int(update.pointee.ring))
    var place = window &- 1
    if ring[0] != time {
      while place > 0 {
        ring[place] = ring[place &- 1]
        place &-= 1
      }
      ring[0] = time
    }
    let ready = ring[window &- 1] &+ update.pointee.delay
    let slot = state + (offset &+ following)
    if ready > slot.pointee { slot.pointee = ready }
  }
}

/// A copy of an array in memory of its own.
func copied(_ values: [Int]) -> UnsafeMutablePointer<Int> {
  let memory = UnsafeMutablePointer<Int>.allocate(capacity: max(values.count, 1))
  for (index, value) in values.enumerated() { (memory + index).initialize(to: value) }
  return memory
}

extension TimingEngine {
  /// Whether a window over several commands (tFAW) is what makes `time` the earliest tick.
  func isWindowBound(_ command: Int, bank: Int, at time: Int) -> Bool {
    for index in updateStart[command]..<updateStart[command + 1] where updates[index].ring >= 0 {
      let update = updates[index]
      let ring = ringPath[bank * levelCount + Int(update.level)] + Int(update.ring)
      if Int(update.following) == command
        && state[ring + Int(update.window) - 1] + update.delay == time
      {
        return true
      }
    }
    return false
  }
}
