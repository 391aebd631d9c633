public import Units

/// A range of device addresses; it means its bursts in ascending order.
public struct Extent: Hashable, Sendable {
  public var offset: Int
  public var length: Int

  public init(offset: Int, length: Int) {
    self.offset = offset
    self.length = length
  }
}

/// Whether equal channels are simulated one by one or once.
public enum ChannelMode: String, Codable, Hashable, Sendable, CaseIterable {
  case all
  /// Channels with equal extents and state are simulated once, until something tells them apart.
  case symmetric
}

/// A memory of many channels that serves extents of several sources.
///
/// Each extent means its bursts in ascending address order. A source offers its bursts of a channel in that order with
/// head-of-line blocking within the channel; sources that share a channel are served round robin, burst by burst.
/// Channels do not wait for each other: a source has a port to each. Time is in controller ticks and moves only by
/// ``advance(to:)`` and ``nextCompletion(limit:)``, so the memory can be driven by any event loop.
///
/// ```swift
/// let memory = try MemorySystem(standard, configuration: ControllerConfiguration())
/// let task = try memory.enqueue(source: 0, isWrite: false, [Extent(offset: 0, length: 1 << 20)], at: 0)
/// while let done = memory.nextCompletion() { print(done.task == task, done.tick) }
/// ```
/// Left out: a shared on-die network between channels, and error correction.
public final class MemorySystem {
  /// A task whose bursts have all been served.
  public struct Completion: Hashable, Sendable {
    public var task: Int
    /// Last datum read or written.
    public var tick: Int
  }

  private struct TaskState {
    var channelsLeft: Int
    var tick: Int
  }

  public let compiled: CompiledStandard
  public let mapping: AddressMapping
  public let configuration: ControllerConfiguration
  /// Controller ticks per second.
  public let tickRate: Frequency
  /// The last tick that every channel has reached.
  public private(set) var now = 0
  private let channels: UnsafeMutablePointer<ChannelController>
  private let channelCount: Int
  /// The channel that is simulated for each channel.
  private var representative: [Int]
  private var weight: [Int]
  private var tasks: [TaskState] = []
  private var finished: [Completion] = []
  private var inFlight: [Int] = []
  private var series = BandwidthSeries()
  /// The bursts of each simulated channel, in the windows of `series`.
  private var channelSeries: [BandwidthSeries]
  /// Bursts in each of them so far.
  private var sampledBursts: [Int]
  private let mode: ChannelMode
  private let sharedMemo: SharedBlockMemo
  /// A channel as it was made; only after ``reset()``.
  private var pristine: UnsafeMutablePointer<ChannelController>?

  /// Creates an idle memory. `mapping` and `channels` are the standard's unless given. `keepsCommands` records every
  /// command, for checking.
  public init(
    _ standard: MemoryStandard, configuration: ControllerConfiguration, mapping: String? = nil,
    channels: Int? = nil, mode: ChannelMode = .all, keepsCommands: Bool = false
  ) throws {
    try standard.validate()
    try configuration.validate(for: standard)
    compiled = try CompiledStandard(standard, without: configuration.ideal)
    self.configuration = configuration
    let mapping = try AddressMapping(mapping, standard: standard, channels: channels)
    self.mapping = mapping
    self.mode = mode
    tickRate = Frequency(hertz: standard.clock.hertz * standard.ticksPerClock)
    channelCount = mapping.channels
    channelSeries = [BandwidthSeries](repeating: BandwidthSeries(), count: mapping.channels)
    sampledBursts = [Int](repeating: 0, count: mapping.channels)
    sharedMemo = SharedBlockMemo()
    self.channels = .allocate(capacity: mapping.channels)
    for index in 0..<mapping.channels {
      (self.channels + index).initialize(
        to: ChannelController(compiled, configuration, channel: index, radix: mapping.radix))
      self.channels[index].isLogging = keepsCommands
      self.channels[index].memo = sharedMemo
    }
    representative = Array(0..<mapping.channels)
    weight = [Int](repeating: 1, count: mapping.channels)
    if mode == .symmetric {
      representative = [Int](repeating: 0, count: mapping.channels)
      weight = [Int](repeating: 0, count: mapping.channels)
      weight[0] = mapping.channels
    }
  }

