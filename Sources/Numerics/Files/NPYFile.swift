/// NumPy's `.npy` format, versions 1 to 3: one C-ordered little-endian array.
///
/// Source: NumPy enhancement proposal 1 and `numpy.lib.format`. Fortran order, big-endian and
/// structured types are refused.
public enum NPYFile {
  /// The element types that are read and written.
  public protocol Element: Sendable, BitwiseCopyable {
    /// The format's type code, e.g. `<f4`.
    static var descriptor: String { get }
  }

  /// Reads an array whose stored type must be `Element`.
  ///
  /// - Throws: `TensorFileError` with one line on what is wrong.
  public static func read<E: Element>(
    _ path: String, as type: E.Type = E.self
  ) throws(TensorFileError) -> NDArray<E> {
    func malformed(_ message: String) -> TensorFileError {
      TensorFileError(.malformed, file: path, message)
    }
    let file = try MappedFile(path: path)
    let bytes = file.bytes
    guard bytes.count >= 10, bytes.prefix(6).elementsEqual(magic) else {
      throw malformed("is not an npy file")
    }
    let version = bytes[6]
    guard (1...3).contains(version) else { throw malformed("npy version \(version) is unknown") }
    let prefix = version == 1 ? 10 : 12
    guard bytes.count >= prefix else { throw malformed("ends in its header") }
    var length = Int(bytes[8]) | Int(bytes[9]) << 8
    if version > 1 { length |= Int(bytes[10]) << 16 | Int(bytes[11]) << 24 }
    guard bytes.count - prefix >= length else { throw malformed("ends in its header") }
    let text = String(decoding: bytes[prefix..<(prefix + length)], as: UTF8.self)
    guard let header = Header(text) else { throw malformed("the header cannot be understood") }
    guard !header.isFortranOrder || header.shape.count <= 1 else {
      throw malformed("is in Fortran order; save it with numpy.ascontiguousarray")
    }
    guard header.descriptor == E.descriptor else {
      throw malformed("holds \(header.descriptor); expected \(E.descriptor)")
    }
    var size = MemoryLayout<E>.size
    for extent in header.shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw malformed("the shape overflows") }
      size = product
    }
    let start = prefix + length
    guard bytes.count - start == size else {
      throw malformed("shape \(header.shape) needs \(size) bytes; \(bytes.count - start) follow")
    }
    let count = size / MemoryLayout<E>.size
    let elements = (0..<count).map {
      bytes.loadUnaligned(fromByteOffset: start + $0 * MemoryLayout<E>.size, as: E.self)
    }
    return NDArray(shape: header.shape, elements: elements)
  }

  /// Writes an array as version 1, as `numpy.save` does, in one step.
  ///
  /// - Throws: an input/output `TensorFileError`.
  public static func write<E: Element>(_ array: NDArray<E>, to path: String) throws(TensorFileError)
  {
    var extents = array.shape.map(String.init).joined(separator: ", ")
    if array.rank == 1 { extents += "," }
    var header = "{'descr': '\(E.descriptor)', 'fortran_order': False, 'shape': (\(extents)), }"
    // The data starts at a multiple of 64 bytes; the header ends in a line feed.
    let padding = (64 - (10 + header.utf8.count + 1) % 64) % 64
    header += String(repeating: " ", count: padding) + "\n"
    let length = header.utf8.count
    precondition(length < 65_536, "more axes than npy version 1 can describe")
    let prefix = magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)]
    let body = array.elements.withUnsafeBytes { Array($0) }
    try MappedFile.write([prefix + Array(header.utf8), body], to: path)
  }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
}

extension Float: NPYFile.Element {
  public static var descriptor: String { "<f4" }
}

extension Double: NPYFile.Element {
  public static var descriptor: String { "<f8" }
}

extension Int64: NPYFile.Element {
  public static var descriptor: String { "<i8" }
}

extension NPYFile {
  /// The Python dictionary that describes the array.
  private struct Header {
    var descriptor = ""
    var isFortranOrder = false
    var shape: [Int] = []

    init?(_ text: String) {
      guard let type = Self.value(of: "descr", in: text),
        let order = Self.value(of: "fortran_order", in: text),
        let shape = Self.value(of: "shape", in: text)
      else { return nil }
      guard type.count >= 2, let quote = type.first, quote == "'" || quote == "\"" else {
        return nil
      }
      guard let end = type.dropFirst().firstIndex(of: quote) else { return nil }
      descriptor = String(type.dropFirst()[..<end])
      if order.hasPrefix("True") {
        isFortranOrder = true
      } else if !order.hasPrefix("False") {
        return nil
      }
      guard shape.first == "(", let close = shape.firstIndex(of: ")") else { return nil }
      for part in shape[..<close].dropFirst().split(separator: ",") {
        let digits = part.filter { $0 != " " }
        if digits.isEmpty { continue }
        guard let extent = Int(digits), extent >= 0 else { return nil }
        self.shape.append(extent)
      }
    }

    /// What follows a key's colon.
    private static func value(of key: String, in text: String) -> Substring? {
      for quote in ["'", "\""] {
        let quoted = quote + key + quote
        guard let range = text.firstRange(of: quoted) else { continue }
        let rest = text[range.upperBound...].drop { $0 == " " }
        guard rest.first == ":" else { return nil }
        return rest.dropFirst().drop { $0 == " " }
      }
      return nil
    }
  }
}
