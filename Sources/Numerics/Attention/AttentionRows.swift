#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An unnormalised part of a row's output: o = sum e^(s-m) v, its maximum m, and l = sum e^(s-m).
///
/// Merging parts is associative, whatever the order; a part without keys is neutral.
public struct AttentionPartial: Hashable, Sendable {
  public var output: [Double]
  public var maximum: Double
  public var sum: Double

  /// The neutral part.
  public init(dimension: Int) {
    output = [Double](repeating: 0, count: dimension)
    maximum = -Double.infinity
    sum = 0
  }

  /// Folds another part in, every operation rounded to the accumulator's format.
  public mutating func merge<A: Rounding>(_ other: AttentionPartial, _: A.Type) {
    guard other.sum != 0 || other.maximum != -Double.infinity else { return }
    guard maximum != -Double.infinity else {
      self = other
      return
    }
    let joint = max(maximum, other.maximum)
    let own = A.round(exp(A.round(maximum - joint)))
    let others = A.round(exp(A.round(other.maximum - joint)))
    sum = A.round(A.round(sum * own) + A.round(other.sum * others))
    for index in output.indices {
      output[index] = A.round(
        A.round(output[index] * own) + A.round(other.output[index] * others))
    }
    maximum = joint
  }
}

/// The rows of one problem under one pair of formats.
struct AttentionRows<S: Rounding, A: Rounding> {
  let problem: AttentionProblem
  var output: [Double]
  private var query = 0
  private var keyValues = 0
  private var start = 0
  private let d: Int
  private var kvHead = 0

  init(_ problem: AttentionProblem) {
    self.problem = problem
    d = problem.shape.dimension
    output = [Double](repeating: 0, count: problem.q.count)
  }

  mutating func select(head: Int, row: Int) {
    start = (head * problem.shape.rows + row) * d
    query = start
    kvHead = problem.shape.kvHead(of: head)
    keyValues = kvHead * problem.shape.keys * d
  }

  private func score(_ key: Int) -> Double {
    problem.q.withUnsafeBufferPointer { q in
      problem.k.withUnsafeBufferPointer { k in
        var sum = 0.0
        let base = keyValues + key * d
        for index in 0..<d { sum = A.round(sum + q[query + index] * k[base + index]) }
        return A.round(sum * problem.shape.scale)
      }
    }
  }

  /// sums <- sums + weight * v, the weight in the storage format.
  private func accumulate(_ sums: inout [Double], _ weight: Double, _ key: Int) {
    let weight = S.round(weight)
    let base = keyValues + key * d
    problem.v.withUnsafeBufferPointer { v in
      sums.withUnsafeMutableBufferPointer { sums in
        for index in 0..<d { sums[index] = A.round(sums[index] + weight * v[base + index]) }
      }
    }
  }

  private mutating func store(_ values: [Double]) {
    for index in 0..<d { output[start + index] = S.round(values[index]) }
  }

  /// Divides a part by its sum and stores it.
  mutating func write(_ part: AttentionPartial) {
    store(part.output.map { A.round($0 / part.sum) })
  }

  mutating func naive(_ keys: Range<Int>) {
    let weights = keys.map { A.round(exp(score($0))) }
    normalised(weights, keys)
  }

  mutating func safe(_ keys: Range<Int>) {
    let scores = keys.map { score($0) }
    let maximum = scores.max() ?? 0
    normalised(scores.map { A.round(exp(A.round($0 - maximum))) }, keys)
  }

  private mutating func normalised(_ weights: [Double], _ keys: Range<Int>) {
    var sum = 0.0
    for weight in weights { sum = A.round(sum + weight) }
    var sums = [Double](repeating: 0, count: d)
    for (weight, key) in zip(weights, keys) { accumulate(&sums, A.round(weight / sum), key) }
    store(sums)
  }

  mutating func reordered(_ keys: Range<Int>) {
    var sum = 0.0
    var sums = [Double](repeating: 0, count: d)
    for key in keys {
      let weight = A.round(exp(score(key)))
      sum = A.round(sum + weight)
      accumulate(&sums, weight, key)
    }
    store(sums.map { A.round($0 / sum) })
  }

