internal import Units

/// Numbers as people read them: four significant digits and a unit that fits.
enum NumberText {
  /// A duration with the largest unit in which it is at least one.
  static func time(_ duration: Duration) -> String {
    scaled(Double(duration.picoseconds), ["ps", "ns", "us", "ms", "s"], step: 1_000)
  }

  /// A time in picoseconds with the largest unit in which it is at least one.
  static func time(_ picoseconds: Double) -> String {
    scaled(picoseconds, ["ps", "ns", "\u{B5}s", "ms", "s"], step: 1_000)
  }

  /// An energy in joules with a unit that fits.
  static func joules(_ joules: Double) -> String {
    scaled(joules * 1e12, ["pJ", "nJ", "\u{B5}J", "mJ", "J", "kJ", "MJ"], step: 1_000)
  }

  /// A number of bytes, in powers of 1000.
  static func bytes(_ bytes: Double) -> String {
    scaled(bytes, ["B", "kB", "MB", "GB", "TB", "PB"], step: 1_000)
  }

  /// A number of bytes, in powers of 1024, as capacities are given.
  static func binaryBytes(_ bytes: Double) -> String {
    scaled(bytes, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"], step: 1_024)
  }

  /// A rate of operations.
  static func rate(_ perSecond: Double) -> String {
    scaled(
      perSecond, ["FLOP/s", "kFLOP/s", "MFLOP/s", "GFLOP/s", "TFLOP/s", "PFLOP/s"], step: 1_000)
  }

  /// A count in powers of 1000.
  static func count(_ value: Double) -> String {
    scaled(value, ["", "k", "M", "G", "T", "P"], step: 1_000)
  }

  /// A rate of data in GB/s, the unit in which memories are compared.
  static func bandwidth(_ bytesPerSecond: Double) -> String {
    amount(bytesPerSecond / 1e9, digits: 1) + " GB/s"
  }

  /// A share as per cent.
  static func percent(_ fraction: Double) -> String { decimal(fraction * 100, digits: 1) + " %" }

  /// An integer with thin groups of three.
  static func grouped(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text.append(" ") }
      text.append(digit)
    }
    return value < 0 ? "-" + text : text
  }

  /// A number with a fixed count of decimals, rounded half away from zero.
  static func decimal(_ value: Double, digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 9e15 else { return "\(value)" }
    let whole = Int(scaled) / Int(scale)
    let sign = value < 0 && scaled > 0 ? "-" : ""
    if digits == 0 { return sign + grouped(whole) }
    let fraction = String(Int(scaled) % Int(scale) + Int(scale)).dropFirst()
    return sign + grouped(whole) + "." + fraction
  }

  /// A number with a fixed count of decimals, or three significant digits where those would leave less than two.
  static func amount(_ value: Double, digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    guard value != 0, value.isFinite, value.magnitude * scale < 9.5 else {
      return decimal(value, digits: digits)
    }
    return significant(value, digits: 3)
  }

  private static func scaled(_ value: Double, _ units: [String], step: Double) -> String {
    var value = value
    var index = 0
    while index < units.count - 1 && value.magnitude >= step {
      value /= step
      index += 1
    }
    let digits = index == 0 ? 0 : value.magnitude >= 100 ? 1 : value.magnitude >= 10 ? 2 : 3
    let text = decimal(value, digits: digits)
    return units[index].isEmpty ? text : text + " " + units[index]
  }
}

extension NumberText {
  /// A number with so many significant digits, without an exponent where that is readable.
  static func significant(_ value: Double, digits: Int = 5) -> String {
    if value == value.rounded(), value.magnitude < 1e6 { return String(Int(value)) }
    guard value != 0, value.isFinite else { return "\(value)" }
    var exponent = 0
    var scaled = value.magnitude
    while scaled >= 10 {
      scaled /= 10
      exponent += 1
    }
    while scaled < 1 {
      scaled *= 10
      exponent -= 1
    }
    guard (-4..<9).contains(exponent) else {
      return (value < 0 ? "-" : "") + decimal(scaled, digits: digits - 1) + "e\(exponent)"
    }
    return decimal(value, digits: max(0, digits - 1 - exponent))
  }
}
