public import Units

/// Energy coefficients of a device's memory and arithmetic.
///
/// Left out because no source gives them: static power, refresh, caches, on-chip networks.
public struct MemoryEnergySpec: Hashable, Sendable, Codable {
  /// The name of the set, for reports.
  public var name: String
  /// Where the numbers come from.
  public var source: String
  /// One activation of one bank's row.
  public var activation: Energy
  /// The bytes of a row; a stream opens each row once.
  public var rowBytes: ByteCount
  /// One bit to or from the xPU.
  public var xpuBit: Energy
  /// One bit to or from the PIM units; left out for devices without.
  public var pimBit: Energy?
  /// One floating-point operation on either processor.
  public var operation: Energy
  /// One bit over a link; absent when there is no source for it.
  public var linkBit: Energy?

  public init(
    name: String, source: String, activation: Energy, rowBytes: ByteCount, xpuBit: Energy,
    pimBit: Energy?, operation: Energy, linkBit: Energy? = nil
  ) {
    self.name = name
    self.source = source
    self.activation = activation
    self.rowBytes = rowBytes
    self.xpuBit = xpuBit
    self.pimBit = pimBit
    self.operation = operation
    self.linkBit = linkBit
  }

  enum CodingKeys: String, CodingKey {
    case name, source, activation
    case rowBytes = "row_bytes"
    case xpuBit = "xpu_bit"
    case pimBit = "pim_bit"
    case operation
    case linkBit = "link_bit"
  }

  /// Picojoules of moving `bytes`, activations of full rows included.
  public func access(bytes: Int, on processor: Processor) -> Double {
    let bit = processor == .xpu ? xpuBit : (pimBit ?? xpuBit)
    return Double(bytes) * (8 * bit.picojoules + activation.picojoules / Double(rowBytes.count))
  }

  /// Picojoules of `work` on `processor`, by part.
  public func energy(of work: KernelWork, on processor: Processor) -> EnergyBreakdown {
    let row = Double(work.bytes) * activation.picojoules / Double(rowBytes.count)
    let moved = access(bytes: work.bytes, on: processor) - row
    return EnergyBreakdown(
      activation: row, xpuAccess: processor == .xpu ? moved : 0,
      pimAccess: processor == .pim ? moved : 0,
      compute: Double(work.matrix + work.vector) * operation.picojoules)
  }
}

/// Energy by part, in picojoules.
public struct EnergyBreakdown: Hashable, Sendable {
  public var activation: Double
  public var xpuAccess: Double
  public var pimAccess: Double
  public var compute: Double
  /// Nil when no coefficient for links is known.
  public var link: Double?

  public init(
    activation: Double = 0, xpuAccess: Double = 0, pimAccess: Double = 0, compute: Double = 0,
    link: Double? = nil
  ) {
    self.activation = activation
    self.xpuAccess = xpuAccess
    self.pimAccess = pimAccess
    self.compute = compute
    self.link = link
  }

  /// The sum of the parts that are known.
  public var total: Double { activation + xpuAccess + pimAccess + compute + (link ?? 0) }

  public static func += (left: inout EnergyBreakdown, right: EnergyBreakdown) {
    left.activation += right.activation
    left.xpuAccess += right.xpuAccess
    left.pimAccess += right.pimAccess
    left.compute += right.compute
    if let link = right.link { left.link = (left.link ?? 0) + link }
  }
}

/// Areas of what PIM adds to a die, in square millimetres.
public struct AddedAreaSpec: Hashable, Sendable, Codable {
  /// Where the numbers come from.
  public var source: String
  /// The die that carries the units.
  public var die: Double
  /// Each part by name.
  public var parts: [String: Double]

  public init(source: String, die: Double, parts: [String: Double]) {
    self.source = source
    self.die = die
    self.parts = parts
  }

  /// The sum of the parts.
  public var total: Double { parts.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value } }

  /// The sum as a fraction of the die.
  public var fraction: Double { total / die }

  /// Energy times delay times added area, in joule-seconds times square millimetres.
  public func energyDelayArea(picojoules: Double, delay: Duration) -> Double {
    picojoules * 1e-12 * delay.seconds * total
  }
}