  /// The part of one block of keys.
  private func block(_ keys: Range<Int>) -> AttentionPartial {
    var part = AttentionPartial(dimension: d)
    let scores = keys.map { score($0) }
    part.maximum = scores.max() ?? -Double.infinity
    for (score, key) in zip(scores, keys) {
      let weight = A.round(exp(A.round(score - part.maximum)))
      part.sum = A.round(part.sum + weight)
      accumulate(&part.output, weight, key)
    }
    return part
  }

  /// Blocks folded into one running part.
  func running(_ keys: Range<Int>, block size: Int) -> AttentionPartial {
    var part = AttentionPartial(dimension: d)
    var key = keys.lowerBound
    while key < keys.upperBound {
      let end = min(keys.upperBound, key + size)
      part.merge(block(key..<end), A.self)
      key = end
    }
    return part
  }

  /// All chunks first, then one maximum over them.
  mutating func summaries(_ keys: Range<Int>, chunk: Int) {
    var parts: [AttentionPartial] = []
    var key = keys.lowerBound
    while key < keys.upperBound {
      let end = min(keys.upperBound, key + chunk)
      parts.append(block(key..<end))
      key = end
    }
    let maximum = parts.map(\.maximum).max() ?? 0
    var total = AttentionPartial(dimension: d)
    for part in parts {
      let factor = A.round(exp(A.round(part.maximum - maximum)))
      total.sum = A.round(total.sum + A.round(part.sum * factor))
      for index in 0..<d {
        total.output[index] = A.round(
          total.output[index] + A.round(part.output[index] * factor))
      }
    }
    write(total)
  }

  /// Splits of equal numbers of key blocks; each normalises its part and keeps its log-sum-exp.
  mutating func decoding(_ keys: Range<Int>, _ splits: Int, _ size: Int) {
    let blocks = (problem.shape.keys + size - 1) / size
    let perSplit = (blocks + splits - 1) / splits * size
    var parts: [(output: [Double], logSum: Double)] = []
    for split in 0..<splits {
      let own = (split * perSplit)..<((split + 1) * perSplit)
      let range = own.clamped(to: keys)
      guard !range.isEmpty else { continue }
      let part = running(range, block: size)
      parts.append(
        (part.output.map { A.round($0 / part.sum) }, A.round(part.maximum + A.round(log(part.sum))))
      )
    }
    let maximum = parts.map(\.logSum).max() ?? 0
    var sums = [Double](repeating: 0, count: d)
    var sum = 0.0
    for part in parts {
      let weight = A.round(exp(A.round(part.logSum - maximum)))
      sum = A.round(sum + weight)
      for index in 0..<d { sums[index] = A.round(sums[index] + weight * part.output[index]) }
    }
    store(sums.map { A.round($0 / sum) })
  }

  /// The tile ranges of this KV head, folded in the order in which the host block reads them.
  mutating func lean(_ keys: Range<Int>, _ multiprocessors: Int) {
    let partition = LeanPartition(problem.shape, multiprocessors: multiprocessors)
    var total = AttentionPartial(dimension: d)
    for tiles in partition.tileRanges(ofOutput: kvHead) {
      let own = (tiles.lowerBound * partition.tileKeys)..<(tiles.upperBound * partition.tileKeys)
      let range = own.clamped(to: keys)
      if !range.isEmpty { total.merge(running(range, block: partition.tileKeys), A.self) }
    }
    write(total)
  }

  mutating func pointwise(_ keys: Range<Int>, isSigmoid: Bool) {
    var sums = [Double](repeating: 0, count: d)
    for key in keys {
      let value = score(key)
      let weight =
        isSigmoid
        ? A.round(1 / A.round(1 + A.round(exp(-value))))
        : A.round(max(0, value) / Double(keys.count))
      accumulate(&sums, weight, key)
    }
    store(sums)
  }
}
