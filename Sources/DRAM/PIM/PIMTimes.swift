/// What a clock of one side of a PIM channel, its products or its host, goes on.
public enum PIMTimeUse: Int, CaseIterable, Hashable, Sendable {
  /// Columns are read: by the multipliers, or over the data bus.
  case columns
  /// An operand is loaded through the normal row buffer.
  case load
  /// Rows open and close.
  case row
  /// Openings of rows wait for the activation window.
  case tfaw
  /// The data bus changes its direction.
  case turnaround
  /// A refresh is under way, due, or nearer than the work that it would cut.
  case refresh
  /// Row commands and headers take the command bus, or the other side has the channel.
  case commands
}

/// Clocks by what they went on; a clock in which a side has no work is in none.
public struct PIMTimes: Hashable, Sendable {
  // Fields, as a constant index then is one addition in memory.
  private var columns = 0
  private var load = 0
  private var row = 0
  private var tfaw = 0
  private var turnaround = 0
  private var refresh = 0
  private var commands = 0

  public init() {}

  @inline(__always)
  public internal(set) subscript(use: PIMTimeUse) -> Int {
    get {
      switch use {
      case .columns: columns
      case .load: load
      case .row: row
      case .tfaw: tfaw
      case .turnaround: turnaround
      case .refresh: refresh
      case .commands: commands
      }
    }
    set {
      switch use {
      case .columns: columns = newValue
      case .load: load = newValue
      case .row: row = newValue
      case .tfaw: tfaw = newValue
      case .turnaround: turnaround = newValue
      case .refresh: refresh = newValue
      case .commands: commands = newValue
      }
    }
  }

  /// Clocks in which there was work.
  public var total: Int { PIMTimeUse.allCases.reduce(0) { $0 + self[$1] } }

  public static func += (left: inout PIMTimes, right: PIMTimes) {
    for use in PIMTimeUse.allCases { left[use] += right[use] }
  }

  public static func -= (left: inout PIMTimes, right: PIMTimes) {
    for use in PIMTimeUse.allCases { left[use] -= right[use] }
  }

  public static func - (left: PIMTimes, right: PIMTimes) -> PIMTimes {
    var difference = left
    difference -= right
    return difference
  }
}

extension PIMChannel {
  /// Why products wait for a clock of their own choice: the distance or the state that holds their head up.
  @inline(__always)
  mutating func wait(_ use: PIMTimeUse, until clock: Int) -> PIMChoice {
    productUse = use
    return .later(clock)
  }

  /// Charges the clock of a command for products.
  @inline(__always)
  mutating func noteProduct(_ command: Int) {
    productCommands += 1
    let isColumns =
      command == rules.composite || command == rules.compute || command == rules.result
    productUse = isColumns ? .columns : command == rules.load ? .load : .commands
  }

  /// What holds up the opening of a row in a bank until `time`.
  mutating func openingWait(_ bank: Int, until time: Int) -> PIMTimeUse {
    let rank = bank / rules.banksPerRank
    if refreshed[rank] + rules.refreshTime >= time { return .refresh }
    return activated[rank] + rules.activationWindow >= time ? .tfaw : .row
  }

  /// What holds up a product until `time`: its units until `unitsReady`, then the opened rows or the host's data.
  mutating func stepWait(_ unitsReady: Int, until time: Int) -> PIMTimeUse {
    if time <= unitsReady { return .columns }
    if lastIsWrite && lastColumn + rules.writeToProduct >= time { return .turnaround }
    return activated.contains { $0 + rules.fitActivation >= time } ? .row : .commands
  }

  /// Charges clocks in which nothing changes to what the head of the products waits for.
  ///
  /// While a row is held, its columns are read up to the last; what follows is the row's closing.
  @inline(__always)
  mutating func chargeProducts(_ elapsed: Int) {
    guard let use = productUse else { return }
    var left = elapsed
    if use == .row, rowHeldUntil - rules.rowHoldTail > clock {
      let reading = min(left, rowHeldUntil - rules.rowHoldTail - clock)
      tally.productTimes[.columns] += reading
      left -= reading
    }
    tally.productTimes[use] += left
  }

  /// Charges a burst, and the clocks since the one before it to what kept it.
  @inline(__always)
  mutating func chargeHost(_ bank: Int, isWrite: Bool) {
    let from = max(busFree, hostSince)
    if clock > from { chargeGap(from, bank, isWrite) }
    let end = clock &+ rules.burst
    let moved = end &- max(busFree, clock)
    if moved > 0 { tally.hostTimes[.columns] &+= moved }
    busFree = end
    lastColumn = clock
    lastIsWrite = isWrite
    productCommands = 0
  }

  /// A gap on the data bus: first the change of direction, then refresh, then commands of products, then the row.
  private mutating func chargeGap(_ from: Int, _ bank: Int, _ isWrite: Bool) {
    var left = clock - from
    func take(_ clocks: Int, _ use: PIMTimeUse) {
      let taken = min(max(clocks, 0), left)
      tally.hostTimes[use] += taken
      left -= taken
    }
    if lastIsWrite != isWrite {
      take(lastColumn + (isWrite ? rules.readToWrite : rules.writeToRead) - from, .turnaround)
    }
    let rank = bank / rules.banksPerRank
    take(min(clock, refreshed[rank] + rules.refreshTime) - max(from, refreshFrom), .refresh)
    take(productCommands, .commands)
    take(left, openedByWindow >> UInt64(bank) & 1 == 1 ? .tfaw : .row)
  }
}
