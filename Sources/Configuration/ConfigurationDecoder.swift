internal import Units

extension ConfigurationNode {
  /// Decodes a specification strictly.
  ///
  /// Every key must be known to `type`: a key that `type` does not ask for is an error that names
  /// the nearest known key. Numbers must be numbers, texts may be plain or quoted, and quantities
  /// must carry their unit.
  ///
  /// - Throws: `ConfigurationError` with file, line, key path and remedy.
  public func decode<T: Decodable>(_ type: T.Type) throws(ConfigurationError) -> T {
    do {
      let decoder = NodeDecoder(node: self, codingPath: [])
      let value = try decoder.decodeStrictly(type)
      return value
    } catch let error as ConfigurationError {
      throw error
    } catch {
      throw ConfigurationError("\(origin): \(error)")
    }
  }
}

/// The key path as a user writes it: `device.stages[2].batch`.
private func pathText(_ path: [any CodingKey]) -> String {
  var text = ""
  for key in path {
    if let index = key.intValue {
      text += "[\(index)]"
    } else {
      text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
    }
  }
  return text
}

private struct PathKey: CodingKey {
  var stringValue: String
  var intValue: Int?

  init(stringValue: String) { self.stringValue = stringValue }

  init(intValue: Int) {
    stringValue = String(intValue)
    self.intValue = intValue
  }
}

/// Decodes one node; remembers which keys were asked for, to find those that nobody knows.
private final class NodeDecoder: Decoder {
  let node: ConfigurationNode
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  var asked: [String] = []
  var isKeyed = false

  init(node: ConfigurationNode, codingPath: [any CodingKey]) {
    self.node = node
    self.codingPath = codingPath
  }

  func failure(_ what: String) -> ConfigurationError {
    ConfigurationError(what, at: node.origin, path: pathText(codingPath))
  }

  func decodeStrictly<T: Decodable>(_ type: T.Type) throws -> T {
    do {
      let value = try T(from: self)
      try checkKeys()
      return value
    } catch let error as ConfigurationError {
      throw error
    } catch DecodingError.keyNotFound(let key, _) {
      try checkKeys(missing: key.stringValue)
      throw failure("the key '\(key.stringValue)' is missing")
    } catch DecodingError.dataCorrupted(let context) {
      throw failure(context.debugDescription)
    } catch DecodingError.typeMismatch(_, let context) {
      throw failure(context.debugDescription)
    } catch DecodingError.valueNotFound(_, let context) {
      throw failure(context.debugDescription)
    } catch {
      throw failure("\(error)")
    }
  }

  /// Throws when the node has a key that the type did not ask for.
  private func checkKeys(missing: String? = nil) throws {
    guard isKeyed, case .mapping(let entries) = node.value else { return }
    let known = asked + (missing.map { [$0] } ?? [])
    for entry in entries where !known.contains(entry.key) {
      let candidates = missing.map { [$0] } ?? asked
      let near = nearestName(to: entry.key, among: candidates)
      if missing != nil && near == nil { continue }
      let present = Set(entries.map(\.key))
      let hint: String
      if let near {
        hint = "did you mean '\(near)'?"
      } else {
        let free = known.filter { !present.contains($0) }
        hint =
          free.isEmpty
          ? "no further key is known here" : "known here: \(free.sorted().joined(separator: ", "))"
      }
      throw ConfigurationError(
        "unknown key '\(entry.key)'; \(hint)", at: entry.value.origin,
        path: pathText(codingPath))
    }
  }

