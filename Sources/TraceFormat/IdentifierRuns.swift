/// The set of operator ids seen so far, as runs of consecutive ids: one run for a usual trace.
struct IdentifierRuns {
  /// The most runs: 64 MiB.
  static let largestCount = 1 << 22

  private var firsts: [Int] = []
  private var lasts: [Int] = []

  /// The last id, or nil before the first.
  var last: Int? { lasts.last }

  /// Whether no more gaps may come.
  var isFull: Bool { firsts.count >= IdentifierRuns.largestCount }

  /// Adds an id that is larger than all before.
  mutating func append(_ id: Int) {
    let end = lasts.count - 1
    if end >= 0 && lasts[end] + 1 == id {
      lasts[end] = id
    } else {
      firsts.append(id)
      lasts.append(id)
    }
  }

  /// Whether an id has been added. O(log runs), and O(1) within the last run.
  func contains(_ id: Int) -> Bool {
    let end = firsts.count - 1
    if end < 0 || id > lasts[end] { return false }
    if id >= firsts[end] { return true }
    var low = 0
    var high = end
    while low < high {
      let middle = (low + high) / 2
      if lasts[middle] < id { low = middle + 1 } else { high = middle }
    }
    return firsts[low] <= id
  }
}
