/// How much of an operator's traffic and time is modelled, beyond what the authors' simulator has.
///
/// Written `complete`, `as-released`, or `as-released+ITEM+...` for steps in between, which show what each item costs.
public struct NPUTraffic: Hashable, Sendable, Codable {
  /// What the authors' simulator leaves out.
  public enum Item: String, CaseIterable, Hashable, Sendable {
    /// Every result of a matrix product is written (most indices are exchanged and dropped), biases as long as they are.
    case outputs
    /// Rows on the vector units take their true length, softmax waits for a free unit.
    case vectorRows = "vector_rows"
    /// Attention covers the newest token.
    case newestToken = "newest_token"
    /// The newest keys and values are written.
    case appends
    /// The queries are written where the units load them from.
    case queries
    /// The result of every request's attention is written.
    case results
    /// Every tensor, key and value has an address of its own, and reads wait for what they depend on.
    case addresses
    /// Sums over the tensor-parallel devices take time.
    case reduction
  }

  public var items: Set<Item>

  public init(items: Set<Item>) { self.items = items }

  /// Every operand and result, at its own address.
  public static let complete = NPUTraffic(items: Set(Item.allCases))
  /// As the authors' simulator.
  public static let asReleased = NPUTraffic(items: [])

  /// Whether an item is modelled.
  public func has(_ item: Item) -> Bool { items.contains(item) }

  /// The text of configurations.
  public var text: String {
    if self == .complete { return "complete" }
    let added = Item.allCases.filter(items.contains).map { "+" + $0.rawValue }
    return "as-released" + added.joined()
  }

  /// Reads the text of configurations; nil when it names something else.
  public init?(text: String) {
    if text == "complete" {
      self = .complete
      return
    }
    let parts = text.split(separator: "+", omittingEmptySubsequences: false)
    guard parts.first == "as-released" else { return nil }
    var items: Set<Item> = []
    for part in parts.dropFirst() {
      guard let item = Item(rawValue: String(part)) else { return nil }
      items.insert(item)
    }
    self.items = items
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = NPUTraffic(text: text) else {
      let items = Item.allCases.map(\.rawValue).joined(separator: ", ")
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription:
          "'\(text)' is no traffic; use complete, as-released, or as-released+ITEM+... with items of \(items)"
      )
    }
    self = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
