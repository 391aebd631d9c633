internal import Numerics

/// The largest attention problems that commands take: beyond them a run takes hours or more memory than there is.
enum AttentionSizeLimit {
  /// Products of elements that are computed, an hour of one core and more.
  static let products = 1 << 40
  /// Elements of one operand.
  static let elements = 1 << 28
  /// Query rows of all heads that a graph is timed for, about a minute.
  static let rows = 1 << 28
  static let keys = 1 << 30

  /// Why the values of a problem are not computed, in one line; nil where they are.
  static func faultOfValues(_ shape: AttentionShape) -> String? {
    let sizes = [shape.heads, shape.dimension, max(shape.rows, shape.keys)]
    guard let operand = product(sizes), operand <= elements else {
      return "an operand has more than 2^28 elements; give fewer heads, rows or keys"
    }
    guard let all = product([shape.heads, shape.rows, shape.keys, shape.dimension]), all <= products
    else {
      return
        "heads times rows times keys times dim is above 2^40, hours of computing; give fewer rows or keys"
    }
    return nil
  }

  /// Why a graph is not timed, in one line; nil where it is. Stepped firing by firing, each score counts.
  static func faultOfTiming(_ shape: AttentionShape, isStepped: Bool) -> String? {
    guard let all = product([shape.heads, shape.rows]), all <= rows else {
      return "heads times rows is above 2^28; give fewer, rows repeat"
    }
    guard shape.keys <= keys else { return "keys is \(shape.keys), at most 2^30" }
    if isStepped, product([all, shape.keys]) ?? Int.max > products {
      return "more than 2^40 scores to step one by one, an hour or more; use --stepping periodic"
    }
    return nil
  }

  private static func product(_ factors: [Int]) -> Int? {
    var result = 1
    for factor in factors {
      let (value, overflow) = result.multipliedReportingOverflow(by: factor)
      guard !overflow else { return nil }
      result = value
    }
    return result
  }
}
