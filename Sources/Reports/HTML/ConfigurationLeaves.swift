internal import Units

/// Resolved configurations as results keep them: a JSON object of key paths and values.
enum ConfigurationLeaves {
  /// The key paths and values, by key path; empty when the text is none.
  static func parse(_ text: String) -> [(path: String, value: String)] {
    guard let members = (try? JSONValue.parse(text))?.objectValue else { return [] }
    return members.compactMap { key, value in
      value.stringValue.map { (path: key, value: $0) }
    }.sorted { $0.path < $1.path }
  }
}
