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
  controller.advance(to: Int.max / 4, untilDrained: true)
  var statistics = MemoryStatistics(compiled)
  statistics.add(controller)
  return ReplayResult(
    accepted: controller.accepted, completed: controller.completed, commands: controller.log,
    statistics: statistics)
}
