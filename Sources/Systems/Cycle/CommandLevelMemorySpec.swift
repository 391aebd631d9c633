public import DRAM
public import Units

/// The command-level memory behind a device, for `--fidelity cycle`.
public struct CommandLevelMemorySpec: Hashable, Sendable, Codable {
  /// The standard: a preset of `configs/memories` or a file.
  public var standard: String
  /// Channels; the standard's own number when left out.
  public var channels: Int?
  /// The address mapping; the standard's own when left out.
  public var mapping: String?
  /// The policies of the controllers; those of `ControllerConfiguration` when left out.
  public var controller: ControllerConfiguration?

  public init(
    standard: String, channels: Int? = nil, mapping: String? = nil,
    controller: ControllerConfiguration? = nil
  ) {
    self.standard = standard
    self.channels = channels
    self.mapping = mapping
    self.controller = controller
  }
}

extension CommandLevelMemorySpec {
  /// The memory, idle, with some of its limits removed.
  func makeMemory(
    _ standard: MemoryStandard, ideal: Set<IdealLimit>, channels mode: ChannelMode
  ) throws -> MemorySystem {
    var controller = controller ?? ControllerConfiguration()
    if ideal.contains(.refresh) { controller.refresh = .none }
    controller.ideal.formUnion(ideal.compactMap(\.ofMemory))
    return try MemorySystem(
      standard, configuration: controller, mapping: mapping, channels: channels, mode: mode)
  }
}

/// What a command-level memory counted during a run.
public struct MemoryDetail: Sendable {
  /// The name of the standard.
  public var standard: String
  public var channels: Int
  /// Channels that were simulated; fewer when equal ones were simulated once.
  public var simulatedChannels: Int
  public var rowHits: Int
  public var rowMisses: Int
  public var rowConflicts: Int
  /// Bytes that crossed the data buses, whole bursts.
  public var bytesMoved: ByteCount
  /// Commands by name.
  public var commands: [String: Int]
  /// Energy by command and path; parts without a sourced coefficient are absent.
  public var energy: [(part: String, energy: Energy)]
  /// Energy of reads and writes by part of the data path; absent parts are unknown.
  public var energyByPath: [(path: String, energy: Energy)]
  /// Mean read latency, from acceptance to the last datum; nil without reads.
  public var readLatencyMean: Duration?
  /// How read latencies are spread; nil without reads.
  public var readLatencies: ReadLatencies?
  /// Share of the data bus time that carried data, over all channels, until the last access.
  public var busUtilization: Double?
  /// Bytes moved over time.
  public var series: Series
  /// Bytes moved over time by each channel that was simulated, by its number.
  public var channelSeries: [(channel: Int, series: Series)] = []

  /// How read latencies are spread.
  public struct ReadLatencies: Sendable {
    public var median: Duration
    public var percentile99: Duration
    public var maximum: Duration
    /// Reads by greatest latency of a bucket, in rising order.
    public var buckets: [(upTo: Duration, reads: Int)]
  }

  /// Bytes by windows of equal length from the start of the run.
  public struct Series: Sendable {
    public var window: Duration
    public var bytes: [ByteCount]
  }
}
