/// Commands that a PIM channel has sent, and how long its row buffers stood open.
public struct PIMCommandCounts: Hashable, Sendable {
  /// Commands by index in the standard.
  public internal(set) var commands: [Int]
  /// Column steps of all products, single or within composite commands.
  public internal(set) var columnSteps = 0
  /// Results read.
  public internal(set) var results = 0
  /// Clocks in which a product, a load or an opening of rows for them waited or ran.
  public internal(set) var pimBusy = 0
  /// Instructions taken from programs: loads, headers, products, results.
  public internal(set) var instructions = 0

  /// Clocks simulated.
  public internal(set) var clocks = 0
  /// Rank-clocks with an open row in the host's row buffers, and in those of the multipliers.
  public internal(set) var hostActive = 0
  public internal(set) var pimActive = 0
  /// Clocks with products, and with accesses of the host, by what they went on.
  public internal(set) var productTimes = PIMTimes()
  public internal(set) var hostTimes = PIMTimes()

  init(commandCount: Int) {
    commands = [Int](repeating: 0, count: commandCount)
  }

  /// Adds the counts of another channel.
  public static func += (left: inout PIMCommandCounts, right: PIMCommandCounts) {
    for index in left.commands.indices { left.commands[index] += right.commands[index] }
    left.columnSteps += right.columnSteps
    left.results += right.results
    left.pimBusy += right.pimBusy
    left.instructions += right.instructions
    left.clocks += right.clocks
    left.hostActive += right.hostActive
    left.pimActive += right.pimActive
    left.productTimes += right.productTimes
    left.hostTimes += right.hostTimes
  }

  /// Takes earlier counts of the same channel away.
  static func -= (left: inout PIMCommandCounts, right: PIMCommandCounts) {
    for index in left.commands.indices { left.commands[index] -= right.commands[index] }
    left.columnSteps -= right.columnSteps
    left.results -= right.results
    left.pimBusy -= right.pimBusy
    left.instructions -= right.instructions
    left.clocks -= right.clocks
    left.hostActive -= right.hostActive
    left.pimActive -= right.pimActive
    left.productTimes -= right.productTimes
    left.hostTimes -= right.hostTimes
  }
}
