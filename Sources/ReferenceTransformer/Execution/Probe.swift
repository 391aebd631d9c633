public import Numerics

/// Listens to intermediate values of a real run, by name.
///
/// Names: `hidden_states.I` (0 the embedding, then each layer's output; the last one normalised, as
/// Hugging Face gives them), `layer.L.attention.input`, `.query`, `.key`, `.value`,
/// `.probabilities` (one array a request), `.output`; `layer.L.feed_forward.input`, `.output`;
/// `layer.L.router.logits`.
public final class Probe {
  /// What was heard, in order.
  public private(set) var captures: [(name: String, array: NDArray<Float>)] = []
  private let wants: (String) -> Bool

  /// Listens to the names that `wants` accepts.
  public init(wants: @escaping (String) -> Bool) {
    self.wants = wants
  }

  /// The arrays of one name, in order.
  public func arrays(_ name: String) -> [NDArray<Float>] {
    captures.filter { $0.name == name }.map(\.array)
  }

  func isWanted(_ name: String) -> Bool { wants(name) }

  func take(_ name: String, _ array: @autoclosure () -> NDArray<Float>) {
    if wants(name) { captures.append((name, array())) }
  }

  func take(_ name: String, _ value: Value) {
    guard value.storage != nil, wants(name), let array = value.array else { return }
    captures.append((name, array))
  }
}
