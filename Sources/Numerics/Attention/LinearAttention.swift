#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Linear attention with decay: o_t = q_t sum_s lambda^(t-s) k_s^T v_s, without normaliser.
public struct LinearAttention: Sendable {
  public let tokens: Int
  public let dimension: Int
  /// The decay of the state per token, in (0, 1].
  public let decay: Double

  public init(tokens: Int, dimension: Int, decay: Double) {
    precondition(tokens > 0 && dimension > 0 && decay > 0 && decay <= 1)
    self.tokens = tokens
    self.dimension = dimension
    self.decay = decay
  }

  /// The state after each token: S <- lambda S + k^T v; o = q S.
  ///
  /// - Parameters: q, k, v: [tokens, dimension].
  public func recurrence(
    q: [Double], k: [Double], v: [Double], precision: AttentionPrecision
  ) -> [Double] {
    let format = precision.storage
    return precision.specialised(
      Recurrence(
        shape: self, q: q.map(format.round), k: k.map(format.round), v: v.map(format.round)))
  }

  /// Blocks of `block` tokens: within a block by scores, across blocks by the state.
  ///
  /// Powers of the decay stay in f32, since 16-bit formats round the decay itself.
  /// Source: Lightning Attention-2 (arXiv 2401.04658).
  public func lightning2(
    q: [Double], k: [Double], v: [Double], block: Int, precision: AttentionPrecision
  ) -> [Double] {
    let format = precision.storage
    return precision.specialised(
      Lightning(
        shape: self, q: q.map(format.round), k: k.map(format.round), v: v.map(format.round),
        block: block, powersInSingle: precision.accumulator != .f64))
  }

  /// Operations of the block form: 2 B^2 d 2 within and 2 B d^2 2 across, for each block.
  public func lightning2Flops(block: Int) -> Int {
    let blocks = (tokens + block - 1) / block
    return blocks * (4 * block * block * dimension + 4 * block * dimension * dimension)
  }

  private struct Recurrence: PrecisionBody {
    let shape: LinearAttention
    let q: [Double]
    let k: [Double]
    let v: [Double]

    func run<S: Rounding, A: Rounding>(_: S.Type, _: A.Type) -> [Double] {
      let d = shape.dimension
      let decay = A.round(shape.decay)
      var state = [Double](repeating: 0, count: d * d)
      var output = [Double](repeating: 0, count: q.count)
      for token in 0..<shape.tokens {
        let base = token * d
        for i in 0..<d {
          for j in 0..<d {
            state[i * d + j] = A.round(
              A.round(decay * state[i * d + j]) + k[base + i] * v[base + j])
          }
        }
        for j in 0..<d {
          var sum = 0.0
          for i in 0..<d { sum = A.round(sum + q[base + i] * state[i * d + j]) }
          output[base + j] = S.round(sum)
        }
      }
      return output
    }
  }

  private struct Lightning: PrecisionBody {
    let shape: LinearAttention
    let q: [Double]
    let k: [Double]
    let v: [Double]
    let block: Int
    let powersInSingle: Bool

    func run<S: Rounding, A: Rounding>(_: S.Type, _: A.Type) -> [Double] {
      let d = shape.dimension
      let powers = (0...block).map { index in
        let power = pow(shape.decay, Double(index))
        return powersInSingle ? Binary32.round(power) : power
      }
      var state = [Double](repeating: 0, count: d * d)
      var output = [Double](repeating: 0, count: q.count)
      var start = 0
      while start < shape.tokens {
        let size = min(block, shape.tokens - start)
        for i in 0..<size {
          var sums = [Double](repeating: 0, count: d)
          for j in 0...i {
            var score = 0.0
            for e in 0..<d {
              score = A.round(score + q[(start + i) * d + e] * k[(start + j) * d + e])
            }
            let weight = S.round(A.round(score * powers[i - j]))
            for e in 0..<d { sums[e] = A.round(sums[e] + weight * v[(start + j) * d + e]) }
          }
          for e in 0..<d {
            var inter = 0.0
            for x in 0..<d { inter = A.round(inter + q[(start + i) * d + x] * state[x * d + e]) }
            output[(start + i) * d + e] = S.round(
              A.round(sums[e] + A.round(inter * powers[i + 1])))
          }
        }
        for x in 0..<d {
          for e in 0..<d {
            var sum = 0.0
            for i in 0..<size {
              let key = A.round(k[(start + i) * d + x] * powers[size - 1 - i])
              sum = A.round(sum + key * v[(start + i) * d + e])
            }
            state[x * d + e] = A.round(A.round(powers[size] * state[x * d + e]) + sum)
          }
        }
        start += size
      }
      return output
    }
  }
}
