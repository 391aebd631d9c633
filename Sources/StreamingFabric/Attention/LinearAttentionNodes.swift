import Numerics

/// The linear-attention recurrence S <- lambda S + k^T v, o = q S as a scan and a product.
///
/// A row of the graph is a head's whole sequence; the state of d x d elements travels to the product
/// in a token of its own, so FIFOs and state are constant in the number of tokens.
extension AttentionAssembly {
  mutating func addLinearLane(
    _ lane: AttentionLane, suffix: String
  ) -> (AttentionLane, TokenRecorder) {
    let d = options.shape.dimension
    let tokens = RowShape.uniform(rows: lane.heads.count, length: lane.shape.keys)
    func source(_ name: String, _ tensor: SequenceSource.Tensor) -> Stream<Vector> {
      builder.vectorSource(
        name + suffix, width: d, rows: tokens,
        operation: hasValues ? SequenceSource(lane: lane, tensor: tensor) : nil)
    }
    func wire(_ stream: Stream<Vector>, _ name: String) -> Wire<Vector> {
      stream.fifo(options.depths.short, name: name + suffix)
    }
    func operation(_ isState: Bool) -> (any ValueOperation)? {
      hasValues
        ? LinearOperation(
          isState: isState, dimension: d, decay: options.decay, precision: precision) : nil
    }
    let (q, k, v) = (source("q", .q), source("k", .k), source("v", .v))
    let scan = options.timing("scan")
    let state = builder.add(
      NodeSpecification(
        "scan" + suffix, .scan, rows: tokens,
        inputs: [
          PortSpecification("k", .everyFiring, .vector(d)),
          PortSpecification("v", .everyFiring, .vector(d)),
        ], outputs: [PortSpecification("s", .everyFiring, .vector(d * d))],
        interval: scan.interval, latency: scan.latency, stateElements: d * d,
        operation: operation(true)))
    builder.attach(wire(k, "k"), to: state, input: 0)
    builder.attach(wire(v, "v"), to: state, input: 1)
    let states = builder.stream(Vector.self, node: state, output: 0)
    let output = builder.zip(
      "pv" + suffix, wire(states, "s"), wire(q, "q"), to: .vector(d), as: Vector.self,
      timing: options.timing("pv"), operation: operation(false))
    let recorder = TokenRecorder(width: d)
    builder.sink("o" + suffix, wire(output, "o"), operation: hasValues ? recorder : nil)
    return (lane, recorder)
  }
}

/// Streams q, k or v of each head, token by token.
struct SequenceSource: ValueOperation {
  enum Tensor { case q, k, v }

  let lane: AttentionLane
  let tensor: Tensor

  func makeKernel() -> ValueKernel { SequenceKernel(self) }
}

final class SequenceKernel: ValueKernel {
  let source: SequenceSource
  let values: [Double]

  init(_ source: SequenceSource) {
    self.source = source
    values =
      switch source.tensor {
      case .q: source.lane.problem?.q ?? []
      case .k: source.lane.problem?.k ?? []
      case .v: source.lane.problem?.v ?? []
      }
  }

  override func fire(_ block: FiringBlock) {
    let shape = source.lane.shape
    let head = source.lane.heads[block.row]
    let place = source.tensor == .q ? head : shape.kvHead(of: head)
    let start = (place * shape.keys + block.column) * shape.dimension
    values.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return }
      block.outputs[0].update(from: base + start, count: block.count * shape.dimension)
    }
  }
}

/// The state update, or the product of query and state.
struct LinearOperation: ValueOperation, PrecisionBody {
  let isState: Bool
  let dimension: Int
  let decay: Double
  let precision: AttentionPrecision

  func makeKernel() -> ValueKernel { precision.specialised(self) }

  func run<S: Rounding, A: Rounding>(_: S.Type, _: A.Type) -> ValueKernel {
    isState
      ? LinearStateKernel<A>(dimension, decay: A.round(decay))
      : LinearOutputKernel<S, A>(dimension)
  }
}

final class LinearStateKernel<A: Rounding>: ValueKernel {
  let d: Int
  let decay: Double
  var state: [Double]

  init(_ d: Int, decay: Double) {
    self.d = d
    self.decay = decay
    state = [Double](repeating: 0, count: d * d)
  }

  override func fire(_ block: FiringBlock) {
    let (k, v, out) = (block.inputs[0], block.inputs[1], block.outputs[0])
    state.withUnsafeMutableBufferPointer { state in
      guard let base = state.baseAddress else { return }
      if block.isFirst { base.update(repeating: 0, count: d * d) }
      for index in 0..<block.count {
        let (key, value) = (k + index * d, v + index * d)
        for row in 0..<d {
          for column in 0..<d {
            let element = row * d + column
            base[element] = A.round(A.round(decay * base[element]) + key[row] * value[column])
          }
        }
        (out + index * d * d).update(from: base, count: d * d)
      }
    }
  }
}

final class LinearOutputKernel<S: Rounding, A: Rounding>: ValueKernel {
  let d: Int

  init(_ d: Int) {
    self.d = d
  }

  override func fire(_ block: FiringBlock) {
    for index in 0..<block.count {
      let state = block.inputs[0] + index * d * d
      let (query, out) = (block.inputs[1] + index * d, block.outputs[0] + index * d)
      for column in 0..<d {
        var sum = 0.0
        for row in 0..<d { sum = A.round(sum + query[row] * state[row * d + column]) }
        out[column] = S.round(sum)
      }
    }
  }
}
