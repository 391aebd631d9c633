import Units

/// The outcome of one channel's run over a list of requests.
public struct ReplayResult: Sendable {
  /// Clock value at which each request was accepted.
  public var accepted: [Int]
  /// Read: all data returned; write: tick of its command.
  public var completed: [Int]
  public var commands: [CommandRecord]
  public var statistics: MemoryStatistics
}

/// Runs requests, one source in order with head-of-line blocking, through one channel until all have completed.
///
/// Throws for a configuration that does not fit the standard. Complexity: with `skip`, a few hundred instructions a
/// request; with `tick`, proportional to ticks times queue entries.
public func replay(
  _ requests: [MemoryRequest], on compiled: CompiledStandard,
  configuration: ControllerConfiguration, keepsCommands: Bool = true
) throws -> ReplayResult {
  try configuration.validate(for: compiled.standard)
  var controller = ChannelController(
    compiled, configuration, channel: 0, radix: ChannelRadix(digits: []))
  controller.isLogging = keepsCommands
  controller.recordRequests(requests.count)
  controller.addSources(through: 0)
  controller.sources[0].append(requests)
  var statistics = MemoryStatistics(compiled)
  controller.drain(into: &statistics.series)
  statistics.add(controller)
  return ReplayResult(
    accepted: controller.accepted, completed: controller.completed, commands: controller.log,
    statistics: statistics)
}

/// The most requests of a stream: longer ones take hours.
private let longestStream = 1 << 32

/// Runs one synthetic stream per channel and sums the counts. A sequential stream is an extent over all channels; the
/// others are lists of requests, `count` spread evenly, with a seed per channel.
public func runStream(
  _ pattern: StreamPattern, count: Int, on standard: MemoryStandard,
  configuration: ControllerConfiguration, channels: Int = 1, mode: ChannelMode = .all,
  mapping: String? = nil
) throws -> MemoryStatistics {
  guard count > 0 else {
    throw MemoryError("a stream needs at least one request, of \(standard.burst.bytes.text)")
  }
  guard count <= longestStream else {
    let bytes = standard.burst.bytes * longestStream
    throw MemoryError(
      "a stream has at most 2^32 requests (\(bytes.text) here), about an hour of computing, not \(count); give fewer"
    )
  }
  guard channels >= 1 else { throw MemoryError("a stream needs at least one channel") }
  if pattern == .sequential {
    let memory = try MemorySystem(
      standard, configuration: configuration, mapping: mapping, channels: channels, mode: mode)
    var left = count * standard.burst.bytes.count
    var extents: [Extent] = []
    while left > 0 {
      let length = min(left, memory.capacity.count)
      extents.append(Extent(offset: 0, length: length))
      left -= length
    }
    _ = try memory.enqueue(source: 0, isWrite: false, extents, at: 0)
    memory.run()
    return memory.statistics
  }
  // Every request of a channel is in memory at once.
  guard count / channels <= 1 << 25 else {
    throw MemoryError(
      "the pattern \(pattern.rawValue) lists its requests, at most \(1 << 25) a channel; give fewer, or more channels"
    )
  }
  try standard.validate()
  try configuration.validate(for: standard)
  let compiled = try CompiledStandard(standard, without: configuration.ideal)
  let place = try AddressMapping(mapping, standard: standard, channels: 1)
  var total = MemoryStatistics(compiled)
  /// Runs one channel and counts it as often as it stands for equal ones.
  func run(_ channel: Int, share: Int, times: Int) {
    if share == 0 || times == 0 { return }
    let requests = pattern.requests(
      share, on: compiled, mapping: place, seed: UInt64(channel) + 1)
    var controller = ChannelController(
      compiled, configuration, channel: channel, radix: place.radix)
    controller.addSources(through: 0)
    controller.sources[0].append(requests)
    controller.drain(into: &total.series, times: times)
    total.add(controller, times: times)
  }
  // Only random streams differ between channels of one share.
  let longer = count % channels
  if mode == .symmetric && pattern != .random {
    run(0, share: count / channels + 1, times: longer)
    run(longer, share: count / channels, times: channels - longer)
    return total
  }
  for channel in 0..<channels {
    run(channel, share: count / channels + (channel < longer ? 1 : 0), times: 1)
  }
  return total
}
