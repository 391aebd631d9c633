internal import Numerics
internal import Units

/// Typed access to a Hugging Face `config.json`; errors name the file and the key.
struct ConfigurationReader {
  let file: String
  let members: [String: JSONValue]

  func fail(_ message: String) -> ModelError { ModelError(file, message) }

  /// A key's value, or nil when it is absent or null.
  func value(_ key: String) -> JSONValue? {
    guard let value = members[key], !value.isNull else { return nil }
    return value
  }

  /// A positive integer that must be there.
  func size(_ key: String, most: Int = 1 << 28) throws(ModelError) -> Int {
    guard let size = try optionalSize(key, most: most) else {
      let near = nearestName(to: key, among: members.keys.sorted())
      throw fail("\"\(key)\" is missing" + (near.map { "; did you mean \"\($0)\"?" } ?? ""))
    }
    return size
  }

  /// A positive integer, or nil when the key is absent or null.
  func optionalSize(_ key: String, most: Int = 1 << 28) throws(ModelError) -> Int? {
    guard let value = value(key) else { return nil }
    guard let size = value.intValue, size > 0, size <= most else {
      throw fail("\"\(key)\" must be a whole number from 1 to \(most)")
    }
    return size
  }

  func flag(_ key: String, default fallback: Bool) throws(ModelError) -> Bool {
    guard let value = value(key) else { return fallback }
    guard let flag = value.boolValue else { throw fail("\"\(key)\" must be true or false") }
    return flag
  }

  func number(_ key: String, default fallback: Double) throws(ModelError) -> Double {
    guard let value = value(key) else { return fallback }
    guard let number = value.doubleValue, number.isFinite else {
      throw fail("\"\(key)\" must be a number")
    }
    return number
  }

  func optionalNumber(_ key: String) throws(ModelError) -> Double? {
    value(key) == nil ? nil : try number(key, default: 0)
  }

  func text(_ key: String, or older: String? = nil) throws(ModelError) -> String? {
    guard let value = value(key) else {
      if let older { return try text(older) }
      return nil
    }
    guard let text = value.stringValue else { throw fail("\"\(key)\" must be a string") }
    return text
  }

  /// A nested object, read with the same error messages.
  func object(_ key: String, or older: String? = nil) throws(ModelError) -> ConfigurationReader? {
    guard let value = value(key) else {
      if let older { return try object(older) }
      return nil
    }
    guard let members = value.objectValue else { throw fail("\"\(key)\" must be an object") }
    return ConfigurationReader(file: file, members: members)
  }
}
