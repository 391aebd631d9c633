public import Numerics

/// Listens to intermediate values of a real run, by name.
///
/// Names: `hidden_states.I` (0 the embedding, then each layer's output; the last one normalised, as
/// Hugging Face gives them), `layer.L.attention.input`, `.query`, `.key`, `.value`,
/// `.probabilities` (one array a request), `.output`, and of its operator `.q`, `.k`, `.v`, `.out`
/// (`[heads, rows, head_dim]`, keys and values of all tokens so far, one set a request); `layer.L.feed_forward.input`, `.output`;
/// `layer.L.router.logits`.
public final class Probe {
  /// What was heard, in order.
  public private(set) var captures: [(name: String, array: NDArray<Float>)] = []
  /// What kernels must know of each captured attention, as JSON, by place and in order.
  private var attributes: [(place: String, text: String)] = []
  private let wants: (String) -> Bool

  /// Listens to the names that `wants` accepts.
  public init(wants: @escaping (String) -> Bool) {
    self.wants = wants
  }

  /// Listens to every name that equals one of `places` or lies below it: `layer.3.attention` takes
  /// the queries, keys, values and both ends of that attention.
  public convenience init(places: [String]) {
    self.init { name in places.contains { name == $0 || name.hasPrefix($0 + ".") } }
  }

  /// Writes what was heard as one safetensors file; the n-th array of a name is `NAME.stepN`.
  ///
  /// When one attention was captured, its first step also stands as `q`, `k`, `v` and `out`, which is
  /// what the comparison of kernels reads. The metadata holds `attrs` and `attrs.PLACE.stepN`.
  ///
  /// - Throws: `ModelError` when nothing was heard, which means that a place does not exist, or when
  ///   the file cannot be written.
  public func write(to path: String) throws(ModelError) {
    guard !captures.isEmpty else {
      throw ModelError(
        path,
        "nothing was captured; places are hidden_states.I, layer.L.attention, "
          + "layer.L.feed_forward, layer.L.router")
    }
    var writer = SafetensorsWriter()
    var counts: [String: Int] = [:]
    for (name, array) in captures {
      let step = counts[name, default: 0]
      counts[name] = step + 1
      writer.add("\(name).step\(step)", array)
    }
    let places = Set(attributes.map(\.place))
    if places.count == 1, let place = places.first {
      for name in ["q", "k", "v", "out"] {
        if let array = arrays("\(place).\(name)").first { writer.add(name, array) }
      }
      writer.metadata["attrs"] = attributes[0].text
    }
    counts = [:]
    for (place, text) in attributes {
      let step = counts[place, default: 0]
      counts[place] = step + 1
      writer.metadata["attrs.\(place).step\(step)"] = text
    }
    do throws(TensorFileError) { try writer.write(to: path) } catch { throw ModelError(error) }
  }

  /// The arrays of one name, in order.
  public func arrays(_ name: String) -> [NDArray<Float>] {
    captures.filter { $0.name == name }.map(\.array)
  }

  func isWanted(_ name: String) -> Bool { wants(name) }

  /// Notes the scale, the position of the first query and the window of a captured attention.
  func describe(_ place: String, scale: Float, offset: Int, window: Int?) {
    var text = "{\"causal\":true,\"scale\":\(scale),\"q_offset\":\(offset)"
    if let window { text += ",\"window\":\(window)" }
    attributes.append((place, text + "}"))
  }

  func take(_ name: String, _ array: @autoclosure () -> NDArray<Float>) {
    if wants(name) { captures.append((name, array())) }
  }

  func take(_ name: String, _ value: Value) {
    guard value.storage != nil, wants(name), let array = value.array else { return }
    captures.append((name, array))
  }
}
