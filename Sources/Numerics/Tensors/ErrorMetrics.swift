/// How far a computed array lies from its reference, accumulated in binary64.
public struct ErrorMetrics: Hashable, Sendable {
  /// The number of elements compared.
  public let count: Int
  /// The largest |actual - reference| over elements that are finite on both sides.
  public let maximumAbsolute: Double
  /// ||actual - reference|| / ||reference|| over finite pairs; absent when the reference is zero.
  public let relativeL2: Double?
  /// The cosine of the angle between the two; absent when either is the zero vector.
  public let cosine: Double?
  /// Elements where exactly one side is not finite, or both are but differ (NaN equals NaN).
  public let nonFiniteMismatches: Int
  /// Elements of `actual` that are infinite or NaN.
  public let nonFiniteCount: Int

  /// Compares two sequences of equal length.
  ///
  /// - Precondition: the lengths are equal.
  public init<Actual: BinaryFloatingPoint, Reference: BinaryFloatingPoint>(
    actual: some Collection<Actual>, reference: some Collection<Reference>
  ) {
    precondition(actual.count == reference.count, "arrays of different lengths")
    var maximum = 0.0
    var difference = 0.0
    var actualSquares = 0.0
    var referenceSquares = 0.0
    var product = 0.0
    var mismatches = 0
    var nonFinite = 0
    for (a, r) in zip(actual, reference) {
      let a = Double(a)
      let r = Double(r)
      if !a.isFinite { nonFinite += 1 }
      guard a.isFinite && r.isFinite else {
        let same = a == r || (a.isNaN && r.isNaN)
        if !same { mismatches += 1 }
        continue
      }
      let error = a - r
      if error.magnitude > maximum { maximum = error.magnitude }
      difference += error * error
      actualSquares += a * a
      referenceSquares += r * r
      product += a * r
    }
    count = actual.count
    maximumAbsolute = maximum
    relativeL2 = referenceSquares > 0 ? (difference / referenceSquares).squareRoot() : nil
    let norms = actualSquares.squareRoot() * referenceSquares.squareRoot()
    cosine = norms > 0 ? product / norms : nil
    nonFiniteMismatches = mismatches
    nonFiniteCount = nonFinite
  }

  /// How many elements break |actual - reference| <= absolute + relative * |reference|.
  ///
  /// A NaN or infinity counts as broken unless both sides hold the same one.
  public static func violations<Actual: BinaryFloatingPoint, Reference: BinaryFloatingPoint>(
    actual: some Collection<Actual>, reference: some Collection<Reference>,
    absolute: Double, relative: Double
  ) -> Int {
    precondition(actual.count == reference.count, "arrays of different lengths")
    var broken = 0
    for (a, r) in zip(actual, reference) {
      let a = Double(a)
      let r = Double(r)
      if a.isFinite && r.isFinite {
        if !((a - r).magnitude <= absolute + relative * r.magnitude) { broken += 1 }
      } else if !(a == r || (a.isNaN && r.isNaN)) {
        broken += 1
      }
    }
    return broken
  }
}
