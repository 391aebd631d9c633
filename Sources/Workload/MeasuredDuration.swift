public import Units

/// Where a measured duration comes from; raw values are the names on disk.
public enum MeasurementSource: String, CaseIterable, Hashable, Sendable {
  /// `duration_micros` of a Chakra execution trace.
  case chakra
  /// `dur` of a Kineto profile.
  case kineto
  /// `comp_time` of an LLMServingSim trace.
  case llmServingSim = "llmservingsim"
}

/// How long an operator took somewhere else, as an imported trace says.
///
/// It is data, not derived: a system uses it only when it is asked to. On disk
/// `{"ps":313077000,"source":"kineto"}`.
public struct MeasuredDuration: Hashable, Sendable {
  /// The duration; not negative.
  public var duration: Duration
  /// Who measured it.
  public var source: MeasurementSource

  public init(_ duration: Duration, source: MeasurementSource) {
    self.duration = duration
    self.source = source
  }
}
