public import Units

/// Which operand stays in the arrays.
public enum Dataflow: String, CaseIterable, Hashable, Sendable, Codable {
  /// The smaller operand is preloaded, the other streams past it.
  case weightStationary = "weight_stationary"
  /// Sums stay, both operands stream.
  case outputStationary = "output_stationary"
}

/// The parameters of an NPU: systolic arrays that work as one pipeline, vector units, a scratchpad.
///
/// All arrays stream the same stationary tile (that is how NeuPIMs counts its eight: a 128-row pass takes 128/8
/// clocks). Left out: banks of the scratchpad, separate clocks of the arrays, instruction fetch.
public struct SystolicSpec: Hashable, Sendable, Codable {
  /// Rows and columns of one array.
  public var rows: Int
  public var columns: Int
  /// Arrays that share a pass.
  public var arrays: Int
  public var dataflow: Dataflow
  /// Bytes of the operand scratchpad, both halves of its double buffer together.
  public var scratchpad: ByteCount
  /// Whether a stationary tile is loaded while the one before still computes.
  public var hidesPreload: Bool
  /// Whether a partial tile costs a full one, as in the authors' simulator.
  public var fullTiles: Bool
  /// How much of an operator's traffic is moved.
  public var traffic: NPUTraffic
  public var vector: VectorUnitSpec
  /// Bytes that all arrays together take from the scratchpad in a clock; nil: as many as they ask for.
  public var onChipBytesPerClock: Int?
  /// What carries loads from the memory; nil: every load is asked for at once.
  public var dma: DMASpec?
  /// Whether weights of the operators that follow are loaded while an operator computes.
  public var prefetch: Bool?

  enum CodingKeys: String, CodingKey {
    case rows, columns, arrays, dataflow, scratchpad, vector, traffic, dma, prefetch
    case hidesPreload = "hides_preload"
    case fullTiles = "full_tiles"
    case onChipBytesPerClock = "on_chip_bytes_per_clock"
  }

  public init(
    rows: Int, columns: Int, arrays: Int, dataflow: Dataflow, scratchpad: ByteCount,
    hidesPreload: Bool, fullTiles: Bool, traffic: NPUTraffic, vector: VectorUnitSpec
  ) {
    self.rows = rows
    self.columns = columns
    self.arrays = arrays
    self.dataflow = dataflow
    self.scratchpad = scratchpad
    self.hidesPreload = hidesPreload
    self.fullTiles = fullTiles
    self.traffic = traffic
    self.vector = vector
  }

  /// Multiply-accumulates in a clock, all arrays.
  public var peak: Int { rows * columns * arrays }

  /// Clocks of a pass of `rows` rows that takes `bytes` from the scratchpad, at least four.
  func clocks(rows: Int, bytes: Int) -> Int32 {
    let pass = max((rows + arrays - 1) / arrays, 4)
    guard let onChip = onChipBytesPerClock else { return Int32(pass) }
    return Int32(max(pass, (bytes + onChip - 1) / onChip))
  }

  /// Checks the parameters.
  ///
  /// - Throws: `DeviceError` with the key that is wrong.
  public func validate() throws(DeviceError) {
    for (key, value) in [
      ("rows", rows), ("columns", columns), ("arrays", arrays), ("vector.units", vector.units),
      ("vector.lanes", vector.lanes),
    ] where !(1...65536).contains(value) {
      throw DeviceError("npu.\(key) must be 1 to 65536, not \(value)")
    }
    if let onChipBytesPerClock, onChipBytesPerClock < 1 {
      throw DeviceError("npu.on_chip_bytes_per_clock must be at least 1")
    }
    try dma?.validate()
    guard scratchpad.count >= 8 * rows * columns else {
      throw DeviceError(
        "npu.scratchpad of \(scratchpad.count) bytes holds no double-buffered tiles of \(rows)x\(columns)"
      )
    }
  }
}

/// The parameters of the vector units.
public struct VectorUnitSpec: Hashable, Sendable, Codable {
  public var units: Int
  public var lanes: Int

  public init(units: Int, lanes: Int) {
    self.units = units
    self.lanes = lanes
  }

  /// Passes of a tree of adders over `count` elements.
  func treePasses(_ count: Int) -> Int {
    var left = count
    var passes = 0
    while true {
      left = (left + lanes - 1) / lanes
      passes += max(left, 1)
      if left <= 1 { return passes }
    }
  }

  /// Clocks of one row of `count` elements, one clock a step (NeuPIMs: every function takes one).
  ///
  /// Layer norm: two sums, a mean, a variance, a square root, five steps an element. Softmax: two trees, three
  /// steps. Activation and sum: one step.
  public func clocks(_ function: VectorFunction, count: Int) -> Int {
    let steps = (count + lanes - 1) / lanes
    switch function {
    case .norm: return 2 * treePasses(count) + 3 + 5 * steps
    case .softmax: return 2 * treePasses(count) + 3 * steps
    case .pointwise: return steps
    }
  }
}

/// What vector units compute, by cost.
public enum VectorFunction: Hashable, Sendable {
  case norm, softmax, pointwise
}
