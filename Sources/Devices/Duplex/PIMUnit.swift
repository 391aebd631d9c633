public import Units

/// Where the arithmetic of a processing-in-memory unit sits.
public enum PIMLevel: String, CaseIterable, Hashable, Sendable, Codable {
  /// On the logic die below the DRAM dies, fed by additional through-silicon vias.
  case logicDie = "logic_die"
  /// On the DRAM die, one unit for each bank group.
  case bankGroup = "bank_group"
  /// On the DRAM die, one unit for each bank.
  case bank
}

/// The processing-in-memory part of one DRAM stack at analytic fidelity.
///
/// It stands for Logic-PIM, BankGroup-PIM and Bank-PIM of arXiv 2409.01141, which differ in these
/// numbers only. Left out: rows, refresh, command slots, and conflicts with the xPU on banks.
public struct PIMUnitSpec: Hashable, Sendable, Codable {
  /// Where the units sit.
  public var level: PIMLevel
  /// The internal bandwidth in multiples of the external bandwidth of the stack.
  public var bandwidthMultiple: Int
  /// Arithmetic modules of a stack.
  public var modules: Int
  /// Multiply-accumulate units of a module.
  public var multipliersPerModule: Int
  /// The clock of the modules.
  public var frequency: Frequency
  /// Element types that the modules multiply at full rate; f16 and bf16 when left out.
  public var dataTypes: [DataType]?
  /// Whether queries, scores and outputs of attention cross the internal path too; the authors'
  /// simulator charges keys and values only.
  public var chargesScores: Bool
  /// Rate of softmax and other vector work of a stack; such work takes no time of its own when left out,
  /// since no source gives a rate.
  public var vectorRate: ComputeRate?
  /// Mean power that the DRAM of a stack may draw while the units read it, in watts; no limit when
  /// left out, as in the authors' simulator.
  public var powerLimit: Double?

  public init(
    level: PIMLevel, bandwidthMultiple: Int, modules: Int, multipliersPerModule: Int,
    frequency: Frequency, dataTypes: [DataType]? = nil, chargesScores: Bool = false,
    vectorRate: ComputeRate? = nil, powerLimit: Double? = nil
  ) {
    self.level = level
    self.bandwidthMultiple = bandwidthMultiple
    self.modules = modules
    self.multipliersPerModule = multipliersPerModule
    self.frequency = frequency
    self.dataTypes = dataTypes
    self.chargesScores = chargesScores
    self.vectorRate = vectorRate
    self.powerLimit = powerLimit
  }

  enum CodingKeys: String, CodingKey {
    case level
    case bandwidthMultiple = "bandwidth_multiple"
    case modules
    case multipliersPerModule = "multipliers_per_module"
    case frequency
    case dataTypes = "data_types"
    case chargesScores = "charges_scores"
    case vectorRate = "vector_rate"
    case powerLimit = "power_limit_watts"
  }

  /// Peak rate of one stack: two operations for each multiplier and clock edge.
  public var stackRate: ComputeRate {
    ComputeRate(flopsPerSecond: 2 * modules * multipliersPerModule * frequency.hertz)
  }

  /// Whether the modules multiply `dtype`.
  public func multiplies(_ dtype: DataType) -> Bool {
    (dataTypes ?? [.f16, .bf16]).contains(dtype)
  }
}

/// One DRAM stack at analytic fidelity.
public struct StackSpec: Hashable, Sendable, Codable {
  /// How much it holds.
  public var capacity: ByteCount
  /// Its peak rate at the pins.
  public var bandwidth: Bandwidth

  public init(capacity: ByteCount, bandwidth: Bandwidth) {
    self.capacity = capacity
    self.bandwidth = bandwidth
  }
}