  deinit {
    pristine?.deinitialize(count: 1)
    pristine?.deallocate()
    channels.deinitialize(count: channelCount)
    channels.deallocate()
  }

  /// Makes every channel idle at tick 0 again; what was learned of repeated blocks is kept.
  ///
  /// - Precondition: nothing is queued and no commands are kept.
  public func reset() {
    precondition(isIdle, "a memory is made new while it works")
    if pristine == nil {
      let fresh = UnsafeMutablePointer<ChannelController>.allocate(capacity: 1)
      fresh.initialize(
        to: ChannelController(compiled, configuration, channel: 0, radix: mapping.radix))
      pristine = fresh
    }
    guard let pristine else { return }
    for index in 0..<channelCount where weight[index] > 0 {
      channels[index].copyState(of: pristine.pointee)
      channels[index].observation = nil
      channels[index].blockMark = -1
    }
    now = 0
    series = BandwidthSeries()
    for channel in 0..<channelCount {
      channelSeries[channel] = BandwidthSeries()
      sampledBursts[channel] = 0
    }
    finished.removeAll(keepingCapacity: true)
    inFlight.removeAll(keepingCapacity: true)
  }

  /// Bytes of the whole memory.
  public var capacity: ByteCount {
    ByteCount(mapping.burstsPerChannel * channelCount * compiled.standard.burst.bytes.count)
  }

  /// Bytes per second when every data bus is always busy.
  public var peakBandwidth: Bandwidth {
    compiled.peakBandwidth(channels: channelCount)
  }

  /// Adds a task: its extents are read or written in order by one source (0, 1, ...), from the given tick on (one
  /// that has passed counts as `now`).
  /// Returns the task's number. An extent that does not start or end on a burst touches the whole burst.
  public func enqueue(
    source: Int, isWrite: Bool, _ extents: [Extent], at tick: Int
  ) throws -> Int {
    let tick = max(tick, now)
    guard (0..<4096).contains(source) else {
      throw MemoryError("memory source \(source) must be 0 to 4095")
    }
    let burst = compiled.standard.burst.bytes.count
    for extent in extents {
      guard extent.offset >= 0, extent.length > 0, extent.length <= capacity.count - extent.offset
      else {
        throw MemoryError(
          "the extent at \(extent.offset) of \(extent.length) bytes does not lie in the memory's \(capacity.count) bytes"
        )
      }
    }
    let task = tasks.count
    var served = 0
    let ranges = extents.map { ($0.offset / burst, ($0.offset + $0.length - 1) / burst + 1) }
    var added = [Int](repeating: 0, count: channelCount)
    if mode == .symmetric { splitClasses(ranges) }
    for channel in 0..<channelCount where weight[channel] > 0 {
      var bursts = 0
      for (first, end) in ranges {
        let segment = RequestSource.Segment(
          first: mapping.inChannel(first, channel: channel),
          end: mapping.inChannel(end, channel: channel), tick: tick, tag: task, isWrite: isWrite)
        if segment.first >= segment.end { continue }
        channels[channel].addSources(through: source)
        bursts += segment.end - segment.first
        channels[channel].sources[source].append(segment, radix: mapping.radix)
      }
      added[channel] = bursts
      if bursts > 0 {
        served += 1
        channels[channel].addTasks(through: task)
        channels[channel].taskRemaining[task] = bursts
      }
    }
    tasks.append(TaskState(channelsLeft: served, tick: tick))
    if served == 0 {
      finished.append(Completion(task: task, tick: tick))
    } else {
      inFlight.append(task)
    }
    return task
  }

  /// Gives channels that get different bursts, or start at different in-channel bursts, a simulation of their own.
  private func splitClasses(_ ranges: [(Int, Int)]) {
    func shares(_ channel: Int) -> [Int] {
      ranges.flatMap {
        [mapping.inChannel($0.0, channel: channel), mapping.inChannel($0.1, channel: channel)]
      }
    }
    for channel in 0..<channelCount where weight[channel] > 1 {
      let members = (0..<channelCount).filter { representative[$0] == channel }
      let own = shares(channel)
      var leaders: [[Int]: Int] = [own: channel]
      for member in members where member != channel {
        let share = shares(member)
        if let leader = leaders[share] {
          if leader != channel {
            representative[member] = leader
            weight[leader] += 1
            weight[channel] -= 1
          }
        } else {
          leaders[share] = member
          channels[member].copyState(of: channels[channel])
          channelSeries[member] = channelSeries[channel]
          sampledBursts[member] = sampledBursts[channel]
          for task in inFlight
          where task < channels[channel].taskCount
            && channels[channel].taskRemaining[task] > 0
          {
            tasks[task].channelsLeft += 1
          }
          representative[member] = member
          weight[member] = 1
          weight[channel] -= 1
        }
      }
    }
  }

