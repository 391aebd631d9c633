/// Which banks of a channel the host's scheduler has to look at, and when the others are worth a look.
///
/// A bank is due, or waits for a clock of its own, or waits for the data bus with the other banks of its region (a
/// node of the outermost level): then the next column command of its kind moves all of them at once. Looking too
/// early costs time and changes nothing.
struct BankWatch: ~Copyable {
  /// Banks to look at now, one bit each.
  private(set) var due: UInt64
  /// Banks with nothing but column commands of a kind (0 read, 1 write) left to send.
  private var waiters: (UInt64, UInt64) = (0, 0)
  private let all: UInt64
  private let banks: Int
  private let regions: Int
  private let banksPerRegion: Int
  private let wake: UnsafeMutablePointer<Int>
  /// No bank that waits for itself is due before this clock.
  private var nextWake = Int.max
  /// By kind and region: banks that wait for the bus, and until when.
  private let held: UnsafeMutablePointer<UInt64>
  private let heldUntil: UnsafeMutablePointer<Int>
  /// Fewest clocks from a column command (read, write) to one of a kind in the same and in another region.
  private let distances: UnsafeMutablePointer<Int>

  init(_ compiled: CompiledStandard) {
    banks = compiled.bankCount
    regions = compiled.nodeCounts.count > 1 ? compiled.nodeCounts[1] : 1
    banksPerRegion = banks / regions
    all = banks == 64 ? ~0 : (1 << UInt64(banks)) - 1
    due = all
    wake = copied([Int](repeating: 0, count: banks))
    held = .allocate(capacity: 2 * regions)
    held.initialize(repeating: 0, count: 2 * regions)
    heldUntil = copied([Int](repeating: 0, count: 2 * regions))
    let columns = [compiled.roles.read, compiled.roles.write]
    var distances = [Int](repeating: 0, count: 8)
    for row in compiled.rows where row.window == 1 && row.level <= 1 {
      guard let from = columns.firstIndex(of: row.preceding),
        let to = columns.firstIndex(of: row.following)
      else { continue }
      let first = (from * 2 + to) * 2
      if !row.sibling { distances[first] = max(distances[first], row.delay) }
      if row.level == 0 || row.sibling {
        distances[first + 1] = max(distances[first + 1], row.delay)
      }
    }
    self.distances = copied(distances)
  }

  deinit {
    wake.deallocate()
    held.deallocate()
    heldUntil.deallocate()
    distances.deallocate()
  }

  /// Every bank is to be looked at again.
  @inline(__always)
  mutating func wakeAll() {
    due = all
    waiters = (0, 0)
  }

  /// A bank is to be looked at again.
  @inline(__always)
  mutating func wakeUp(_ bank: Int) {
    let bit: UInt64 = 1 &<< UInt64(bank)
    due |= bit
    waiters.0 &= ~bit
    waiters.1 &= ~bit
  }

  /// A bank has nothing to send before `clock`.
  @inline(__always)
  mutating func sleep(_ bank: Int, until clock: Int) {
    due &= ~(1 &<< UInt64(bank))
    wake[bank] = clock
    if clock < nextWake { nextWake = clock }
  }

  /// A bank has nothing but reads (or writes) of its open row to send.
  @inline(__always)
  mutating func waitForColumns(_ bank: Int, isWrite: Bool) {
    let bit: UInt64 = 1 &<< UInt64(bank)
    if isWrite { waiters.1 |= bit } else { waiters.0 |= bit }
  }

  /// Takes note of a look at a bank: what it waits for is found anew.
  @inline(__always)
  mutating func look(_ bank: Int) {
    let bit: UInt64 = 1 &<< UInt64(bank)
    waiters.0 &= ~bit
    waiters.1 &= ~bit
  }

  /// A column command went at `clock`: no other can follow within its distance.
  @inline(__always)
  mutating func columnIssued(isWrite: Bool, bank: Int, at clock: Int) {
    let home = bank / banksPerRegion
    let base = isWrite ? 4 : 0
    let mask: UInt64 = banksPerRegion == 64 ? ~0 : (1 &<< UInt64(banksPerRegion)) &- 1
    var region = 0
    while region < regions {
      let here = mask &<< UInt64(region &* banksPerRegion)
      var kind = 0
      while kind < 2 {
        let free = clock &+ distances[base &+ kind &* 2 &+ (region == home ? 0 : 1)]
        let place = kind &* regions &+ region
        let moved = due & here & (kind == 0 ? waiters.0 : waiters.1)
        if free > clock {
          due &= ~moved
          held[place] |= moved
          if free > heldUntil[place] { heldUntil[place] = free }
        }
        kind &+= 1
      }
      region &+= 1
    }
  }

  /// Finds what is due at `clock`.
  @inline(__always)
  mutating func refresh(at clock: Int) {
    var place = 0
    while place < 2 &* regions {
      if held[place] != 0 && heldUntil[place] <= clock {
        due |= held[place]
        held[place] = 0
      }
      place &+= 1
    }
    if clock >= nextWake { rescan(clock) }
  }

  @inline(never)
  private mutating func rescan(_ clock: Int) {
    nextWake = Int.max
    var left = all & ~due
    while left != 0 {
      let bank = left.trailingZeroBitCount
      left &= left &- 1
      if wake[bank] <= clock {
        due |= 1 &<< UInt64(bank)
      } else if wake[bank] < nextWake {
        nextWake = wake[bank]
      }
    }
  }

  /// The next clock at which a bank may become due, none being due now.
  @inline(__always)
  var next: Int {
    var next = nextWake
    var place = 0
    while place < 2 &* regions {
      if held[place] != 0 && heldUntil[place] < next { next = heldUntil[place] }
      place &+= 1
    }
    return next
  }
}
