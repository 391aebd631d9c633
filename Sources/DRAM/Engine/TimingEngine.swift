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
    /// Issues in the ring before the oldest.
    var last: Int
    /// For each bank its node's ring and the slot that the window holds up.
    var places: UnsafeMutablePointer<Int32>
  }

  /// What a query or an issue of one command needs, in one cache line.
  struct Command {
    /// The slot of its bus and the ticks for which it takes that.
    var bus: Int
    var ticks: Int
    /// 1 if it may start on odd ticks only.
    var rising: Int
    /// Slots below the channel's that hold it up, `width` of them for each bank, ``TimingEngine/readStride`` apart.
    var width: Int
    var reads: UnsafeMutablePointer<Int32>
    /// Where the delays of a command sent to each bank start.
    var delayStart: UnsafeMutablePointer<Int32>
    var windows: UnsafeMutablePointer<Window>
    var windowCount: Int
  }

  /// Levels with several nodes below a channel, at most.
  static let readStride = 4

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
  let commands: UnsafeMutablePointer<Command>
  private let reads: UnsafeMutablePointer<Int32>
  /// Delays of a command sent to a bank, from delayStart[command * bankCount + bank] to the next start.
  private let delays: UnsafeMutablePointer<Delay>
  private let delayStart: UnsafeMutablePointer<Int32>
  private let windows: UnsafeMutablePointer<Window>
  private let places: UnsafeMutablePointer<Int32>
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

    let windowRows = (0..<commands).map { command in
      rows.filter { $0.preceding == command && $0.window > 1 }
    }
    let windowed = windowRows.flatMap { $0 }
    windows = .allocate(capacity: max(windowed.count, 1))
    places = .allocate(capacity: max(windowed.count * banks * 2, 1))
    for (index, row) in windowed.enumerated() {
      let place = places + index * banks * 2
      for bank in 0..<banks {
        let node = nodeOf(bank, row.level)
        (place + 2 * bank).initialize(to: Int32(cursor + node * row.window))
        (place + (2 * bank + 1)).initialize(to: Int32(slot(row.level, node, row.following)))
      }
      (windows + index).initialize(
        to: Window(
          following: row.following, delay: row.delay, last: row.window - 1, places: place))
      cursor += row.window * counts[row.level]
    }
    busBase = cursor
    let idle = cursor + 2
    stateCount = cursor + 3
    state = .allocate(capacity: stateCount)
    state.initialize(repeating: TimingEngine.never, count: stateCount)

    let holding = (0..<commands).map { command in
      Set(rows.filter { $0.following == command && $0.level > 0 }.map(\.level)).sorted(by: >)
    }
    let most = Self.readStride
    precondition(
      counts.count <= most + 1, "at most four levels with several nodes lie below a channel")
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
    for row in windowed {
      for node in 0..<counts[row.level] { slots.insert(slot(row.level, node, row.following)) }
    }
    written = slots.sorted()
    self.commands = .allocate(capacity: max(commands, 1))
    var window = 0
    for command in 0..<commands {
      (self.commands + command).initialize(
        to: Command(
          bus: cursor + (compiled.columnBus[command] ? 1 : 0),
          ticks: compiled.commandTicks[command],
          rising: compiled.risingMask[command], width: holding[command].count,
          reads: reads + command * banks * most, delayStart: delayStart + command * banks,
          windows: windows + window, windowCount: windowRows[command].count))
      window += windowRows[command].count
    }
    horizon = (rows.map(\.delay).max() ?? 0) + 16
    windowHorizon = rows.filter { $0.window > 1 }.map(\.delay).max() ?? 0
  }

  deinit {
    state.deallocate()
    commands.deallocate()
    reads.deallocate()
    delays.deallocate()
    delayStart.deallocate()
    windows.deallocate()
    places.deallocate()
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
    let busReady = state[commands[command].bus]
    if busReady > time { time = busReady }
    let ready = state[command]
    if ready > time { time = ready }
    return time
  }

  /// The rest of it. Rising edges are the odd ticks.
  @inline(__always)
  func bankBound(_ command: Int, bank: Int, shared: Int) -> Int {
    let command = commands + command
    let width = command.pointee.width
    let time = Self.bound(
      state, command.pointee.reads + bank &* Self.readStride, width: width, shared: shared)
    return time | command.pointee.rising
  }

  /// The latest of the shared bound and of the first `width` slots, at least one.
  @inline(__always)
  static func bound(
    _ state: UnsafeMutablePointer<Int>, _ slots: UnsafeMutablePointer<Int32>, width: Int,
    shared: Int
  ) -> Int {
    var time = shared
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
    return time
  }

  /// Records that the command's first tick is `time`.
  @inline(__always)
  func issue(_ command: Int, bank: Int, at time: Int) {
    let state = self.state
    let command = commands + command
    state[command.pointee.bus] = time &+ command.pointee.ticks
    let start = command.pointee.delayStart + bank
    var delay = delays + Int(start[0])
    let end = delays + Int(start[1])
    while delay < end {
      let slot = state + Int(delay.pointee.slot)
      let ready = time &+ Int(delay.pointee.ticks)
      delay += 1
      if ready > slot.pointee { slot.pointee = ready }
    }
    if command.pointee.windowCount > 0 { enterWindows(command, bank: bank, at: time) }
  }

  /// A window's ring holds its last issues, newest first; shifting a handful of words beats a cursor.
  @inline(__always)
  private func enterWindows(
    _ command: UnsafeMutablePointer<Command>, bank: Int, at time: Int
  ) {
    var window = command.pointee.windows
    let end = window + command.pointee.windowCount
    while window < end {
      let place = window.pointee.places + 2 &* bank
      let ring = state + Int(place[0])
      let last = window.pointee.last
      if ring[0] != time {
        var index = last
        while index > 0 {
          ring[index] = ring[index &- 1]
          index &-= 1
        }
        ring[0] = time
      }
      let ready = ring[last] &+ window.pointee.delay
      let slot = state + Int(place[1])
      if ready > slot.pointee { slot.pointee = ready }
      window += 1
    }
  }

  /// Whether a window over several commands (tFAW) is what makes `time` the earliest tick.
  @inline(__always)
  func isWindowBound(_ command: Int, bank: Int, at time: Int) -> Bool {
    var window = commands[command].windows
    let end = window + commands[command].windowCount
    while window < end {
      let oldest = Int(window.pointee.places[2 &* bank]) &+ window.pointee.last
      if window.pointee.following == command && state[oldest] &+ window.pointee.delay == time {
        return true
      }
      window += 1
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
