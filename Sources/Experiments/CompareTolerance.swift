public import Numerics

/// When a kernel's output counts as equal to its reference.
public enum CompareTolerance: Hashable, Sendable {
  /// ||a - r|| <= relativeL2 ||r||, and max |a - r| <= overMaximum max |r| where given.
  case norms(relativeL2: Double, overMaximum: Double?)
  /// |a - r| <= absolute + relative |r| for every element.
  case elements(relative: Double, absolute: Double)

  /// Two to three times the worst error measured over flat and peaky data up to 16k keys.
  ///
  /// With 16-bit accumulators the bound is that of tiled kernels; kernels that sum one key at a
  /// time break it on long rows, and are meant to.
  public static func standard(_ precision: AttentionPrecision) -> CompareTolerance {
    switch (precision.storage, precision.accumulator) {
    case (_, .bf16): .norms(relativeL2: 5e-2, overMaximum: nil)
    case (_, .f16): .norms(relativeL2: 1e-2, overMaximum: nil)
    case (.bf16, _): .norms(relativeL2: 5e-3, overMaximum: 8e-3)
    case (.f16, _): .norms(relativeL2: 8e-4, overMaximum: 1e-3)
    case (.f32, _), (.f64, .f32): .norms(relativeL2: 3e-5, overMaximum: nil)
    case (.f64, .f64): .norms(relativeL2: 3e-14, overMaximum: nil)
    }
  }

  /// Whether `actual` passes; NaN and infinity never do.
  func accepts(_ actual: [Double], _ reference: [Double], _ metrics: ErrorMetrics) -> Bool {
    guard metrics.nonFiniteCount == 0, metrics.nonFiniteMismatches == 0 else { return false }
    switch self {
    case .elements(let relative, let absolute):
      return ErrorMetrics.violations(
        actual: actual, reference: reference, absolute: absolute, relative: relative) == 0
    case .norms(let relativeL2, let overMaximum):
      // A zero reference has no relative error: only zero equals it.
      guard let error = metrics.relativeL2 else { return metrics.maximumAbsolute == 0 }
      guard error <= relativeL2 else { return false }
      guard let overMaximum else { return true }
      let largest = reference.reduce(0) { max($0, $1.magnitude) }
      return metrics.maximumAbsolute <= overMaximum * largest
    }
  }

  func write(into json: inout JSONWriter) {
    json.object { json in
      switch self {
      case .norms(let relativeL2, let overMaximum):
        json.field("relative_l2", relativeL2)
        if let overMaximum { json.field("max_abs_over_max", overMaximum) }
      case .elements(let relative, let absolute):
        json.field("rtol", relative)
        json.field("atol", absolute)
      }
    }
  }
}
