#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The files of a trace's ranks: `PREFIX.RANK.et` side by side.
enum RankFiles {
  /// The largest number of ranks that is looked for.
  private static let most = 1 << 16

  /// The rank in the name of a file, or nil.
  static func rank(of path: String) -> Int? {
    let parts = path.split(separator: "/").last?.split(separator: ".") ?? []
    guard parts.count >= 3, let rank = Int(parts[parts.count - 2]), rank >= 0 else { return nil }
    return rank
  }

  /// The rank of a file and how many ranks lie beside it, itself included.
  static func count(beside path: String) -> (rank: Int, ranks: Int) {
    guard let rank = rank(of: path) else { return (0, 1) }
    var parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    var count = 0
    while count < most {
      parts[parts.count - 2] = "\(count)"
      if access(parts.joined(separator: "."), R_OK) != 0 { break }
      count += 1
    }
    return (rank, max(count, rank + 1))
  }
}