  private func collect(_ channel: Int) {
    if channels[channel].finishedTasks.isEmpty { return }
    for task in channels[channel].finishedTasks {
      tasks[task].channelsLeft -= 1
      tasks[task].tick = max(tasks[task].tick, channels[channel].taskCompletion[task])
      if tasks[task].channelsLeft == 0 {
        finished.append(Completion(task: task, tick: tasks[task].tick))
      }
    }
    channels[channel].finishedTasks.removeAll(keepingCapacity: true)
  }

  /// Processes every tick up to and including `tick` in all channels.
  public func advance(to tick: Int) {
    while now < tick {
      let boundary = series.boundary(after: now)
      let stop = min(tick, boundary)
      for channel in 0..<channelCount where weight[channel] > 0 {
        channels[channel].advance(to: stop)
        collect(channel)
      }
      now = stop
      if stop == boundary { sampleSeries() }
    }
  }

  /// Notes the bursts since the last sample; all of them lie in the window that ends at or after `now`.
  private func sampleSeries() {
    for channel in 0..<channelCount where weight[channel] > 0 {
      let total = channels[channel].movedBursts
      let moved = total - sampledBursts[channel]
      if moved == 0 { continue }
      sampledBursts[channel] = total
      channelSeries[channel].add(moved, at: now)
      series.add(moved * weight[channel], at: now)
    }
  }

  /// Bursts over time of one channel, in windows as long as those of the whole memory's series.
  ///
  /// - Precondition: the memory has the channel.
  public func series(channel: Int) -> BandwidthSeries {
    sampleSeries()
    var result = channelSeries[representative[channel]]
    result.widen(to: series.window)
    return result
  }

  /// The channels that are simulated themselves, ascending.
  public var representatives: [Int] { (0..<channelCount).filter { weight[$0] > 0 } }

  /// Tasks whose last burst was issued so far, in order of completion; each is returned once. A completion tick
  /// may lie after `now` by at most the latency of a burst.
  public func takeCompletions() -> [Completion] {
    let result = finished.sorted { ($0.tick, $0.task) < ($1.tick, $1.task) }
    finished.removeAll(keepingCapacity: true)
    return result
  }

  /// The task that completes next, or nil if none completes by `limit`; each is returned once.
  ///
  /// `now` stays before the completion's tick, so a task that starts when this one ends can still be added. Channels
  /// advance by what the data bus needs at least for the bursts that are left, so this takes few rounds.
  public func nextCompletion(limit: Int = Int.max / 4) -> Completion? {
    while true {
      let candidate = earliestFinished()
      let bound = earliestPossibleCompletion()
      if let candidate, candidate.tick <= bound, candidate.tick <= limit { return take(candidate) }
      if now >= limit || (candidate == nil && bound == Int.max) { return nil }
      let horizon = min(min(bound - 1, candidate?.tick ?? Int.max), limit)
      advance(to: max(horizon, now + 1))
    }
  }

  /// No unfinished task can complete before this tick: every burst that is left takes the data bus for its time.
  private func earliestPossibleCompletion() -> Int {
    let latency = min(compiled.readLatency, compiled.writeLatency)
    var first = Int.max
    inFlight.removeAll { tasks[$0].channelsLeft == 0 }
    for task in inFlight {
      var bound = tasks[task].tick + 1
      for channel in 0..<channelCount where weight[channel] > 0 {
        if task >= channels[channel].taskCount { continue }
        let left = channels[channel].taskRemaining[task]
        if left > 0 {
          bound = max(bound, now + 1 + (left - 1) * compiled.columnDistance + latency)
        }
      }
      first = min(first, bound)
    }
    return first
  }

  private func earliestFinished() -> Completion? {
    finished.min { ($0.tick, $0.task) < ($1.tick, $1.task) }
  }

