/// The name among `known` that `name` was probably meant to be, or nil when none is near.
///
/// Near means an edit distance (insertions, deletions, substitutions, swaps of neighbours) of at
/// most a third of the longer name, at least one. Ties go to the first in order.
/// Complexity: O(n·m) for each known name.
public func nearestName(to name: String, among known: some Sequence<String>) -> String? {
  var best: (name: String, distance: Int)?
  for candidate in known {
    let distance = editDistance(Array(name.utf8), Array(candidate.utf8))
    let allowed = max(1, max(name.utf8.count, candidate.utf8.count) / 3)
    if distance <= allowed, distance < best?.distance ?? Int.max {
      best = (candidate, distance)
    }
  }
  return best?.name
}

/// The optimal string alignment distance of two byte strings.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var beforePrevious = [Int](repeating: 0, count: right.count + 1)
  var previous = Array(0...right.count)
  for (row, leftByte) in left.enumerated() {
    var current = [row + 1] + [Int](repeating: 0, count: right.count)
    for (column, rightByte) in right.enumerated() {
      var cost = min(
        previous[column] + (leftByte == rightByte ? 0 : 1),
        min(previous[column + 1], current[column]) + 1)
      if row > 0, column > 0, leftByte == right[column - 1], left[row - 1] == rightByte {
        cost = min(cost, beforePrevious[column - 1] + 1)
      }
      current[column + 1] = cost
    }
    beforePrevious = previous
    previous = current
  }
  return previous[right.count]
}
