internal import Numerics
internal import Units
internal import Workload

/// How finely operators are cut; FLOPs are the same in every form.
public enum OperatorFusion: String, CaseIterable, Hashable, Sendable {
  /// Attention in three parts with its scores in memory; every projection by itself.
  case none
  /// Attention as one operator; every projection by itself.
  case attention
  /// Attention as one operator; projections of the same input as one product.
  case full
}

/// One run through the model: numbers operators and tensors, and computes when there is storage.
///
/// The model's code calls the same functions with and without storage. Each function makes the
/// output tensor, computes it if its inputs have values, and notes the operator.
struct ForwardPass {
  let configuration: ModelConfiguration
  let store: WeightStore?
  let context: ComputeContext
  let fusion: OperatorFusion
  let cache: KVCache
  let activationType: DataType
  let switches: ArchitectureSwitches
  /// Whether operators are noted; off for a run that only computes.
  var isRecording: Bool

  /// Operators noted since the last `takeOperators`.
  private var operators: [Operator] = []
  private var nextOperator = 0
  private var nextTensor: Int
  private let activationBase: Int
  private var nextAddress: Int

  /// The lengths of this step's requests.
  var runs: [RequestRun] = []
  var phase = Phase.prefill
  var step = 0
  var layer: Int?
  /// Keys that each row of this step picked in the last layer that selects; nil for all.
  var selected: [[Int]?] = []
  /// What the layers behind it read.
  var selection: Value?
  /// The operator that wrote the key weights of the attention that was noted last.
  var keyWeightsProducer: Int?

  init(
    configuration: ModelConfiguration, store: WeightStore?, context: ComputeContext,
    fusion: OperatorFusion, cache: KVCache, firstTensor: Int, activationType: DataType,
    switches: ArchitectureSwitches, isRecording: Bool
  ) {
    self.switches = switches
    self.configuration = configuration
    self.store = store
    self.context = context
    self.fusion = fusion
    self.cache = cache
    self.activationType = activationType
    self.isRecording = isRecording
    nextTensor = firstTensor
    activationBase = cache.endAddress
    nextAddress = cache.endAddress
  }

  /// Hands over the operators noted so far.
  mutating func takeOperators() -> [Operator] {
    defer { operators = [] }
    return operators
  }

  /// Temporaries of a layer lie behind two alternating places for the residual stream.
  mutating func begin(layer index: Int?, tokens: Int) {
    layer = index
    let slot = residualBytes(tokens: tokens)
    nextAddress = activationBase + 4 * slot
    residualTurn = 0
    residualParity ^= 1
  }

  private var residualTurn = 0
  private var residualParity = 0

  private func residualBytes(tokens: Int) -> Int {
    (activationType.bytes(tokens * configuration.architecture.hidden) + 255) / 256 * 256
  }

  /// A fresh activation; `isResidual` values survive the end of their layer.
  mutating func makeValue(
    _ shape: TensorShape, like source: Value?, isResidual: Bool = false, dtype: DataType? = nil
  ) -> Value {
    let type = dtype ?? activationType
    let size = (type.bytes(shape.elements) + 255) / 256 * 256
    let address: Int
    if isResidual {
      let place = 2 * residualParity + residualTurn & 1
      address = activationBase + place * residualBytes(tokens: shape[0])
      residualTurn += 1
    } else {
      address = nextAddress
      nextAddress += size
    }
    defer { nextTensor += 1 }
    return Value(
      tensor: Workload.Tensor(
        id: nextTensor, shape: shape, dtype: type, role: .activation, address: address),
      storage: source?.storage == nil ? nil : Storage(count: shape.elements))
  }

  /// Notes an operator and returns its id.
  @discardableResult
  mutating func note(
    _ name: @autoclosure () -> String, _ operation: Operation, _ inputs: [Value],
    weights: [Weight] = [], outputs: [Workload.Tensor], requests: [RequestRun]? = nil,
    control: [Int] = []
  ) -> Int {
    let id = nextOperator
    nextOperator += 1
    guard isRecording else { return id }
    var dependences: [Int] = []
    for input in inputs {
      if let producer = input.producer, !dependences.contains(producer) {
        dependences.append(producer)
      }
    }
    dependences.sort()
    operators.append(
      Operator(
        id: id, name: name(), operation: operation, layer: layer, step: step, phase: phase,
        requests: requests ?? runs, inputs: inputs.map(\.tensor) + weights.flatMap(\.tensors),
        outputs: outputs, dataDependences: dependences,
        controlDependences: control.filter { !dependences.contains($0) }.sorted()))
    return id
  }
}
