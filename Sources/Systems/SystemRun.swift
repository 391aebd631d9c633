public import Devices
public import SimulationCore
public import Units
public import Workload

/// When and where one operator ran.
public struct OperatorRecord: Hashable, Sendable {
  public var id: Int
  public var name: String
  public var kind: OperatorKind
  public var step: Int
  public var start: Instant
  public var end: Instant
  /// The index of the unit in the run's list.
  public var unit: Int
  /// The operations of the operator.
  public var flops: Int
  /// The bytes that it moved.
  public var bytes: ByteCount
  /// Its time by cause, where the system knows it by operator.
  public var causes: CauseLedger?
  /// What it takes at least, every resource at its peak; nil where the system does not say.
  public var bound: Duration?

  public init(
    id: Int, name: String, kind: OperatorKind, step: Int, start: Instant, end: Instant,
    unit: Int, flops: Int, bytes: ByteCount, causes: CauseLedger? = nil, bound: Duration? = nil
  ) {
    self.id = id
    self.name = name
    self.kind = kind
    self.step = step
    self.start = start
    self.end = end
    self.unit = unit
    self.flops = flops
    self.bytes = bytes
    self.causes = causes
    self.bound = bound
  }
}

/// When one step of the trace ran and what it yielded.
public struct StepRecord: Hashable, Sendable {
  public var step: Int
  public var phase: Phase
  public var start: Instant
  public var end: Instant
  /// Tokens generated in this step.
  public var tokens: Int
}

/// How long a unit was busy.
public struct UnitRecord: Hashable, Sendable {
  public var name: String
  public var busy: Duration
}

/// Everything that a system reports of a run.
public struct SystemRun: Sendable {
  /// The end of the last operator.
  public var makespan: Duration = .zero
  /// What the makespan was spent on; sums to it exactly.
  public var causes = CauseLedger()
  /// Units in the order of the system, busy times included.
  public var units: [UnitRecord] = []
  /// Steps in the order of the trace.
  public var steps: [StepRecord] = []
  /// Operators in the order of the trace; empty when they were not asked for.
  public var operators: [OperatorRecord] = []
  /// The operators that took longest, longest first.
  public var slowest: [OperatorRecord] = []
  /// How many operators ran.
  public var operatorCount = 0
  /// The work of all operators.
  public var work = OperatorWork()
  /// The bytes of all operators.
  public var traffic = OperatorTraffic()
  /// The memory that the tensors take.
  public var footprint = Footprint()
  /// Tokens of prompts that were processed.
  public var promptTokens = 0
  /// The time of operators by kind.
  public var timeByKind: [OperatorKind: Duration] = [:]
  /// Stages of the schedule, for systems that have one.
  public var stages: [StageRecord] = []
  /// What processing-in-memory units did; nil for systems without.
  public var pim: PIMActivity?
  /// What the fabric did, for streaming devices.
  public var streaming: StreamingRecord?

  /// The peak of the memory that was simulated, where it differs from the system's nominal one.
  public var peakBandwidth: Bandwidth?
  /// A lower bound of the makespan: every resource at its peak along the order of execution.
  public var bound: Duration?
  /// What the command-level memory counted, at cycle fidelity.
  public var memory: MemoryDetail?
  /// Bytes sent over links by all devices together.
  public var linkBytes = ByteCount.zero
  /// Energy by set of coefficients, the one of headlines first; empty when none is sourced.
  public var energy: [EnergyRecord] = []
  /// What processing in memory adds to a die of each stack; nil where no source gives it.
  public var addedArea: AddedAreaSpec?
  /// How unevenly tokens fell on experts; nil without experts.
  public var experts: ExpertLoadRecord?

  /// Generated tokens of all steps.
  public var tokens: Int { steps.reduce(0) { $0 + $1.tokens } }
}

/// The energy of a run with one set of coefficients.
public struct EnergyRecord: Hashable, Sendable {
  /// The name of the set.
  public var name: String
  /// Where its coefficients come from.
  public var source: String
  /// The sum by part.
  public var parts = EnergyBreakdown()
  /// Picojoules of operators by kind.
  public var byKind: [OperatorKind: Double] = [:]

  public init(name: String, source: String) {
    self.name = name
    self.source = source
  }

  /// Adds the energy of an operator.
  public mutating func add(_ energy: EnergyBreakdown, kind: OperatorKind) {
    parts += energy
    byKind[kind, default: 0] += energy.total
  }
}

/// The memory that the tensors of a trace take on the one logical device.
///
/// Weights, KV and state count once each, at their full declared size. Activations count as the
/// largest set that one operator needs at once, a lower bound of what an allocator keeps.
public struct Footprint: Hashable, Sendable {
  public var weights = ByteCount.zero
  public var kv = ByteCount.zero
  public var state = ByteCount.zero
  public var activations = ByteCount.zero

  /// The sum over all roles.
  public var total: ByteCount { weights + kv + state + activations }
}

/// Collects the footprint of a trace while it streams by.
struct FootprintCollector {
  private(set) var footprint = Footprint()
  private var seen: Set<Int> = []

  mutating func add(_ op: Operator) {
    var activations = ByteCount.zero
    for tensor in op.inputs { add(tensor, to: &activations) }
    for tensor in op.outputs { add(tensor, to: &activations) }
    footprint.activations = max(footprint.activations, activations)
  }

  private mutating func add(_ tensor: Tensor, to activations: inout ByteCount) {
    switch tensor.role {
    case .activation: activations += tensor.bytes
    case .weight: if seen.insert(tensor.id).inserted { footprint.weights += tensor.bytes }
    case .kv: if seen.insert(tensor.id).inserted { footprint.kv += tensor.bytes }
    case .state: if seen.insert(tensor.id).inserted { footprint.state += tensor.bytes }
    }
  }
}
