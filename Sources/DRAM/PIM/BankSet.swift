/// Banks that wait for one command of the host, and when the distances let it go.
///
/// Distances only grow, so a bank is not looked at again before the clock that was found for it. Banks under the widest
/// node below the channel (a rank) are let through or held back together; each is then asked for itself.
struct BankSet: ~Copyable {
  /// Banks under the same node, with the slot of the timing engine that holds all of them.
  private struct Group {
    var banks: UInt64
    var slot: Int
  }

  let command: Int
  /// Banks that want the command, one bit each.
  private(set) var waiting: UInt64 = 0
  /// Those that cannot go before a clock of their own, and the first such clock.
  private var asleep: UInt64 = 0
  private var nextWake = Int.max
  private let wake: UnsafeMutablePointer<Int>
  /// Nothing goes before this clock.
  private(set) var next = 0
  /// The same for the banks that the last look found held back.
  private var later = 0
  /// The same for all, from what was sent last.
  private var floor = 0
  private let groups: UnsafeMutablePointer<Group>
  private let groupCount: Int
  // Of the engine, which outlives the set.
  private let state: UnsafeMutablePointer<Int>
  private let ownSlots: UnsafeMutablePointer<Int32>
  private let width: Int
  private let bus: Int
  private let rising: Int

  init(_ command: Int, _ timing: borrowing TimingEngine) {
    self.command = command
    state = timing.state
    let line = timing.commands[command]
    width = line.width
    ownSlots = line.reads
    bus = line.bus
    rising = line.rising
    wake = copied([Int](repeating: 0, count: timing.bankCount))
    let idle = Int32(timing.stateCount - 1)
    var sharers: [Int32: Int] = [:]
    // Deepest levels come first.
    func slots(_ bank: Int) -> [Int32] {
      (0..<line.width).map { line.reads[bank * TimingEngine.readStride + $0] }
    }
    for bank in 0..<timing.bankCount { for slot in slots(bank) { sharers[slot, default: 0] += 1 } }
    var list: [Group] = []
    for bank in 0..<timing.bankCount {
      let slot = slots(bank).last { $0 != idle && sharers[$0, default: 0] > 1 } ?? idle
      let bit: UInt64 = 1 << UInt64(bank)
      if let place = list.firstIndex(where: { $0.slot == Int(slot) }) {
        list[place].banks |= bit
      } else {
        list.append(Group(banks: bit, slot: Int(slot)))
      }
    }
    groupCount = list.count
    groups = .allocate(capacity: list.count)
    for (index, group) in list.enumerated() { (groups + index).initialize(to: group) }
  }

  deinit {
    wake.deallocate()
    groups.deallocate()
  }

  @inline(__always)
  mutating func add(_ bit: UInt64) {
    waiting |= bit
    next = floor
  }

  /// Nothing goes before `clock`.
  @inline(__always)
  mutating func hold(until clock: Int) {
    floor = clock
    if next < clock { next = clock }
  }

  @inline(__always)
  mutating func remove(_ bit: UInt64) {
    waiting &= ~bit
    asleep &= ~bit
  }

  /// Those of `banks` whose widest nodes let the command go at `clock`.
  @inline(__always)
  mutating func ready(_ banks: UInt64, at clock: Int) -> UInt64 {
    if clock < next || waiting & banks == 0 { return 0 }
    return search(banks, clock)
  }

  private mutating func search(_ banks: UInt64, _ clock: Int) -> UInt64 {
    if clock >= nextWake { wakeSleepers(clock) }
    let left = waiting & banks & ~asleep
    var found: UInt64 = 0
    var soonest = Int.max
    if left != 0 {
      let shared = max(state[bus], state[command])
      if shared > clock {
        soonest = shared
      } else {
        var group = groups
        let end = groups + groupCount
        while group < end {
          let members = group.pointee.banks & left
          if members != 0 {
            let time = state[group.pointee.slot]
            if time <= clock { found |= members } else if time < soonest { soonest = time }
          }
          group += 1
        }
      }
    }
    later = soonest
    next = found == 0 ? (soonest < nextWake ? soonest : nextWake) : clock
    return found
  }

  @inline(never)
  private mutating func wakeSleepers(_ clock: Int) {
    nextWake = Int.max
    var left = asleep
    while left != 0 {
      let bank = left.trailingZeroBitCount
      left &= left &- 1
      if wake[bank] <= clock {
        asleep &= ~(1 &<< UInt64(bank))
      } else if wake[bank] < nextWake {
        nextWake = wake[bank]
      }
    }
  }

  /// Whether the command may go to a bank at `clock`; one that may not sleeps until it may.
  @inline(__always)
  mutating func mayGo(_ bank: Int, at clock: Int) -> Bool {
    var time = max(clock, max(state[bus], state[command]))
    var slot = ownSlots + bank &* TimingEngine.readStride
    let end = slot + width
    while slot < end {
      let ready = state[Int(slot.pointee)]
      if ready > time { time = ready }
      slot += 1
    }
    time |= rising
    if time <= clock { return true }
    asleep |= 1 &<< UInt64(bank)
    wake[bank] = time
    if time < nextWake { nextWake = time }
    return false
  }

  /// When to look again, as none that was ready could go.
  @inline(__always)
  mutating func settled(at clock: Int) -> Int {
    if next <= clock { next = later < nextWake ? later : nextWake }
    return next
  }
}
