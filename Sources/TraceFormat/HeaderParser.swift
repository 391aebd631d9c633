internal import Units
internal import Workload

/// Parses the header line of a trace.
enum HeaderParser {
  private static let keys = NameTable([
    "format", "version", "model", "architecture", "layers", "dtype", "generator", "seed", "units",
    "switches",
  ])
  private static let unitKeys = NameTable(["address"])
  private static let addressUnits = NameTable(["byte"])
  private static let dataTypes = NameTable(of: DataType.self)

  static func parse(_ line: UnsafeBufferPointer<UInt8>) throws -> TraceHeader {
    guard let start = line.baseAddress else { throw noHeader }
    var strings = StringTable()
    var scanner = JSONScanner(start)
    if scanner.peek() != 0x7B { throw noHeader }
    try scanner.expect(0x7B, "")
    var header = TraceHeader(model: "", dtype: "", generator: "")
    var present = Set<Int>()
    if !scanner.accept(0x7D) {
      repeat {
        let (bytes, _) = try scanner.rawString("")
        try scanner.expect(0x3A, "")
        guard let index = keys.index(of: bytes) else {
          // A line with an id and no format is an operator: say so, instead of "unknown key".
          if !present.contains(0) && bytes.elementsEqual("id".utf8) { throw noHeader }
          try scanner.skipExtension(bytes, known: keys)
          continue
        }
        if !present.insert(index).inserted {
          throw LineError("the key '\(keys.name(index))' stands twice", remedy: "keep one")
        }
        switch index {
        case 0:
          if try scanner.string("format", strings: &strings) != TraceHeader.formatName {
            throw noHeader
          }
        case 1: try checkVersion(try scanner.integer("version"))
        case 2: header.model = try scanner.string("model", strings: &strings)
        case 3: header.architecture = try scanner.string("architecture", strings: &strings)
        case 4: header.layers = try scanner.integer("layers")
        case 5:
          header.dtype =
            DataType.allCases[
              try scanner.choice("dtype", NameTable(of: DataType.self))
            ].rawValue
        case 6: header.generator = try scanner.string("generator", strings: &strings)
        case 7: header.seed = try scanner.unsigned("seed")
        case 8: try parseUnits(&scanner)
        default: header.switches = try parseSwitches(&scanner, &strings)
        }
      } while try scanner.hasMore(until: 0x7D, "")
    }
    if !present.contains(0) { throw noHeader }
    // Architecture and layers may be left out: a single operator has none.
    for index in [1, 2, 5, 6, 7, 8] where !present.contains(index) {
      throw LineError(
        "the header needs '\(keys.name(index))'",
        remedy: "add it, as docs/trace-format.md shows")
    }
    if scanner.peek() != 0x0A || scanner.cursor != start + line.count {
      throw scanner.unexpected(wanted: "the end of the line", "")
    }
    return header
  }

  private static var noHeader: LineError {
    LineError(
      "the first line is no header of an operator trace",
      remedy: "start with {\"format\":\"\(TraceHeader.formatName)\",\"version\":"
        + "\(TraceHeader.currentVersion),...} or name another file")
  }

  private static func checkVersion(_ version: Int) throws {
    if version != TraceHeader.currentVersion {
      throw LineError(
        "\(version) is not version \(TraceHeader.currentVersion), which this build reads",
        field: "version", remedy: "emit the trace again with this build")
    }
  }

  /// The switches object: texts by key.
  private static func parseSwitches(
    _ scanner: inout JSONScanner, _ strings: inout StringTable
  ) throws -> [String: String] {
    var switches: [String: String] = [:]
    do {
      try scanner.expect(0x7B, "")
      if scanner.accept(0x7D) { return switches }
      repeat {
        let key = try scanner.string("", strings: &strings)
        try scanner.expect(0x3A, "")
        let value = try scanner.string("", strings: &strings)
        if switches.updateValue(value, forKey: key) != nil {
          throw LineError("the key '\(key)' stands twice", remedy: "keep one")
        }
      } while try scanner.hasMore(until: 0x7D, "")
    } catch let error as LineError {
      throw error.inside("switches")
    }
    return switches
  }

  /// The units object: `{"address":"byte"}`.
  private static func parseUnits(_ scanner: inout JSONScanner) throws {
    do {
      try scanner.expect(0x7B, "")
      var isPresent = false
      if !scanner.accept(0x7D) {
        repeat {
          let (bytes, _) = try scanner.rawString("")
          try scanner.expect(0x3A, "")
          if unitKeys.index(of: bytes) == nil {
            try scanner.skipExtension(bytes, known: unitKeys)
            continue
          }
          if isPresent { throw LineError("the key 'address' stands twice", remedy: "keep one") }
          isPresent = true
          _ = try scanner.choice("address", addressUnits)
        } while try scanner.hasMore(until: 0x7D, "")
      }
      if !isPresent {
        throw LineError("the unit of addresses is missing", remedy: "write {\"address\":\"byte\"}")
      }
    } catch let error as LineError {
      throw error.inside("units")
    }
  }
}
