/// A value that configurations write as a number with a unit.
public protocol UnitQuantity: Codable {
  /// The units in which the value may be written.
  static var quantityKind: QuantityKind { get }
  /// The value in base units of `quantityKind`.
  var baseUnits: Int { get }
  /// Makes the value from base units of `quantityKind`.
  init(baseUnits: Int)
}

extension UnitQuantity {
  /// The value of a text such as `3.2 GHz`.
  ///
  /// - Throws: `QuantityError` when the text is not a quantity of this kind.
  public init(parsing text: String) throws(QuantityError) {
    self.init(baseUnits: try Self.quantityKind.parse(text))
  }

  /// The value as text with a unit, exactly.
  public var text: String { Self.quantityKind.format(baseUnits) }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    do {
      try self.init(parsing: text)
    } catch {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

extension Frequency: UnitQuantity {
  public static var quantityKind: QuantityKind { .frequency }
  public var baseUnits: Int { hertz }
  public init(baseUnits: Int) { self.init(hertz: baseUnits) }
}

extension Duration: UnitQuantity {
  public static var quantityKind: QuantityKind { .time }
  public var baseUnits: Int { picoseconds }
  public init(baseUnits: Int) { self.init(picoseconds: baseUnits) }
}

extension ByteCount: UnitQuantity {
  public static var quantityKind: QuantityKind { .bytes }
  public var baseUnits: Int { count }
  public init(baseUnits: Int) { self.init(baseUnits) }
}

extension Bandwidth: UnitQuantity {
  public static var quantityKind: QuantityKind { .bandwidth }
  public var baseUnits: Int { bytesPerSecond }
  public init(baseUnits: Int) { self.init(bytesPerSecond: baseUnits) }
}

extension ComputeRate: UnitQuantity {
  public static var quantityKind: QuantityKind { .computeRate }
  public var baseUnits: Int { flopsPerSecond }
  public init(baseUnits: Int) { self.init(flopsPerSecond: baseUnits) }
}

extension Energy: UnitQuantity {
  public static var quantityKind: QuantityKind { .energy }
  public var baseUnits: Int { Int((picojoules * 1e6).rounded()) }
  public init(baseUnits: Int) { self.init(picojoules: Double(baseUnits) / 1e6) }
}
