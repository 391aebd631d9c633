/// A format that traces are converted from or to; raw values are the names of the command line.
public enum ConversionFormat: String, CaseIterable, Hashable, Sendable {
  /// The native operator trace.
  case orrery
  /// Chakra execution trace, schema 1.0.0, one file a rank.
  case chakra
  /// LLMServingSim's table of layers.
  case llmServingSim = "llmservingsim"
  /// PyTorch execution trace.
  case pytorch
  /// Kineto profile.
  case kineto
  /// SCALE-Sim's list of matrix products.
  case scaleSim = "scalesim"
  /// The native request trace.
  case requests
  /// LLMServingSim's requests.
  case llmServingSimRequests = "llmservingsim-requests"
  case azure
  case mooncake
  case burstGPT = "burstgpt"
  case vidur
  case neuPIMs = "neupims"

  /// Whether it lists requests, not operators.
  public var isRequests: Bool {
    switch self {
    case .orrery, .chakra, .llmServingSim, .pytorch, .kineto, .scaleSim: false
    default: true
    }
  }

  /// Whether it can be written.
  public var isWritten: Bool {
    switch self {
    case .orrery, .chakra, .llmServingSim, .scaleSim, .requests, .llmServingSimRequests: true
    default: false
    }
  }

  /// What the name of an output says, for operators or for requests; nil when it says nothing.
  static func output(_ path: String, requests: Bool) -> ConversionFormat? {
    let name = path.lowercased()
    if requests { return name.hasSuffix(".jsonl") || name == "-" ? .requests : nil }
    if name.hasSuffix(".et") { return .chakra }
    if name.hasSuffix(".zst") || name == "-" { return .orrery }
    if name.hasSuffix(".txt") { return .llmServingSim }
    if name.hasSuffix(".csv") { return .scaleSim }
    return nil
  }
}
