/// A physical dimension whose values are written with a unit, such as `3.2 GHz` or `16 GiB`.
///
/// Each unit is a power of ten or of two times a base unit in which the value is a whole number.
public struct QuantityKind: Sendable {
  /// What the quantity is, for messages: `frequency`.
  public let name: String
  /// An example of the right form, for messages: `3.2 GHz`.
  public let example: String
  /// The units, each as how many base units it stands for.
  public let units: [(symbol: String, scale: QuantityScale)]

  /// A clock rate; base unit hertz.
  public static let frequency = QuantityKind(
    name: "frequency", example: "1.3 GHz",
    units: [("Hz", 1), ("kHz", 1_000), ("MHz", 1_000_000), ("GHz", 1_000_000_000)].scaled)

  /// A length of time; base unit picosecond.
  public static let time = QuantityKind(
    name: "time", example: "1.5 us",
    units: [
      ("ps", 1), ("ns", 1_000), ("us", 1_000_000), ("µs", 1_000_000), ("ms", 1_000_000_000),
      ("s", 1_000_000_000_000),
    ].scaled)

  /// An amount of data; base unit byte.
  public static let bytes = QuantityKind(
    name: "size", example: "80 GiB",
    units: [
      ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
      ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ].scaled)

  /// A rate of data; base unit byte per second.
  public static let bandwidth = QuantityKind(
    name: "bandwidth", example: "3.352 TB/s",
    units: [
      ("B/s", 1), ("kB/s", 1_000), ("MB/s", 1_000_000), ("GB/s", 1_000_000_000),
      ("TB/s", 1_000_000_000_000), ("KiB/s", 1 << 10), ("MiB/s", 1 << 20), ("GiB/s", 1 << 30),
      ("TiB/s", 1 << 40),
    ].scaled)

  /// A rate of floating-point operations; base unit FLOP per second.
  public static let computeRate = QuantityKind(
    name: "compute rate", example: "989.4 TFLOPS",
    units: [
      ("FLOPS", 1), ("MFLOPS", 1_000_000), ("GFLOPS", 1_000_000_000),
      ("TFLOPS", 1_000_000_000_000), ("PFLOPS", 1_000_000_000_000_000),
    ].scaled)

  /// An amount of energy; base unit attojoule, so that hundredths of a femtojoule are whole.
  public static let energy = QuantityKind(
    name: "energy", example: "3.48 pJ",
    units: [
      ("fJ", 1_000), ("pJ", 1_000_000), ("nJ", 1_000_000_000), ("uJ", 1_000_000_000_000),
      ("mJ", 1_000_000_000_000_000), ("J", 1_000_000_000_000_000_000),
    ].scaled)
}

/// How many base units a unit stands for.
public typealias QuantityScale = Int

extension [(String, Int)] {
  fileprivate var scaled: [(symbol: String, scale: QuantityScale)] {
    map { (symbol: $0.0, scale: $0.1) }
  }
}

/// Why a text is not a quantity.
public struct QuantityError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: what was read, what is wrong and what the right form is.
  public let description: String
}

extension QuantityKind {
  /// The value of `text` in base units, exactly.
  ///
  /// The form is a decimal number, optional white space and a unit of this kind.
  ///
  /// - Throws: `QuantityError` when the unit is missing or of another kind, when the number is
  ///   malformed, negative or too large, or when it is not a whole number of base units.
  public func parse(_ text: String) throws(QuantityError) -> Int {
    let scalars = Array(text.unicodeScalars)
    var position = 0
    var digits: UInt = 0
    var fractionDigits = 0
    var sawDigit = false
    var sawPoint = false
    func fail(_ why: String) -> QuantityError {
      QuantityError(
        description: "'\(text)' is not a \(name): \(why); write it like \"\(example)\"")
    }
    while position < scalars.count {
      let scalar = scalars[position]
      if scalar == "." && !sawPoint {
        sawPoint = true
      } else if scalar == "_" && sawDigit {
        // A separator of thousands.
      } else if scalar.value >= 48 && scalar.value <= 57 {
        sawDigit = true
        let (shifted, overflow) = digits.multipliedReportingOverflow(by: 10)
        let (sum, carry) = shifted.addingReportingOverflow(UInt(scalar.value - 48))
        guard !overflow && !carry else { throw fail("the number has too many digits") }
        digits = sum
        if sawPoint { fractionDigits += 1 }
      } else {
        break
      }
      position += 1
    }
    guard sawDigit else { throw fail("it does not start with a number") }
    while position < scalars.count && scalars[position] == " " { position += 1 }
    let symbol = String(String.UnicodeScalarView(scalars[position...]))
    guard !symbol.isEmpty else { throw fail("the unit is missing") }
    guard let unit = units.first(where: { $0.symbol == symbol }) else {
      let known = units.map(\.symbol).joined(separator: ", ")
      throw fail("'\(symbol)' is not one of its units (\(known))")
    }
    var divisor: UInt = 1
    for _ in 0..<fractionDigits {
      let (next, overflow) = divisor.multipliedReportingOverflow(by: 10)
      guard !overflow else { throw fail("the number has too many digits") }
      divisor = next
    }
    let product = digits.multipliedFullWidth(by: UInt(unit.scale))
    guard product.high < divisor else { throw fail("it is too large") }
    let (quotient, remainder) = divisor.dividingFullWidth(product)
    guard quotient <= UInt(Int.max) else { throw fail("it is too large") }
    guard remainder == 0 else {
      throw fail("it is not a whole number of \(units[0].symbol)")
    }
    return Int(quotient)
  }

  /// The shortest exact text for `value` base units, with the largest unit that needs at most
  /// three decimals.
  public func format(_ value: Int) -> String {
    for unit in units.sorted(by: { $0.scale > $1.scale }) where value >= unit.scale {
      let thousandths = value.multipliedReportingOverflow(by: 1_000)
      if thousandths.overflow {
        if value % unit.scale == 0 { return "\(value / unit.scale) \(unit.symbol)" }
        continue
      }
      if thousandths.partialValue % unit.scale == 0 {
        let scaled = thousandths.partialValue / unit.scale
        let whole = scaled / 1_000
        var fraction = String(scaled % 1_000 + 1_000).dropFirst()
        while fraction.last == "0" { fraction = fraction.dropLast() }
        return fraction.isEmpty ? "\(whole) \(unit.symbol)" : "\(whole).\(fraction) \(unit.symbol)"
      }
    }
    return "\(value) \(units[0].symbol)"
  }
}
