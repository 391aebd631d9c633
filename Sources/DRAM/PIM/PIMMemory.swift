internal import Units

/// The channels of a memory with PIM units, run in step, for devices that read, write and compute in them.
///
/// Bursts of the host lie at an address (a row of a bank, then the same in the next channel), at places of one channel,
/// or are spread over the channels one by one; products go to one channel each. All channels are advanced to the same clock, so whoever
/// uses them sees what happened up to it and adds work from it on.
public final class PIMMemory {
  /// The memory.
  public let compiled: CompiledStandard
  public let channelCount: Int
  /// The clock up to which everything has happened.
  public private(set) var clock = 0
  private let configuration: PIMConfiguration
  let units: PIMChannelArray
  /// By batch: the line in which its accesses stand.
  var lines: [HostLine] = []

  /// Makes idle channels.
  ///
  /// - Throws: `MemoryError` for a memory without PIM.
  public init(_ compiled: CompiledStandard, _ configuration: PIMConfiguration, channels: Int) throws
  {
    self.compiled = compiled
    self.configuration = configuration
    channelCount = channels
    units = PIMChannelArray(channels)
    let rules = try PIMRules(compiled, configuration)
    computeInterval = rules.computeInterval
    powerClocks = rules.powerClocks
    banksPerActivation = rules.banksPerActivation
    for index in 0..<channels { try units.make(index, compiled, configuration) }
  }

  /// Clocks between column steps of the units, and banks that one opening of rows covers.
  public let computeInterval: Int
  /// Of the clocks between column steps, those that the power limit adds.
  public let powerClocks: Int
  public let banksPerActivation: Int

  /// Clocks of the operand's load and of each row of a block on an idle channel without refresh.
  ///
  /// - Throws: `MemoryError` for a memory without PIM.
  public func measure(_ block: PIMBlock) throws -> (load: Int, row: Int) {
    var undisturbed = configuration
    undisturbed.refreshes = false
    func clocks(rows: Int, loads: Bool) throws -> Int {
      var channel = try PIMChannel(
        compiled, undisturbed, firstPIMRow: compiled.standard.organization.rows / 2)
      var part = block
      part.rows = rows
      part.loadsOperand = loads
      _ = channel.addProducts([part])
      channel.run(until: .max, stop: .productsDrained)
      return channel.blockDone[0]
    }
    let two = try clocks(rows: 2, loads: false)
    return (
      try clocks(rows: 2, loads: true) - two, try clocks(rows: 3, loads: false) - two
    )
  }

  /// Bytes of one burst.
  public var burstBytes: Int { compiled.standard.burst.bytes.count }

  /// Reads or writes the bursts from `first` on (counted over all channels); returns the batch's number.
  public func add(first: Int, count: Int, isWrite: Bool, line: HostLine = .bulk) -> Int {
    for index in 0..<channelCount {
      // Bursts b of [first, first + count) with b mod channels = index.
      let low = (first - index + channelCount - 1) / channelCount
      let high = (first + count - index + channelCount - 1) / channelCount
      _ = units[index].addHost(
        first: low, count: high - low, isWrite: isWrite, line: line)
    }
    lines.append(line)
    return lines.count - 1
  }

  /// Products on one channel; returns the number of the first block there.
  public func add(_ blocks: [PIMBlock], channel: Int, dispatch: [Int]? = nil) -> Int {
    units[channel].addProducts(blocks, dispatch: dispatch)
  }

  /// Runs all channels up to `target`.
  public func advance(to target: Int) {
    guard target > clock else { return }
    for index in 0..<channelCount { units[index].run(until: target) }
    clock = target
  }

  /// When the last datum of a batch arrived, or nil while some are under way.
  public func done(_ batch: Int) -> Int? {
    var last = 0
    for index in 0..<channelCount {
      if units[index].batches[batch].left > 0 { return nil }
      last = max(last, units[index].batches[batch].done)
    }
    return last <= clock ? last : nil
  }

  /// When the last access of a batch entered the queues, or nil while some wait outside.
  public func accepted(_ batch: Int) -> Int? {
    var last = 0
    for index in 0..<channelCount {
      if units[index].batches[batch].waiting > 0 { return nil }
      last = max(last, units[index].batches[batch].accepted)
    }
    return last
  }

  /// When the last result of a block arrived, or nil while some are under way.
  public func done(block: Int, channel: Int) -> Int? {
    guard units[channel].resultsLeft[block] == 0, units[channel].blockDone[block] < clock else {
      return nil
    }
    return units[channel].blockDone[block] + 1
  }

  /// Whether nothing is queued anywhere.
  public var isDrained: Bool {
    for index in 0..<channelCount where !units[index].isDrained { return false }
    return true
  }

  /// What the clocks of each channel's products went on so far.
  public var productTimes: [PIMTimes] { (0..<channelCount).map { units[$0].tally.productTimes } }

  /// What the clocks of each channel's host accesses went on so far.
  public var hostTimes: [PIMTimes] { (0..<channelCount).map { units[$0].tally.hostTimes } }

  /// Counts over all channels.
  public var counts: PIMCommandCounts {
    var counts = PIMCommandCounts(commandCount: compiled.standard.commands.count)
    for index in 0..<channelCount { counts += units[index].counts }
    return counts
  }
}
