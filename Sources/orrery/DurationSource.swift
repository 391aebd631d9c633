import ArgumentParser

/// Where the durations of operators come from.
enum DurationSource: String, CaseIterable, ExpressibleByArgument {
  case modelled, measured
}