  private func take(_ completion: Completion) -> Completion {
    finished.removeAll { $0 == completion }
    return completion
  }

  /// Whether no burst is offered, queued or half served.
  public var isIdle: Bool {
    for channel in 0..<channelCount where weight[channel] > 0 && !channels[channel].isDrained {
      return false
    }
    return true
  }

  /// Runs until every task is done; returns the tick of the last completion. Refreshes end with the work.
  @discardableResult
  public func run() -> Int {
    var last = 0
    sampleSeries()
    for channel in 0..<channelCount where weight[channel] > 0 {
      channels[channel].drain(into: &channelSeries[channel])
      sampledBursts[channel] = channels[channel].movedBursts
      collect(channel)
      last = max(last, channels[channel].lastCompletion)
      now = max(now, channels[channel].now)
    }
    series = BandwidthSeries()
    for channel in 0..<channelCount where weight[channel] > 0 {
      series.add(channelSeries[channel], times: weight[channel])
    }
    return last
  }

  /// Statistics of one channel.
  ///
  /// - Precondition: the memory has the channel.
  public func statistics(channel: Int) -> MemoryStatistics {
    var result = MemoryStatistics(compiled)
    result.add(channels[representative[channel]])
    return result
  }

  /// Counts over all channels, those simulated once counted as often as they stand for.
  public var statistics: MemoryStatistics {
    var result = MemoryStatistics(compiled)
    for channel in 0..<channelCount where weight[channel] > 0 {
      result.add(channels[channel], times: weight[channel])
    }
    sampleSeries()
    result.series = series
    return result
  }

  /// Ticks by cause so far, in the order of ``MemoryCause``, summed over channels; cheap enough for every operator.
  public var causeTicks: [Int] {
    var sums = [Int](repeating: 0, count: MemoryCause.allCases.count)
    for channel in 0..<channelCount where weight[channel] > 0 {
      for index in sums.indices {
        sums[index] +=
          channels[channel].statistics.counts[ChannelStatistics.causes + index] * weight[channel]
      }
    }
    return sums
  }

  /// Commands so far in the order of the standard, summed over channels; cheap enough for every kernel.
  public var commandTotals: [Int] {
    var sums = [Int](repeating: 0, count: compiled.standard.commands.count)
    for channel in 0..<channelCount where weight[channel] > 0 {
      for index in sums.indices {
        sums[index] +=
          channels[channel].statistics.counts[ChannelStatistics.commands + index] * weight[channel]
      }
    }
    return sums
  }

  /// No schedule ends before this tick: each channel's data bus carries its bursts one after the other, and the last
  /// one has its latency. Never above the simulated time of the same bursts.
  public var lowerBound: Int {
    var bound = 0
    for channel in 0..<channelCount where weight[channel] > 0 {
      let counts = channels[channel].statistics.counts
      let bursts = counts[ChannelStatistics.reads] + counts[ChannelStatistics.writes]
      if bursts == 0 { continue }
      let latency = min(compiled.readLatency, compiled.writeLatency)
      bound = max(bound, 1 + (bursts - 1) * compiled.columnDistance + latency)
    }
    return bound
  }

  /// Channels that are simulated; fewer than the memory has when some are equal.
  public var simulatedChannels: Int { weight.count { $0 > 0 } }

  /// Blocks of bursts that `coalesce` walked instead of simulating, over the simulated channels.
  var repeatedBlocks: Int {
    (0..<channelCount).reduce(0) { $0 + (weight[$1] > 0 ? channels[$1].repeatedBlocks : 0) }
  }

  /// All commands by tick and channel, if they were kept; equal channels are written out.
  public var commands: [CommandRecord] {
    var all: [CommandRecord] = []
    for channel in 0..<channelCount {
      for var record in channels[representative[channel]].log {
        record.channel = Int32(channel)
        all.append(record)
      }
    }
    return all.sorted { ($0.tick, $0.channel) < ($1.tick, $1.channel) }
  }
}

extension CompiledStandard {
  /// Bytes per second when the data buses of that many channels are always busy.
  public func peakBandwidth(channels: Int) -> Bandwidth {
    Bandwidth(
      bytesPerSecond: multiplyDivideFloor(
        standard.burst.bytes.count * channels * dataBuses,
        standard.clock.hertz * standard.ticksPerClock,
        burstTicks))
  }
}
