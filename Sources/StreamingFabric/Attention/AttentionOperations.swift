import Numerics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The arithmetic of the nodes of attention graphs.
enum AttentionStep: Hashable, Sendable {
  /// Scaled dot product, and the function fused behind it.
  case score(ScoreFunction)
  /// exp(score - held maximum).
  case exponential
  case rowMaximum
  case rowSum
  /// Weight divided by the held sum.
  case normalise
  /// Sum of weight times vector; rounded to storage at the row's end where nothing follows.
  case accumulate(isOutput: Bool)
  /// Running maximum: emits exp(previous - new) and exp(score - new).
  case runningMaximum
  /// sum <- sum * delta + weight.
  case rescaledSum
  /// output <- output * delta + weight * vector.
  case rescaledAccumulate
  /// Vector divided by scalar.
  case divide
}

/// What the score node computes from the scaled dot product.
enum ScoreFunction: Hashable, Sendable {
  case identity, exponential, sigmoid, relu
}

/// A step with its formats and the lane it serves.
struct AttentionOperation: ValueOperation {
  let step: AttentionStep
  let lane: AttentionLane
  let precision: AttentionPrecision

  func makeKernel() -> ValueKernel {
    if case .divide = step { return precision.specialised(self) }
    return InterleavedKernel.wrap(lane, ports) { precision.specialised(self) }
  }

  /// The ports of one row's kernel.
  private var ports: KernelPorts {
    let d = lane.shape.dimension
    return switch step {
    case .score: .held(d, d, output: 1)
    case .exponential, .normalise: .held(1, 1, output: 1)
    case .rowMaximum, .rowSum: .reduction([1], output: 1)
    case .accumulate: .reduction([1, d], output: d)
    case .runningMaximum: .everyFiring(inputs: [1], outputs: [1, 1])
    case .rescaledSum: .reduction([1, 1], output: 1)
    case .rescaledAccumulate: .reduction([1, 1, d], output: d)
    case .divide: .everyFiring(inputs: [d, 1], outputs: [d])
    }
  }
}

extension AttentionOperation: PrecisionBody {
  func run<S: Rounding, A: Rounding>(_: S.Type, _: A.Type) -> ValueKernel {
    let d = lane.shape.dimension
    switch step {
    case .score(let function): return ScoreKernel<A>(lane, function)
    case .exponential: return ExponentialKernel<A>()
    case .rowMaximum: return RowMaximumKernel<A>()
    case .rowSum: return RowSumKernel<A>()
    case .normalise: return NormaliseKernel<A>()
    case .accumulate(let isOutput): return AccumulateKernel<S, A>(d, isOutput)
    case .runningMaximum: return RunningMaximumKernel<A>()
    case .rescaledSum: return RescaledSumKernel<A>()
    case .rescaledAccumulate: return RescaledAccumulateKernel<S, A>(d)
    case .divide: return DivideKernel<S, A>(d, rows: lane.queryBlock)
    }
  }
}

final class ScoreKernel<A: Rounding>: ValueKernel {
  let lane: AttentionLane
  let function: ScoreFunction

  init(_ lane: AttentionLane, _ function: ScoreFunction) {
    self.lane = lane
    self.function = function
  }

  override func fire(_ block: FiringBlock) {
    let d = lane.shape.dimension
    let scale = lane.shape.scale
    let (keys, query, out) = (block.inputs[0], block.inputs[1], block.outputs[0])
    if d == 1 {
      let factor = query[0]
      for index in 0..<block.count {
        out[index] = A.round(A.round(factor * keys[index]) * scale)
      }
    } else {
      for index in 0..<block.count {
        let key = keys + index * d
        var sum = 0.0
        for element in 0..<d { sum = A.round(sum + query[element] * key[element]) }
        out[index] = A.round(sum * scale)
      }
    }
    if !lane.skipsMasked && lane.shape.mask != .none {
      // Nothing is skipped, so columns are keys.
      let visible = lane.visible(block.row)
      for index in 0..<block.count where !visible.contains(block.column + index) {
        out[index] = -Double.infinity
      }
    }
    apply(out, block)
  }

  private func apply(_ out: UnsafeMutablePointer<Double>, _ block: FiringBlock) {
    switch function {
    case .identity: break
    case .exponential:
      for index in 0..<block.count { out[index] = A.round(exp(out[index])) }
    case .sigmoid:
      for index in 0..<block.count {
        out[index] = A.round(1 / A.round(1 + A.round(exp(-out[index]))))
      }
    case .relu:
      let keys = Double(lane.visible(block.row).count)
      for index in 0..<block.count { out[index] = A.round(max(0, out[index]) / keys) }
    }
  }
}

final class ExponentialKernel<A: Rounding>: ValueKernel {
  override func fire(_ block: FiringBlock) {
    let (score, out, maximum) = (block.inputs[0], block.outputs[0], block.inputs[1][0])
    for index in 0..<block.count { out[index] = A.round(exp(A.round(score[index] - maximum))) }
  }
}

