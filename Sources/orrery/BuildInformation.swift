/// What this build is.
enum BuildInformation {
  /// The version of the program, as in CHANGELOG.md.
  static let version = "0.1.0"
  /// The name that trace headers give as their generator.
  static let generator = "orrery \(version)"
}
