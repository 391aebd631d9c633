#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Safe softmax attention in f64 with compensated sums: what every kernel is measured against.
public enum ReferenceAttention {
  /// [heads, rows, dimension]; rows may be limited to `rows` for spot checks.
  ///
  /// - Complexity: O(heads * rows * keys * dimension).
  public static func output(_ problem: AttentionProblem) -> [Double] {
    let shape = problem.shape
    let d = shape.dimension
    var output = [Double](repeating: 0, count: problem.q.count)
    var weights = [Double](repeating: 0, count: shape.keys)
    var rest = [Double](repeating: 0, count: d)
    for head in 0..<shape.heads {
      let kvStart = shape.kvHead(of: head) * shape.keys * d
      for row in 0..<shape.rows {
        let start = (head * shape.rows + row) * d
        let keys = shape.visibleKeys(row)
        var maximum = -Double.infinity
        for key in keys {
          var score = 0.0
          for index in 0..<d {
            score += problem.q[start + index] * problem.k[kvStart + key * d + index]
          }
          weights[key] = score * shape.scale
          maximum = max(maximum, weights[key])
        }
        var sum = 0.0
        var sumRest = 0.0
        for index in 0..<d { rest[index] = 0 }
        for key in keys {
          let weight = exp(weights[key] - maximum)
          (sum, sumRest) = add(sum, sumRest, weight)
          for index in 0..<d {
            (output[start + index], rest[index]) = add(
              output[start + index], rest[index], weight * problem.v[kvStart + key * d + index])
          }
        }
        for index in 0..<d {
          output[start + index] = (output[start + index] + rest[index]) / (sum + sumRest)
        }
      }
    }
    return output
  }

  /// Neumaier's compensated addition (ZAMM 54, 1974).
  @inline(__always)
  private static func add(_ sum: Double, _ rest: Double, _ term: Double) -> (Double, Double) {
    let next = sum + term
    let lost = abs(sum) >= abs(term) ? (sum - next) + term : (term - next) + sum
    return (next, rest + lost)
  }
}