final class RowMaximumKernel<A: Rounding>: ValueKernel {
  var maximum = -A.greatestFinite

  override func fire(_ block: FiringBlock) {
    if block.isFirst { maximum = -A.greatestFinite }
    let score = block.inputs[0]
    for index in 0..<block.count {
      // A NaN score stays visible instead of losing every comparison.
      if !(score[index] <= maximum) { maximum = score[index] }
    }
    if block.isLast { block.outputs[0][0] = maximum }
  }
}

final class RowSumKernel<A: Rounding>: ValueKernel {
  var sum = 0.0

  override func fire(_ block: FiringBlock) {
    if block.isFirst { sum = 0 }
    for index in 0..<block.count { sum = A.round(sum + block.inputs[0][index]) }
    if block.isLast { block.outputs[0][0] = sum }
  }
}

final class NormaliseKernel<A: Rounding>: ValueKernel {
  override func fire(_ block: FiringBlock) {
    let (weight, out, sum) = (block.inputs[0], block.outputs[0], block.inputs[1][0])
    for index in 0..<block.count { out[index] = A.round(weight[index] / sum) }
  }
}

final class AccumulateKernel<S: Rounding, A: Rounding>: ValueKernel {
  let isOutput: Bool
  var sums: [Double]

  init(_ d: Int, _ isOutput: Bool) {
    self.isOutput = isOutput
    sums = [Double](repeating: 0, count: d)
  }

  override func fire(_ block: FiringBlock) {
    let d = sums.count
    sums.withUnsafeMutableBufferPointer { sums in
      if block.isFirst { for element in 0..<d { sums[element] = 0 } }
      for index in 0..<block.count {
        let weight = S.round(block.inputs[0][index])
        let vector = block.inputs[1] + index * d
        for element in 0..<d {
          sums[element] = A.round(sums[element] + weight * vector[element])
        }
      }
      if block.isLast {
        for element in 0..<d {
          block.outputs[0][element] = isOutput ? S.round(sums[element]) : sums[element]
        }
      }
    }
  }
}

final class RunningMaximumKernel<A: Rounding>: ValueKernel {
  /// The initial maximum is finite, so that the first delta is exp(-large) = 0, never NaN.
  var maximum = -A.greatestFinite

  override func fire(_ block: FiringBlock) {
    if block.isFirst { maximum = -A.greatestFinite }
    var running = maximum
    let (score, delta, weight) = (block.inputs[0], block.outputs[0], block.outputs[1])
    for index in 0..<block.count {
      let value = score[index]
      // One of the two exponents is always exactly zero.
      if value <= running {
        delta[index] = 1
        weight[index] = A.round(exp(A.round(value - running)))
      } else {
        delta[index] = A.round(exp(A.round(running - value)))
        weight[index] = value - value == 0 ? 1 : .nan
        running = value
      }
    }
    maximum = running
  }
}

final class RescaledSumKernel<A: Rounding>: ValueKernel {
  var sum = 0.0

  override func fire(_ block: FiringBlock) {
    if block.isFirst { sum = 0 }
    let (delta, weight) = (block.inputs[0], block.inputs[1])
    for index in 0..<block.count { sum = A.round(A.round(sum * delta[index]) + weight[index]) }
    if block.isLast { block.outputs[0][0] = sum }
  }
}

final class RescaledAccumulateKernel<S: Rounding, A: Rounding>: ValueKernel {
  var sums: [Double]

  init(_ d: Int) {
    sums = [Double](repeating: 0, count: d)
  }

  override func fire(_ block: FiringBlock) {
    let d = sums.count
    let (deltas, weights) = (block.inputs[0], block.inputs[1])
    sums.withUnsafeMutableBufferPointer { sums in
      if block.isFirst { for element in 0..<d { sums[element] = 0 } }
      for index in 0..<block.count {
        let delta = deltas[index]
        let weight = S.round(weights[index])
        let vector = block.inputs[2] + index * d
        for element in 0..<d {
          sums[element] = A.round(A.round(sums[element] * delta) + weight * vector[element])
        }
      }
      if block.isLast { for element in 0..<d { block.outputs[0][element] = sums[element] } }
    }
  }
}

final class DivideKernel<S: Rounding, A: Rounding>: ValueKernel {
  let d: Int
  /// Rows in one token.
  let rows: Int

  init(_ d: Int, rows: Int) {
    self.d = d
    self.rows = rows
  }

  override func fire(_ block: FiringBlock) {
    for index in 0..<(block.count * rows) {
      let sum = block.inputs[1][index]
      for element in 0..<d {
        block.outputs[0][index * d + element] = S.round(
          A.round(block.inputs[0][index * d + element] / sum))
      }
    }
  }
}
