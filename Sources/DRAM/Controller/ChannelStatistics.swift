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
  /// Column commands and reads since ``startRecording()``, for learning a block.
  private let record: UnsafeMutablePointer<Recorded>
  private var recordCount = 0
  private(set) var isRecording = false

  /// A tick of a column command and a latency of a read, each -1 if there is none.
  private struct Recorded {
    var tick: Int
    var latency: Int
  }

  /// Column commands of a block at most; longer ones are not learned.
  private static let recordCapacity = 1024

  init(commandCount: Int) {
    record = .allocate(capacity: ChannelStatistics.recordCapacity)
    countSize = ChannelStatistics.commands + commandCount
    counts = .allocate(capacity: countSize)
    counts.initialize(repeating: 0, count: countSize)
    latencies = .allocate(capacity: ChannelStatistics.exactLatencies)
    latencies.initialize(repeating: 0, count: ChannelStatistics.exactLatencies)
  }

  deinit {
    counts.deallocate()
    latencies.deallocate()
    record.deallocate()
  }

  @inline(__always)
  mutating func countRead(latency: Int) {
    counts[ChannelStatistics.latencySum] &+= latency
    if latency > latencyMaximum { latencyMaximum = latency }
    latencies[
      latency < ChannelStatistics.exactLatencies ? latency : ChannelStatistics.exactLatencies &- 1] &+=
      1
  }

  /// Notes a column command or a read without one, -1 for what is missing.
  @inline(never)
  mutating func note(tick: Int, latency: Int) {
    if recordCount == ChannelStatistics.recordCapacity {
      isRecording = false
      return
    }
    (record + recordCount).initialize(to: Recorded(tick: tick, latency: latency))
    recordCount &+= 1
  }

  /// Starts a list of the column commands and reads that follow.
  mutating func startRecording() {
    recordCount = 0
    isRecording = true
  }

  /// Appends the latencies since then, each with how often it came in a row, those above the histogram as its last
  /// bucket, and the column commands' ticks from `start` on. Returns the greatest latency.
  mutating func stopRecording(
    into list: inout Pool<(latency: Int32, reads: UInt32)>, _ columns: inout Pool<Int32>,
    from start: Int
  ) -> Int {
    isRecording = false
    var greatest = 0
    var last: Int32 = -1
    for index in 0..<recordCount {
      let (tick, latency) = (record[index].tick, record[index].latency)
      if tick >= 0 { columns.append(Int32(truncatingIfNeeded: tick &- start)) }
      if latency < 0 { continue }
      if latency > greatest { greatest = latency }
      let bucket = Int32(
        truncatingIfNeeded: min(latency, ChannelStatistics.exactLatencies &- 1))
      if bucket == last {
        list.base[list.count &- 1].reads &+= 1
      } else {
        list.append((bucket, 1))
        last = bucket
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
