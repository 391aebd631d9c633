internal import CKernels

/// Which keys a query may see.
public struct KeyVisibility: Hashable, Sendable {
  /// A query sees no key behind its own position.
  public var isCausal: Bool
  /// A query sees the last `window` keys up to its own position, itself included.
  public var window: Int?
  /// With a window, the first `sinks` keys stay visible.
  public var sinks: Int

  public init(isCausal: Bool, window: Int? = nil, sinks: Int = 0) {
    self.isCausal = isCausal
    self.window = window
    self.sinks = sinks
  }

  /// Whether the query at `position` sees key `key`.
  @inlinable
  public func isVisible(key: Int, from position: Int) -> Bool {
    if isCausal && key > position { return false }
    if let window, key + window <= position { return key < sinks }
    return true
  }
}

/// Plain attention, softmax(q k^T scale) v: the reference that other forms are compared with.
///
/// The scores of a block of queries are held in full. A query's result does not depend on which other
/// queries are computed beside it, so prefilling at once, in chunks or token by token gives equal bits.
public enum ScaledDotProductAttention {
  /// One head, or several query heads of one token that share keys.
  ///
  /// - Parameters:
  ///   - queries: rows of q; row i is at `q + i * queryStride` and at position
  ///     `firstPosition + i / rowsPerPosition`.
  ///   - keys: rows of k and v, at strides `keyStride` and `valueStride`, positions 0, 1 ...
  ///   - logSumExp: receives log(sum(exp(scores))) of each row.
  ///   - probabilities: receives the weights, `queries * keys`.
  public static func attend(
    queries: Int, keys: Int, headDim: Int, valueDim: Int, scale: Float, mask: KeyVisibility,
    firstPosition: Int, rowsPerPosition: Int = 1,
    q: UnsafePointer<Float>, queryStride: Int, k: UnsafePointer<Float>, keyStride: Int,
    v: UnsafePointer<Float>, valueStride: Int,
    into out: UnsafeMutablePointer<Float>, outStride: Int,
    logSumExp: UnsafeMutablePointer<Float>? = nil,
    probabilities: UnsafeMutablePointer<Float>? = nil,
    context: ComputeContext = .single
  ) {
    let block = min(queries, 64)
    // With many queries the values are turned over once, else each block would do it.
    let isTurned = queries >= 8
    GEMM.withScratch(block * keys) { scores in
      GEMM.withScratch(isTurned ? valueDim * keys : 1) { turned in
        if isTurned { ckernels_transpose(keys, valueDim, v, valueStride, turned, keys) }
        for start in stride(from: 0, to: queries, by: block) {
          let rows = min(block, queries - start)
          let first = firstPosition + start / rowsPerPosition
          let last = firstPosition + (start + rows - 1) / rowsPerPosition
          // Keys outside low ..< high are seen by no query of the block; low is a multiple of 16 so
          // that every key keeps its partial sum.
          let high = mask.isCausal ? min(keys, last + 1) : keys
          var low = 0
          if let window = mask.window, mask.sinks == 0 { low = max(0, first + 1 - window) & ~15 }
          let width = high - low
          GEMM.multiply(
            m: rows, n: width, k: headDim, q + start * queryStride, lda: queryStride,
            k + low * keyStride, ldb: keyStride, layout: .transposed, into: scores, ldc: width,
            context: context)
          withUnsafeTemporaryAllocation(of: Double.self, capacity: rows) { shifts in
            for row in 0..<rows {
              let position = firstPosition + (start + row) / rowsPerPosition
              let scores = scores + row * width
              var largest: Float = 0
              for key in 0..<width {
                let isVisible = mask.isVisible(key: low + key, from: position)
                scores[key] = isVisible ? scores[key] * scale : -.infinity
                if isVisible { largest = max(largest, scores[key].magnitude) }
              }
              shifts[row] =
                largest > largeScore
                ? recompute(
                  scores, width, scale: scale, headDim: headDim,
                  q + (start + row) * queryStride, k + low * keyStride, keyStride) : 0
            }
            let logSumExp = logSumExp.map { $0 + start }
            PointwiseFunctions.softmax(
              rows: rows, columns: width, scores, logSumExp: logSumExp)
            if let logSumExp {
              for row in 0..<rows {
                logSumExp[row] = Float(Double(logSumExp[row]) + shifts[row])
              }
            }
          }
          if let probabilities {
            for row in 0..<rows {
              let target = probabilities + (start + row) * keys
              for key in 0..<keys {
                target[key] =
                  key >= low && key < high ? scores[row * width + key - low] : 0
              }
            }
          }
          GEMM.multiply(
            m: rows, n: valueDim, k: width, scores, lda: width,
            isTurned ? turned + low : UnsafeMutablePointer(mutating: v + low * valueStride),
            ldb: isTurned ? keys : valueStride, layout: isTurned ? .transposed : .plain,
            into: out + start * outStride, ldc: outStride, context: context)
        }
      }
    }
  }

  /// Above this a score's rounding to binary32 (2^-24 of it) changes its exponential visibly.
  private static let largeScore: Float = 32

  /// Replaces the visible scores of one row by their distance from the row's maximum, computed in
  /// binary64, and returns that maximum.
  private static func recompute(
    _ scores: UnsafeMutablePointer<Float>, _ width: Int, scale: Float, headDim: Int,
    _ q: UnsafePointer<Float>, _ k: UnsafePointer<Float>, _ keyStride: Int
  ) -> Double {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { exact in
      var largest = -Double.infinity
      for key in 0..<width where scores[key] != -.infinity {
        let k = k + key * keyStride
        exact[key] = Double(scale) * Normalization.sum(headDim) { Double(q[$0]) * Double(k[$0]) }
        if exact[key] > largest { largest = exact[key] }
      }
      for key in 0..<width where scores[key] != -.infinity {
        scores[key] = Float(exact[key] - largest)
      }
      return largest
    }
  }
}
