/// One operator of a trace: what is computed, on which tensors, after which other operators.
///
/// FLOPs and bytes are derived from the parameters (`work`, `accesses`), never typed in.
/// On disk an operator is one line with the keys `id`, `kind`, `name`, `layer`, `step`, `phase`,
/// `requests`, `attributes`, `inputs`, `outputs`, `data_dependences`, `control_dependences`; `layer`
/// and empty arrays are left out.
public struct Operator: Hashable, Sendable {
  /// The identity; strictly increasing along the trace.
  public var id: Int
  /// The place in the model, such as `model.layers.3.self_attn.q_proj`.
  public var name: String
  /// What is computed.
  public var operation: Operation
  /// The layer, or nil outside the layers (embedding, head).
  public var layer: Int?
  /// The step of the trace, from 0; does not decrease along the trace.
  public var step: Int
  /// The phase of the step.
  public var phase: Phase
  /// The lengths of the requests that take part; empty where requests make no sense.
  public var requests: [RequestRun]
  /// The tensors read.
  public var inputs: [Tensor]
  /// The tensors written.
  public var outputs: [Tensor]
  /// Earlier operators whose results are read here, ascending.
  public var dataDependences: [Int]
  /// Earlier operators that must have ended for another reason, ascending.
  public var controlDependences: [Int]
  /// How long it took elsewhere; only in imported traces.
  public var measured: MeasuredDuration?

  public init(
    id: Int, name: String, operation: Operation, layer: Int? = nil, step: Int = 0,
    phase: Phase = .prefill, requests: [RequestRun] = [], inputs: [Tensor] = [],
    outputs: [Tensor] = [], dataDependences: [Int] = [], controlDependences: [Int] = [],
    measured: MeasuredDuration? = nil
  ) {
    self.id = id
    self.name = name
    self.operation = operation
    self.layer = layer
    self.step = step
    self.phase = phase
    self.requests = requests
    self.inputs = inputs
    self.outputs = outputs
    self.dataDependences = dataDependences
    self.controlDependences = controlDependences
    self.measured = measured
  }

  /// The kind of the operation.
  public var kind: OperatorKind { operation.kind }
}

/// The header line of a trace.
///
/// On disk: `{"format":"orrery.trace","version":1,"model":"llama2-7b","architecture":"llama",
/// "layers":32,"dtype":"f16","generator":"…","seed":0,"units":{"address":"byte"}}`.
public struct TraceHeader: Hashable, Sendable {
  /// The version of the format that this build reads and writes.
  public static let currentVersion = 1
  /// The value of the `format` key.
  public static let formatName = "orrery.trace"

  /// The name of the model, or of the directory that it came from.
  public var model: String
  /// The architecture family, such as `llama`; empty for single operators.
  public var architecture: String
  /// The number of layers in the trace.
  public var layers: Int
  /// The element type of weights and activations.
  public var dtype: String
  /// The program and the command that made the trace.
  public var generator: String
  /// The seed of everything random in the trace.
  public var seed: UInt64

  public init(
    model: String, architecture: String = "", layers: Int = 0, dtype: String,
    generator: String, seed: UInt64 = 0
  ) {
    self.model = model
    self.architecture = architecture
    self.layers = layers
    self.dtype = dtype
    self.generator = generator
    self.seed = seed
  }
}

/// Whatever takes operators in execution order: a trace file, a graph, a counter.
public protocol OperatorSink: ~Copyable {
  /// Takes the next operator.
  ///
  /// - Throws: what the sink's medium throws; the emitter stops at the first error.
  mutating func emit(_ operator: Operator) throws
}

/// A sink that keeps every operator in memory.
public struct OperatorCollector: OperatorSink, Sendable {
  /// The operators in the order of emission.
  public private(set) var operators: [Operator] = []

  public init() {}

  public mutating func emit(_ operator: Operator) {
    operators.append(`operator`)
  }
}

/// Whatever gives operators one after the other, in trace order.
public protocol OperatorSource: ~Copyable {
  /// The next operator, or nil at the end.
  ///
  /// - Throws: what the source's medium throws when the trace cannot be read or is wrong.
  mutating func next() throws -> Operator?
}

/// A source over operators in memory.
public struct OperatorSequence: OperatorSource, Sendable {
  private let operators: [Operator]
  private var position = 0

  public init(_ operators: [Operator]) {
    self.operators = operators
  }

  public mutating func next() -> Operator? {
    guard position < operators.count else { return nil }
    defer { position += 1 }
    return operators[position]
  }
}
