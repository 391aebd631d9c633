internal import Units

/// What attention took on one stack.
public struct AttentionStackResult: Hashable, Sendable {
  /// Clocks of the channel that took longest.
  public var clocks: Int
  /// Commands of the stack by name.
  public var commands: [String: Int]
  /// Bytes of keys and values that the units read, whole bursts.
  public var bytes: Int
}

/// Attention of decoding requests on the channels of one stack, one head a channel at a time.
///
/// Channels with equal heads do the same, so at most two are simulated. Left out: the arithmetic of
/// the softmax unit (its command takes a slot of the buffers' path), and the xPU beside it.
public struct AttentionStack: Sendable {
  private let rules: AttentionRules
  private let design: AttentionDesign

  /// Checks design and memory.
  ///
  /// - Parameter limitsPower: whether the distances that keep the design within its power hold.
  /// - Throws: `MemoryError` with the key that is wrong.
  public init(
    _ standard: MemoryStandard, design: AttentionDesign, limitsPower: Bool = true
  ) throws {
    try standard.validate()
    try design.validate(in: standard)
    rules = try AttentionRules(
      CompiledStandard(standard, without: limitsPower ? [] : [.power]), design)
    self.design = design
  }

  /// Runs the heads of a stack.
  ///
  /// - Throws: `MemoryError` when sizes are not positive or do not fit.
  public func run(_ shape: StackAttentionShape, refreshes: Bool = true) throws
    -> AttentionStackResult
  {
    for (key, value, most) in [
      ("heads", shape.heads, 1 << 16), ("length", shape.length, 1 << 24),
      ("head dimension", shape.headDimension, 1 << 14),
    ] where !(1...most).contains(value) {
      throw MemoryError("\(key) must be 1 to \(most), not \(value)")
    }
    let standard = rules.compiled.standard
    let placement = try AttentionPlacement(design, standard, shape)
    let channels = standard.organization.channels
    var result = AttentionStackResult(clocks: 0, commands: [:], bytes: 0)
    let most = (shape.heads + channels - 1) / channels
    let full = shape.heads - (most - 1) * channels
    for (heads, count) in [(most, full), (most - 1, channels - full)] where count > 0 {
      var channel = AttentionChannel(
        rules, AttentionProgram(heads: heads, layout: placement), refreshes: refreshes,
        keepsCommands: false)
      result.clocks = max(result.clocks, channel.run())
      for (index, number) in channel.counts.enumerated() where number > 0 {
        result.commands[standard.commands[index].name, default: 0] += number * count
      }
    }
    result.bytes =
      shape.heads * (placement.scoreSteps + placement.contextSteps * placement.contextParts)
      * rules.compiled.bankCount * standard.burst.bytes.count
    return result
  }
}
