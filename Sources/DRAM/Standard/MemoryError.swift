/// A mistake in a memory standard, an address mapping, a request file or a command log, in one line.
public struct MemoryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, where, and how to mend it.
  public let description: String

  /// The key path of the standard that is wrong, such as `constraints[3]`, where there is one.
  public let path: String?

  public init(_ description: String, at path: String? = nil) {
    self.description = description
    self.path = path
  }

  /// Gives errors of `body`, which know only the text that they read, the standard's name and the key path.
  static func located<Result>(
    _ name: String, _ path: String, _ body: () throws -> Result
  ) throws -> Result {
    do { return try body() } catch let error as MemoryError {
      throw MemoryError("\(name): \(path): \(error)", at: path)
    }
  }
}

/// The known name nearest to a misspelt one, or nothing if none is near (edit distance over 3).
func nearestName(to name: String, among known: some Sequence<String>) -> String? {
  let wanted = Array(name.lowercased().utf8)
  var best: (distance: Int, name: String)?
  for candidate in known.sorted() {
    let letters = Array(candidate.lowercased().utf8)
    var row = Array(0...letters.count)
    for (i, letter) in wanted.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in letters.enumerated() {
        let substituted = diagonal + (letter == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = Swift.min(substituted, Swift.min(row[j], row[j + 1]) + 1)
      }
    }
    let distance = row[letters.count]
    if distance <= 3 && distance < (best?.distance ?? Int.max) { best = (distance, candidate) }
  }
  return best?.name
}

/// "; did you mean X?" or the list of the known names.
func suggestion(for name: String, among known: some Sequence<String>) -> String {
  if let near = nearestName(to: name, among: known) { return "; did you mean '\(near)'?" }
  return "; known: \(known.sorted().joined(separator: ", "))"
}