  func child(_ key: any CodingKey, _ node: ConfigurationNode) -> NodeDecoder {
    NodeDecoder(node: node, codingPath: codingPath + [key])
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .mapping = node.value else {
      throw failure("here must be a mapping of keys, not \(node.kindName)")
    }
    isKeyed = true
    return KeyedDecodingContainer(KeyedContainer<Key>(decoder: self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .list(let nodes) = node.value else {
      throw failure("here must be a list, not \(node.kindName)")
    }
    return ListContainer(decoder: self, nodes: nodes)
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    ScalarContainer(decoder: self)
  }

  func scalarText() throws -> String {
    guard case .scalar(let text, _) = node.value else {
      throw failure("here must be a single value, not \(node.kindName)")
    }
    return text
  }

  func decodeScalar<T: LosslessStringConvertible>(_ what: String, _ type: T.Type) throws -> T {
    let text = try scalarText()
    guard case .scalar(_, false) = node.value,
      let value = T(text.filter { $0 != "_" })
    else { throw failure("'\(text)' is not \(what)") }
    return value
  }

  func decodeBool() throws -> Bool {
    switch try scalarText() {
    case "true": return true
    case "false": return false
    case let text: throw failure("'\(text)' is neither true nor false")
    }
  }

  /// Decodes any value; enumerations of texts get a message that names their cases.
  func decodeAny<T: Decodable>(_ type: T.Type) throws -> T {
    if let listed = type as? any (CaseIterable & RawRepresentable).Type,
      let message = refusal(of: listed)
    {
      throw failure(message)
    }
    return try decodeStrictly(type)
  }

  private func refusal<E: CaseIterable & RawRepresentable>(of type: E.Type) -> String? {
    guard let texts = type.allCases.map(\.rawValue) as? [String] else { return nil }
    guard case .scalar(let text, _) = node.value else { return nil }
    guard !texts.contains(text) else { return nil }
    let near = nearestName(to: text, among: texts).map { "; did you mean '\($0)'?" } ?? ""
    return "'\(text)' is not one of \(texts.joined(separator: ", "))\(near)"
  }
}

private struct KeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: NodeDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }

  var allKeys: [Key] {
    guard case .mapping(let entries) = decoder.node.value else { return [] }
    // Whoever lists the keys takes them all, as a dictionary does.
    decoder.asked += entries.map(\.key)
    return entries.compactMap { Key(stringValue: $0.key) }
  }

  func contains(_ key: Key) -> Bool {
    decoder.asked.append(key.stringValue)
    return decoder.node[key.stringValue] != nil
  }

  private func value(_ key: Key) throws -> NodeDecoder {
    decoder.asked.append(key.stringValue)
    guard let node = decoder.node[key.stringValue] else {
      throw DecodingError.keyNotFound(
        key, DecodingError.Context(codingPath: codingPath, debugDescription: "missing"))
    }
    return decoder.child(key, node)
  }

  func decodeNil(forKey key: Key) throws -> Bool { try value(key).node.isNull }

  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try value(key).decodeBool() }

  func decode(_ type: String.Type, forKey key: Key) throws -> String {
    try value(key).scalarText()
  }

  func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
    try value(key).decodeScalar("a number", Double.self)
  }

  func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
    try value(key).decodeScalar("a whole number", Int.self)
  }

  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
    try value(key).decodeScalar("a whole number that is not negative", UInt64.self)
  }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try value(key).decodeAny(type)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try value(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try value(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { decoder }

  func superDecoder(forKey key: Key) throws -> any Decoder { try value(key) }
}

private struct ListContainer: UnkeyedDecodingContainer {
  let decoder: NodeDecoder
  let nodes: [ConfigurationNode]
  var currentIndex = 0
  var codingPath: [any CodingKey] { decoder.codingPath }
  var count: Int? { nodes.count }
  var isAtEnd: Bool { currentIndex >= nodes.count }

  private mutating func next() throws -> NodeDecoder {
    guard !isAtEnd else { throw decoder.failure("the list has only \(nodes.count) elements") }
    defer { currentIndex += 1 }
    return decoder.child(PathKey(intValue: currentIndex), nodes[currentIndex])
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, nodes[currentIndex].isNull else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode(_ type: Bool.Type) throws -> Bool { try next().decodeBool() }
  mutating func decode(_ type: String.Type) throws -> String { try next().scalarText() }

  mutating func decode(_ type: Double.Type) throws -> Double {
    try next().decodeScalar("a number", Double.self)
  }

  mutating func decode(_ type: Int.Type) throws -> Int {
    try next().decodeScalar("a whole number", Int.self)
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().decodeAny(type) }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try next().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next().unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder { try next() }
}

private struct ScalarContainer: SingleValueDecodingContainer {
  let decoder: NodeDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { decoder.node.isNull }
  func decode(_ type: Bool.Type) throws -> Bool { try decoder.decodeBool() }
  func decode(_ type: String.Type) throws -> String { try decoder.scalarText() }

  func decode(_ type: Double.Type) throws -> Double {
    try decoder.decodeScalar("a number", Double.self)
  }

  func decode(_ type: Int.Type) throws -> Int {
    try decoder.decodeScalar("a whole number", Int.self)
  }

  func decode(_ type: UInt64.Type) throws -> UInt64 {
    try decoder.decodeScalar("a whole number that is not negative", UInt64.self)
  }

  func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.decodeAny(type) }
}
