public import ResultsStore

/// Points of which none is beaten by another in every objective.
public enum ParetoFront {
  /// Whether `left` is at least as good as `right` everywhere and better somewhere.
  ///
  /// - Precondition: both have a value for each objective.
  public static func dominates(
    _ left: [Double], _ right: [Double], _ objectives: [Objective]
  ) -> Bool {
    precondition(left.count == objectives.count && right.count == objectives.count)
    var isBetter = false
    for (index, objective) in objectives.enumerated() {
      if objective.isBetter(right[index], than: left[index]) { return false }
      if objective.isBetter(left[index], than: right[index]) { isBetter = true }
    }
    return isBetter
  }

  /// The indices of the vectors that no other dominates, ascending.
  ///
  /// Equal vectors are all kept. Complexity: O(n log n) for one or two objectives, else O(n · front).
  public static func indices(_ vectors: [[Double]], _ objectives: [Objective]) -> [Int] {
    guard !objectives.isEmpty else { return Array(vectors.indices) }
    // In this order a vector can be dominated only by earlier ones.
    let order = vectors.indices.sorted { left, right in
      for (index, objective) in objectives.enumerated()
      where vectors[left][index] != vectors[right][index] {
        return objective.isBetter(vectors[left][index], than: vectors[right][index])
      }
      return left < right
    }
    var front: [Int] = []
    for candidate in order {
      let isBeaten =
        objectives.count <= 2
        ? front.last.map { dominates(vectors[$0], vectors[candidate], objectives) } ?? false
        : front.contains { dominates(vectors[$0], vectors[candidate], objectives) }
      if !isBeaten { front.append(candidate) }
    }
    return front.sorted()
  }
}
