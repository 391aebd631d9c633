/// The router of a mixture of experts: softmax over all experts, the k largest, renormalised.
///
/// Source: Jiang et al., "Mixtral of Experts", arXiv 2401.04088, in the order of operations of the
/// published code. Among equal probabilities the lower index wins.
public enum ExpertGate {
  /// Chooses experts for each row of logits, which become probabilities in place.
  ///
  /// - Parameters:
  ///   - ids: `rows * topK` expert indices, the most probable first.
  ///   - weights: the share of each; they sum to 1 when `renormalized`.
  public static func select(
    rows: Int, experts: Int, topK: Int, logits: UnsafeMutablePointer<Float>, renormalized: Bool,
    ids: UnsafeMutablePointer<Int>, weights: UnsafeMutablePointer<Float>
  ) {
    precondition(topK >= 1 && topK <= experts, "top-k must lie within the experts")
    PointwiseFunctions.softmax(rows: rows, columns: experts, logits)
    for row in 0..<rows {
      let probabilities = logits + row * experts
      let ids = ids + row * topK
      let weights = weights + row * topK
      var total: Float = 0
      for slot in 0..<topK {
        var best = -1
        for expert in 0..<experts {
          var isTaken = false
          for earlier in 0..<slot where ids[earlier] == expert { isTaken = true }
          if !isTaken && (best < 0 || probabilities[expert] > probabilities[best]) { best = expert }
        }
        ids[slot] = best
        weights[slot] = probabilities[best]
        total += probabilities[best]
      }
      if renormalized { for slot in 0..<topK { weights[slot] /= total } }
    }
  }
}
