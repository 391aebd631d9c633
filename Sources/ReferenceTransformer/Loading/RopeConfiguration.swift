internal import Numerics
internal import Workload

extension ModelConfiguration {
  /// Reads `rope_parameters`, or `rope_theta` and `rope_scaling` as older files have them.
  static func rope(
    _ reader: ConfigurationReader, family: ModelFamily, positions: Int
  ) throws(ModelError) -> PositionEmbedding {
    let parameters = try reader.object("rope_parameters", or: "rope_scaling")
    let fallback = family == .mixtral ? 1e6 : 10_000
    let top = try reader.number("rope_theta", default: fallback)
    guard let parameters else { return .rope(theta: top) }
    let theta = try parameters.number("rope_theta", default: top)
    guard theta > 1 else { throw reader.fail("rope_theta must be greater than 1") }
    if try parameters.number("partial_rotary_factor", default: 1) != 1 {
      throw reader.fail("partial_rotary_factor other than 1 is not supported")
    }
    let type = try parameters.text("rope_type", or: "type") ?? "default"
    let key = "original_max_position_embeddings"
    let nested = try parameters.optionalSize(key)
    let outer = try reader.optionalSize(key)
    let original = nested ?? outer ?? positions
    func factor() throws(ModelError) -> Double {
      guard let factor = try parameters.optionalNumber("factor"), factor >= 1 else {
        throw reader.fail("rope type \"\(type)\" needs a \"factor\" of 1 or more")
      }
      return factor
    }
    switch type {
    case "default": return .rope(theta: theta)
    case "linear":
      return .rope(theta: theta, scaling: RopeScaling(kind: .linear, factor: try factor()))
    case "llama3":
      let scaling = RopeScaling(
        kind: .llama3, factor: try factor(), originalPositions: original,
        lowFrequencyFactor: try parameters.number("low_freq_factor", default: 1),
        highFrequencyFactor: try parameters.number("high_freq_factor", default: 4))
      return .rope(theta: theta, scaling: scaling)
    case "yarn":
      if try !parameters.flag("truncate", default: true) {
        throw reader.fail("yarn without truncation is not supported")
      }
      let factor =
        try parameters.optionalNumber("factor") ?? Double(positions) / Double(original)
      var attention = try parameters.optionalNumber("attention_factor")
      if attention == nil {
        let scale = try parameters.number("mscale", default: 0)
        let all = try parameters.number("mscale_all_dim", default: 0)
        attention =
          scale != 0 && all != 0
          ? magnitude(factor, scale) / magnitude(factor, all) : magnitude(factor, 1)
      }
      let scaling = RopeScaling(
        kind: .yarn, factor: factor, originalPositions: original,
        betaFast: try parameters.number("beta_fast", default: 32),
        betaSlow: try parameters.number("beta_slow", default: 1), attentionFactor: attention)
      return .rope(theta: theta, scaling: scaling)
    default:
      throw reader.fail(
        "rope type \"\(type)\" is not supported; known: default, linear, llama3, yarn")
    }
  }

  /// YaRN's attention temperature, 0.1 m ln(s) + 1. Source: arXiv 2309.00071, section 3.4.
  private static func magnitude(_ factor: Double, _ scale: Double) -> Double {
    factor <= 1 ? 1 : 0.1 * scale * ElementaryFunctions.log(factor) + 1
  }
}

extension PositionEmbedding {
  /// The rotary embedding of this architecture, angles rounded as common frameworks do; nil
  /// without rotary positions.
  func rotary(headDim: Int, isInterleaved: Bool) -> RotaryEmbedding? {
    guard kind == .rope, let theta else { return nil }
    let plain = RotaryEmbedding.frequencies(headDim: headDim, base: theta, precision: .single)
    var frequencies = plain
    switch scaling?.kind {
    case nil: break
    case .linear: frequencies = plain.map { $0 / (scaling?.factor ?? 1) }
    case .llama3: frequencies = plain.map { llama3($0) }
    case .yarn: frequencies = yarn(plain, headDim: headDim, theta: theta)
    }
    return RotaryEmbedding(
      frequencies: frequencies.map { Double(Float($0)) },
      layout: isInterleaved ? .interleaved : .halfSplit,
      magnitude: scaling?.attentionFactor ?? 1, anglePrecision: .single)
  }

  /// Llama 3.1: long waves are stretched, short ones kept, those between blended.
  private func llama3(_ frequency: Double) -> Double {
    guard let scaling, let original = scaling.originalPositions,
      let lowFactor = scaling.lowFrequencyFactor, let highFactor = scaling.highFrequencyFactor
    else { return frequency }
    let wave = 2 * Double.pi / frequency
    if wave > Double(original) / lowFactor { return frequency / scaling.factor }
    if wave < Double(original) / highFactor { return frequency }
    let smooth = (Double(original) / wave - lowFactor) / (highFactor - lowFactor)
    return (1 - smooth) * frequency / scaling.factor + smooth * frequency
  }

  /// YaRN: a ramp over the pairs between interpolation and the plain frequencies.
  /// Source: arXiv 2309.00071, section 3.2, with the bounds of the published code.
  private func yarn(_ plain: [Double], headDim: Int, theta: Double) -> [Double] {
    guard let scaling, let original = scaling.originalPositions else { return plain }
    func bound(_ rotations: Double) -> Double {
      let ratio = Double(original) / (rotations * 2 * Double.pi)
      return Double(headDim) * ElementaryFunctions.log(ratio)
        / (2 * ElementaryFunctions.log(theta))
    }
    let low = max(bound(scaling.betaFast ?? 32).rounded(.down), 0)
    var high = min(bound(scaling.betaSlow ?? 1).rounded(.up), Double(headDim - 1))
    if low == high { high += 0.001 }
    return plain.enumerated().map { pair, frequency in
      let ramp = min(max((Double(pair) - low) / (high - low), 0), 1)
      return frequency / scaling.factor * ramp + frequency * (1 - ramp)
    }
  }
}
