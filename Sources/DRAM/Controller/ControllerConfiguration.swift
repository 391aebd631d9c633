/// Which request goes next.
public enum SchedulerPolicy: String, Codable, Hashable, Sendable, CaseIterable {
  /// First ready, then oldest; a row with an older pending hit is not closed, a request whose row was opened for it
  /// goes first and keeps its row open.
  case frfcfsRowHit = "frfcfs-rowhit"
  /// Strictly the oldest request of the queue in service.
  case fcfs
  /// Short queues per bank served in turn, first ready in each; a streak of four row hits before a precharge may pass;
  /// posted writes drained when their buffer is full or the banks are idle (the structure of DRAMsim3).
  case bankQueues = "bank-queues"
}

/// What happens to a row after its column commands.
public enum PagePolicy: String, Codable, Hashable, Sendable, CaseIterable {
  /// The row stays open until another is wanted.
  case open
  /// The last pending column command of a row precharges it.
  case closed
}

/// Who is refreshed when.
public enum RefreshMode: String, Codable, Hashable, Sendable, CaseIterable {
  case none
  /// Every scope at once; no new request starts while a refresh waits.
  case allBank = "all-bank"
  /// One bank at a time, idle banks first; only that bank stalls.
  case perBank = "per-bank"
  /// All banks of one rank (or pseudo channel) at a time, evenly spread; only that rank stalls.
  case rankStaggered = "rank-staggered"
}

/// How simulated time advances; all three give one identical command log.
public enum Stepping: String, Codable, Hashable, Sendable, CaseIterable {
  /// Every tick, every queue entry: the oracle.
  case tick
  /// From event to event, over cached candidates of each bank.
  case skip
  /// As `skip`, and repeats of a proven block of a sequential stream are applied at once.
  case coalesce
}

/// Policies of a memory controller.
public struct ControllerConfiguration: Codable, Hashable, Sendable {
  public var scheduler: SchedulerPolicy = .frfcfsRowHit
  public var page: PagePolicy = .open
  public var refresh: RefreshMode = .allBank
  /// Twice the refresh rate, as above 85 degrees Celsius.
  public var hotRefresh = false
  /// Refreshes of a scope that may wait while its banks are wanted; they are made up when it idles. Per-bank refresh
  /// waits up to a round by itself.
  public var refreshPostponement = 0
  public var readQueue = 32
  public var writeQueue = 32
  /// Percent of the write queue above which writes are drained.
  public var highWatermark = 80
  /// Percent of the write queue below which reads are served again.
  public var lowWatermark = 20
  public var stepping: Stepping = .skip
  /// Limits removed, to show the ceiling that each gives.
  public var ideal: Set<MemoryStandard.Limit> = []

  public init() {}

  enum CodingKeys: String, CodingKey {
    case scheduler, page, refresh, stepping, ideal
    case hotRefresh = "hot_refresh"
    case refreshPostponement = "refresh_postponement"
    case readQueue = "read_queue"
    case writeQueue = "write_queue"
    case highWatermark = "high_watermark"
    case lowWatermark = "low_watermark"
  }

  /// Decodes; every key may be absent and then has the default of ``init()``.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    scheduler = try values.decodeIfPresent(SchedulerPolicy.self, forKey: .scheduler) ?? scheduler
    page = try values.decodeIfPresent(PagePolicy.self, forKey: .page) ?? page
    refresh = try values.decodeIfPresent(RefreshMode.self, forKey: .refresh) ?? refresh
    hotRefresh = try values.decodeIfPresent(Bool.self, forKey: .hotRefresh) ?? hotRefresh
    refreshPostponement =
      try values.decodeIfPresent(Int.self, forKey: .refreshPostponement) ?? refreshPostponement
    readQueue = try values.decodeIfPresent(Int.self, forKey: .readQueue) ?? readQueue
    writeQueue = try values.decodeIfPresent(Int.self, forKey: .writeQueue) ?? writeQueue
    highWatermark = try values.decodeIfPresent(Int.self, forKey: .highWatermark) ?? highWatermark
    lowWatermark = try values.decodeIfPresent(Int.self, forKey: .lowWatermark) ?? lowWatermark
    stepping = try values.decodeIfPresent(Stepping.self, forKey: .stepping) ?? stepping
    ideal = try values.decodeIfPresent(Set<MemoryStandard.Limit>.self, forKey: .ideal) ?? ideal
  }

  /// Checks the policies against a standard.
  public func validate(for standard: MemoryStandard) throws {
    for (key, size) in [("read_queue", readQueue), ("write_queue", writeQueue)]
    where size < 1 || size > 4096 {
      throw MemoryError("\(key) must be 1 to 4096 entries, not \(size)")
    }
    guard 0 <= lowWatermark, lowWatermark < highWatermark, highWatermark <= 100 else {
      throw MemoryError(
        "watermarks must satisfy 0 <= low < high <= 100, not \(lowWatermark) and \(highWatermark)")
    }
    if refresh == .perBank && standard.refresh.perBank == nil {
      throw MemoryError(
        "\(standard.name) has no per-bank refresh command; use all-bank, rank-staggered or none")
    }
    guard (0...standard.refresh.postponementLimit).contains(refreshPostponement) else {
      throw MemoryError(
        "refresh_postponement must be 0 to \(standard.refresh.postponementLimit), the limit of \(standard.name), not \(refreshPostponement)"
      )
    }
    if refreshPostponement > 0 && refresh == .perBank {
      throw MemoryError(
        "refresh_postponement goes with all-bank and rank-staggered refresh; per-bank postpones up to a round by itself"
      )
    }
    if scheduler == .bankQueues && (standard.splitActivation != nil || standard.dataClock != nil) {
      throw MemoryError(
        "\(standard.name): scheduler bank-queues has no split activation and no data clock; use frfcfs-rowhit or fcfs"
      )
    }
    try CompiledStandard(standard, without: ideal).checkRefresh(refresh, hot: hotRefresh)
    let hasAuto = standard.commands.contains { $0.effect == .read && $0.autoPrecharge == true }
    if page == .closed && !hasAuto {
      throw MemoryError("\(standard.name) has no auto-precharge commands, so no closed page")
    }
  }
}
