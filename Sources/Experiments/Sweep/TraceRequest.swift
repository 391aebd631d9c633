internal import Configuration
internal import ResultsStore
public import Units
public import Workload

/// The trace that a point of a sweep runs: a file, or what an emitter is to make.
///
/// In a sweep file `trace` is either the path of a trace or a mapping with the options of
/// `orrery trace emit`.
public enum TraceRequest: Hashable, Sendable {
  /// A trace on disk.
  case file(String)
  /// A trace that is emitted in memory, for the run alone.
  case emit(EmitRequest)

  /// Reads the value of `trace`, with axis values applied.
  ///
  /// - Parameter folder: where relative paths start.
  /// - Throws: `ConfigurationError`.
  init(_ node: ConfigurationNode, folder: String) throws(ConfigurationError) {
    if case .scalar(let path, _) = node.value {
      self = .file(resolvePath(path, in: folder))
    } else {
      var request = try node.decode(EmitRequest.self)
      if let switches = node["switches"] { _ = try SwitchReader.read(switches) }
      if PresetLibrary.isFile(request.model) {
        request.model = resolvePath(request.model, in: folder)
      }
      request.requests = request.requests.map { resolvePath($0, in: folder) }
      let sources = [
        request.requests != nil, request.lengths != nil,
        request.prompt != nil || request.context != nil,
      ]
      guard sources.count(where: { $0 }) < 2 else {
        throw ConfigurationError(
          "\(node.origin): trace: 'requests', 'lengths' and 'prompt' or 'context' exclude each other"
        )
      }
      if let fault = request.fault {
        throw ConfigurationError("\(node.origin): trace.\(fault)")
      }
      self = .emit(request)
    }
  }

  /// The trace as tables show it.
  public var label: String {
    switch self {
    case .file(let path): path
    case .emit(let request): request.label
    }
  }
}

/// What `orrery trace emit` would be asked for; keys are its options.
public struct EmitRequest: Hashable, Sendable, Decodable {
  /// Lengths of requests: one number for all or one each.
  public struct Lengths: Hashable, Sendable, Decodable {
    public var values: [Int]

    public init(_ values: [Int]) { self.values = values }

    public init(from decoder: any Decoder) throws {
      if let list = try? [Int](from: decoder) {
        values = list
      } else {
        values = [try decoder.singleValueContainer().decode(Int.self)]
      }
    }
  }

  /// The steps to emit.
  public enum Phase: String, CaseIterable, Hashable, Sendable, Decodable {
    case prefill, decode, both
  }

  /// How operators are cut, the values of `--fuse`.
  public enum Fusion: String, CaseIterable, Hashable, Sendable, Decodable {
    case none, attention, full
  }

  /// A preset name, a `.yaml` architecture.
  public var model: String
  /// The number of requests; 1 when left out.
  public var batch: Int?
  /// Prompt tokens.
  public var prompt: Lengths?
  /// Cached tokens before the first step.
  public var context: Lengths?
  /// A CSV file with the length of each request.
  public var requests: String?
  /// A data set whose lengths are drawn by the seed.
  public var lengths: RequestDataset?
  /// The number of decode steps; 1 when left out.
  public var generate: Int?
  /// When left out: decode if only a context, a request list or a data set is given, else both.
  public var phase: Phase?
  /// Only the first layers; all when left out.
  public var layers: Int?
  /// How operators are cut; `attention` when left out.
  public var fuse: Fusion?
  /// The seed of everything random; 0 when left out.
  public var seed: UInt64?
  /// The element type of weights and activations; the preset's when left out.
  public var dtype: DataType?
  /// Changes of the architecture, by key.
  public var switches: [String: SwitchText]?

  /// The text of a switch: one value, or a list of values that stand joined by `+`.
  public struct SwitchText: Hashable, Sendable, Decodable {
    public var text: String

    public init(_ text: String) { self.text = text }

    public init(from decoder: any Decoder) throws {
      if let list = try? [String](from: decoder) {
        text = list.joined(separator: "+")
      } else {
        text = try decoder.singleValueContainer().decode(String.self)
      }
    }
  }

  /// A request with all options at their defaults.
  public init(model: String) {
    self.model = model
  }

  /// What is wrong with the numbers, whatever the model.
  var fault: String? {
    for (key, value, least) in [
      ("batch", batch, 1), ("generate", generate, 0), ("layers", layers, 1),
      ("prompt", prompt?.values.min(), 1), ("context", context?.values.min(), 0),
    ] {
      if let value, value < least { return "\(key): \(value) is below \(least)" }
    }
    return nil
  }

  /// The request in one line, with the options that were given.
  public var label: String {
    var parts = [model]
    if let batch { parts.append("batch \(batch)") }
    if let prompt { parts.append("prompt \(text(prompt))") }
    if let context { parts.append("context \(text(context))") }
    if let requests { parts.append("requests \(requests)") }
    if let lengths { parts.append(lengths.rawValue) }
    if let generate { parts.append("generate \(generate)") }
    if let phase { parts.append(phase.rawValue) }
    if let layers { parts.append("layers \(layers)") }
    if let fuse { parts.append("fuse \(fuse.rawValue)") }
    if let seed { parts.append("seed \(seed)") }
    if let dtype { parts.append(dtype.rawValue) }
    parts += switchTexts
    return parts.joined(separator: ", ")
  }

  /// The switches as `key=value` texts, sorted.
  var switchTexts: [String] {
    (switches ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }
  }

  private func text(_ lengths: Lengths) -> String {
    lengths.values.map(String.init).joined(separator: ",")
  }
}

/// `path` as it stands below `folder`.
func resolvePath(_ path: String, in folder: String) -> String {
  path.hasPrefix("/") || folder == "." || folder.isEmpty ? path : folder + "/" + path
}
