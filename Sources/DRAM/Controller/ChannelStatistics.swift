/// Why the data bus of a channel carried no datum, or that it did; names are those of the cause accounting.
public enum MemoryCause: String, Codable, Hashable, Sendable, CaseIterable {
  case bus = "dram_bus"
  case rowActivation = "row_activation"
  case tfaw, turnaround, refresh, queue, power

  @inline(__always)
  var index: Int {
    switch self {
    case .bus: 0
    case .rowActivation: 1
    case .tfaw: 2
    case .turnaround: 3
    case .refresh: 4
    case .queue: 5
    case .power: 6
    }
  }
}

/// Counts of one channel in one flat buffer, so that a repeated block adds its differences with one loop.
///
/// Read latencies are counted exactly below ``exactLatencies`` ticks and in one last bucket beyond.
struct ChannelStatistics: ~Copyable {
  static let exactLatencies = 1 << 16
  static let reads = 0
  static let writes = 1
  static let hits = 2
  static let misses = 3
  static let conflicts = 4
  static let forwarded = 5
  static let coalesced = 6
  static let latencySum = 7
  static let queueWait = 8
  static let causes = 9
  static let commands = causes + 7

  let counts: UnsafeMutablePointer<Int>
  let countSize: Int
  let latencies: UnsafeMutablePointer<UInt32>
  var latencyMaximum = 0
  /// Latencies since ``startRecording()``, for learning a block.
  private var record: [Int32] = []
  /// Ticks of the column commands since then.
  private(set) var columns: [Int] = []
  private(set) var isRecording = false

  init(commandCount: Int) {
    countSize = ChannelStatistics.commands + commandCount
    counts = .allocate(capacity: countSize)
    counts.initialize(repeating: 0, count: countSize)
    latencies = .allocate(capacity: ChannelStatistics.exactLatencies)
    latencies.initialize(repeating: 0, count: ChannelStatistics.exactLatencies)
  }

  deinit {
    counts.deallocate()
    latencies.deallocate()
  }

  @inline(__always)
  mutating func countRead(latency: Int) {
    counts[ChannelStatistics.latencySum] &+= latency
    if latency > latencyMaximum { latencyMaximum = latency }
    if isRecording { recordLatency(latency) }
    latencies[
      latency < ChannelStatistics.exactLatencies ? latency : ChannelStatistics.exactLatencies &- 1] &+=
      1
  }

  @inline(never)
  private mutating func recordLatency(_ latency: Int) {
    record.append(Int32(truncatingIfNeeded: latency))
    if record.count == ChannelStatistics.exactLatencies { isRecording = false }
  }

  /// Notes a column command, for learning a block.
  @inline(never)
  mutating func recordColumn(at tick: Int) { columns.append(tick) }

  /// Starts lists of the latencies and column commands that follow.
  mutating func startRecording() {
    record.removeAll(keepingCapacity: true)
    columns.removeAll(keepingCapacity: true)
    isRecording = true
  }

  /// Appends the latencies since then, each with how often it came in a row; those above the histogram count as its last
  /// bucket. Returns the greatest.
  mutating func stopRecording(into list: inout [(latency: Int32, reads: UInt32)]) -> Int {
    isRecording = false
    var greatest = 0
    let first = list.count
    for latency in record {
      greatest = max(greatest, Int(latency))
      let bucket = min(latency, Int32(ChannelStatistics.exactLatencies - 1))
      if list.count > first && list[list.count - 1].latency == bucket {
        list[list.count - 1].reads += 1
      } else {
        list.append((bucket, 1))
      }
    }
    return greatest
  }
}

/// One issued command; coordinates are -1 where they do not apply.
public struct CommandRecord: Hashable, Sendable {
  public var tick: Int
  /// Index into the standard's commands.
  public var command: Int32
  public var channel: Int32
  /// Flat bank behind the controller, or the first bank of the scope of a wider command.
  public var bank: Int32
  public var row: Int32
  public var column: Int32

  public init(tick: Int, command: Int, channel: Int, bank: Int, row: Int, column: Int) {
    self.tick = tick
    self.command = Int32(command)
    self.channel = Int32(channel)
    self.bank = Int32(bank)
    self.row = Int32(row)
    self.column = Int32(column)
  }
}
