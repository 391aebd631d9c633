/// Elementary functions of binary64 in plain arithmetic.
///
/// The C library's functions differ between versions and processors in their last bits; these
/// use additions, multiplications, divisions and square roots alone, which IEEE 754 defines to the bit.
/// Relative errors are a few units of 2^-53, far below what rounding to binary32 leaves visible.
public enum ElementaryFunctions {
  private static let ln2High = 0x1.62e42feep-1
  private static let ln2Low = 0x1.a39ef35793c76p-33

  /// e to the x: x = n ln2 + r with |r| <= ln2 / 2, then the Taylor polynomial of degree 13.
  public static func exp(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x > 709.7 { return .infinity }
    if x < -708.3 { return 0 }
    let n = (x * 1.4426950408889634).rounded(.toNearestOrEven)
    let r = (x - n * ln2High) - n * ln2Low
    var sum = 1.0 / 6_227_020_800
    for factorial in reciprocalFactorials { sum = sum * r + factorial }
    let exponent = Int(n)
    let half = exponent >> 1
    return sum * powerOfTwo(half) * powerOfTwo(exponent - half)
  }

  /// 1/12!, 1/11! ... 1/0!
  private static let reciprocalFactorials: [Double] = {
    var factorials: [Double] = [1]
    for n in 1...12 { factorials.append(factorials[n - 1] * Double(n)) }
    return factorials.reversed().map { 1 / $0 }
  }()

  private static func powerOfTwo(_ exponent: Int) -> Double {
    Double(bitPattern: UInt64(exponent + 1023) << 52)
  }

  /// The natural logarithm: x = m 2^e with m around 1, then the series of 2 artanh((m-1)/(m+1)).
  public static func log(_ x: Double) -> Double {
    if x.isNaN || x == .infinity { return x }
    if x < 0 { return .nan }
    if x == 0 { return -.infinity }
    var mantissa = x.significand
    var exponent = Int(x.exponent)
    if mantissa > 1.4142135623730951 {
      mantissa *= 0.5
      exponent += 1
    }
    let f = (mantissa - 1) / (mantissa + 1)
    let square = f * f
    var sum = 0.0
    var n = 23
    while n >= 3 {
      sum = (sum + 1 / Double(n)) * square
      n -= 2
    }
    let e = Double(exponent)
    return e * ln2High + (2 * f + (2 * f * sum + e * ln2Low))
  }

  /// A positive base to any power, as exp(exponent log base).
  public static func pow(_ base: Double, _ exponent: Double) -> Double {
    exponent == 0 ? 1 : exp(exponent * log(base))
  }

  /// pi / 2 in four parts; the first three have 25 bits, so their products with n < 2^28 are exact.
  private static let halfPi = (
    0x1.921fb5p+0, 0x1.110b46p-26, 0x1.1a6263p-54, 0x1.8a2e03707344ap-81
  )

  /// The sine and cosine together.
  ///
  /// x = n pi/2 + r by Cody and Waite, then Taylor polynomials for |r| <= pi/4.
  /// - Precondition: |x| <= 4e8; rotary angles stay below the longest context.
  public static func sineAndCosine(_ x: Double) -> (sine: Double, cosine: Double) {
    precondition(x.magnitude <= 4e8, "angle out of range")
    let n = (x * 0.6366197723675814).rounded(.toNearestOrEven)
    let r = ((x - n * halfPi.0) - n * halfPi.1) - n * halfPi.2 - n * halfPi.3
    let square = r * r
    var sine = 0.0
    var cosine = 0.0
    var n2 = 20
    while n2 >= 2 {
      cosine = (1 - cosine) * square / Double(n2 * (n2 - 1))
      sine = (1 - sine) * square / Double(n2 * (n2 + 1))
      n2 -= 2
    }
    sine = r - r * sine
    cosine = 1 - cosine
    switch Int(n) & 3 {
    case 0: return (sine, cosine)
    case 1: return (cosine, -sine)
    case 2: return (-sine, -cosine)
    default: return (-cosine, sine)
    }
  }

  /// The hyperbolic tangent.
  public static func tanh(_ x: Double) -> Double {
    if x.magnitude > 20 { return x < 0 ? -1 : 1 }
    if x.magnitude < 0.25 {
      // sinh / cosh by their series; 1 - 2/(e^2x + 1) would cancel.
      let square = x * x
      var sinh = 0.0
      var cosh = 0.0
      var n = 12
      while n >= 2 {
        cosh = (1 + cosh) * square / Double(n * (n - 1))
        sinh = (1 + sinh) * square / Double(n * (n + 1))
        n -= 2
      }
      return (x + x * sinh) / (1 + cosh)
    }
    return 1 - 2 / (exp(2 * x) + 1)
  }

  private static let inverseRootPi = 0.5641895835477563

  /// The error function.
  ///
  /// Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.6 below 2.5 (all terms have
  /// one sign), the complement of 7.1.14 above.
  public static func erf(_ x: Double) -> Double {
    if x.isNaN { return x }
    let magnitude = x.magnitude
    if magnitude >= 2.5 {
      let complement = complementaryTail(magnitude)
      return x < 0 ? complement - 1 : 1 - complement
    }
    let square = x * x
    var term = 1.0
    var sum = 1.0
    var n = 1.0
    while term > 0x1p-56 * sum {
      term *= 2 * square / (2 * n + 1)
      sum += term
      n += 1
    }
    return 2 * inverseRootPi * exp(-square) * x * sum
  }

  /// 1 - erf(x) for x >= 2.5 by the continued fraction 7.1.14.
  private static func complementaryTail(_ x: Double) -> Double {
    if x > 27 { return 0 }
    var fraction = x
    var n = 60
    while n >= 1 {
      fraction = x + Double(n) / 2 / fraction
      n -= 1
    }
    return exp(-x * x) * inverseRootPi / fraction
  }
}
