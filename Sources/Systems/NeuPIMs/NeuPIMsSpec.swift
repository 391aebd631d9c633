public import DRAM
public import Devices
internal import Units

/// How requests come to the channels that hold their keys and values.
public enum ChannelBalance: String, CaseIterable, Hashable, Sendable, Codable {
  /// Channel i mod channels, in the order of the requests.
  case roundRobin = "round_robin"
  /// The longest request first, onto the channel with the least estimated load (NeuPIMs, Algorithm 2).
  case minLoad = "min_load"
  /// As `min_load`, then improved by moves and exchanges until none helps: an upper reference.
  case optimal
}

/// How a batch is cut into two sub-batches.
public enum SubBatchSplit: String, CaseIterable, Hashable, Sendable, Codable {
  /// Half of each channel's requests (NeuPIMs, Algorithm 3).
  case count
  /// Each request to the sub-batch with the lower estimated time on its channel.
  case latency
}

/// What runs the attention of decode requests.
public enum AttentionUnit: String, CaseIterable, Hashable, Sendable, Codable {
  case npu, pim
}

/// When the values of a batch may start.
public enum AttentionBarrier: String, CaseIterable, Hashable, Sendable, Codable {
  /// When the softmax of every request has ended: the authors' simulator.
  case `operator`
  /// When the softmax of the own request has ended, as the paper describes.
  case request
}

/// How the newest key and value of a request get into their rows.
public enum KVAppend: String, CaseIterable, Hashable, Sendable, Codable {
  /// A buffer collects values until they fill bursts: one burst an element every `burst / element` tokens.
  case staged
  /// One masked burst for each element of the value, at once.
  case masked
}

/// Which channels hold the keys and values of a request.
public enum KVMapping: String, CaseIterable, Hashable, Sendable, Codable {
  /// All in one channel, as NeuPIMs has it.
  case request
  /// Rows in turn over all channels: balanced by itself, but every channel loads the operands.
  case spread
}

/// The parameters of attention on PIM.
public struct PIMAttentionSpec: Hashable, Sendable, Codable {
  public var unit: AttentionUnit
  public var rowHold: PIMDesign.RowHold
  public var balance: ChannelBalance
  public var mapping: KVMapping
  /// Whether two sub-batches alternate between the NPU and the PIM units.
  public var interleaves: Bool
  public var split: SubBatchSplit
  public var barrier: AttentionBarrier
  public var append: KVAppend
  /// Whether the host dispatches one PIM instruction a clock for all channels (the authors' blocked mode).
  public var dispatchesOneAClock: Bool

  enum CodingKeys: String, CodingKey {
    case unit, balance, mapping, interleaves, split, barrier, append
    case rowHold = "row_hold"
    case dispatchesOneAClock = "dispatches_one_a_clock"
  }

  public init(
    unit: AttentionUnit, rowHold: PIMDesign.RowHold, balance: ChannelBalance,
    mapping: KVMapping = .request, interleaves: Bool, split: SubBatchSplit,
    barrier: AttentionBarrier, append: KVAppend, dispatchesOneAClock: Bool
  ) {
    self.unit = unit
    self.rowHold = rowHold
    self.balance = balance
    self.mapping = mapping
    self.interleaves = interleaves
    self.split = split
    self.barrier = barrier
    self.append = append
    self.dispatchesOneAClock = dispatchesOneAClock
  }
}

/// How the model is cut over devices.
public struct ParallelSpec: Hashable, Sendable, Codable {
  /// Devices among which heads and columns are divided.
  public var tensor: Int
  /// Devices among which layers are divided.
  public var pipeline: Int
  /// Parts of a batch that follow each other through the pipeline; nil: the batch as a whole.
  public var microBatches: Int?

  enum CodingKeys: String, CodingKey {
    case tensor, pipeline
    case microBatches = "micro_batches"
  }

  public init(tensor: Int, pipeline: Int, microBatches: Int? = nil) {
    self.tensor = tensor
    self.pipeline = pipeline
    self.microBatches = microBatches
  }
}

/// An NPU over a memory with PIM units: the systems of NeuPIMs (ASPLOS 2024) and their baselines.
public struct NeuPIMsSpec: Hashable, Sendable, Codable {
  public var name: String
  /// Where the numbers come from.
  public var source: String
  public var type: SystemType
  /// The clock of the NPU and of the memory's commands.
  public var clock: ClockSpec
  /// The memory, a preset with a section `pim`.
  public var memory: String
  public var refresh: Bool
  /// Whether refreshes that fall due while products wait are postponed, as far as the memory's standard allows; absent:
  /// no, as in the authors' controller.
  public var postponement: Bool?
  public var npu: SystolicSpec
  public var attention: PIMAttentionSpec
  public var parallel: ParallelSpec
  public var link: LinkSpec
  /// Clocks after which the NPU and the memory see each other's work.
  public var turn: Int

  public init(
    name: String, source: String, type: SystemType, clock: ClockSpec, memory: String,
    refresh: Bool, npu: SystolicSpec, attention: PIMAttentionSpec, parallel: ParallelSpec,
    link: LinkSpec, turn: Int
  ) {
    self.name = name
    self.source = source
    self.type = type
    self.clock = clock
    self.memory = memory
    self.refresh = refresh
    self.npu = npu
    self.attention = attention
    self.parallel = parallel
    self.link = link
    self.turn = turn
  }

  /// Checks the parameters that need no memory.
  ///
  /// - Throws: `SystemError` or `DeviceError` with the key that is wrong.
  func validate() throws {
    try npu.validate()
    guard (1...1024).contains(parallel.tensor), (1...1024).contains(parallel.pipeline) else {
      throw SystemError("parallel.tensor and parallel.pipeline must lie between 1 and 1024")
    }
    guard (1...1024).contains(parallel.microBatches ?? 1) else {
      throw SystemError("parallel.micro_batches must lie between 1 and 1024")
    }
    guard (1...4096).contains(turn) else {
      throw SystemError("turn must be 1 to 4096 clocks, not \(turn)")
    }
    guard clock.frequency.hertz > 0 else { throw SystemError("clock.frequency must be positive") }
    guard link.bandwidth.bytesPerSecond > 0 else {
      throw SystemError("link.bandwidth must be positive")
    }
  }
}
