internal import Configuration
public import Numerics

/// A suite of comparisons, as `configs/kernels/*.yaml` holds them.
public struct CompareSuite: Decodable, Hashable, Sendable {
  /// What the suite is for.
  public let description: String?
  /// Attention kernels that every attention case runs, unless it names its own.
  public let kernels: [String]
  public let dtype: String?
  public let accumulate: String?
  public let cases: [Case]

  /// One input: a reference file, or a seeded problem.
  public struct Case: Decodable, Hashable, Sendable {
    /// A safetensors file, relative to the suite's folder.
    public let file: String?
    /// The tensor with the expected output; `out_f64` unless given.
    public let reference: String?
    public let shape: String?
    public let data: String?
    public let seed: Int?
    public let kernels: [String]?
    /// The accumulator format of this case, where it differs from the suite's.
    public let accumulate: String?
    public let rtol: Double?
    public let atol: Double?
    /// Whether NaN or infinity is the expected outcome.
    public let expectNonFinite: Bool?

    private enum CodingKeys: String, CodingKey {
      case file, reference, shape, data, seed, kernels, accumulate, rtol, atol
      case expectNonFinite = "expect_non_finite"
    }
  }

  /// Loads a suite from a file or preset.
  public static func load(_ reference: String) throws -> (suite: CompareSuite, folder: String) {
    let suite = try PresetLibrary.load(reference, kind: .kernels).decode(CompareSuite.self)
    let folder = reference.lastIndex(of: "/").map { String(reference[..<$0]) } ?? "."
    return (suite, folder)
  }

  /// The formats that the suite asks for.
  public func precision() throws -> AttentionPrecision {
    let storage = try Self.format(dtype) ?? .f32
    return try Self.format(accumulate).map {
      AttentionPrecision(storage: storage, accumulator: $0)
    } ?? AttentionPrecision(storage: storage)
  }

  private static func format(_ text: String?) throws -> AttentionPrecision.Format? {
    guard let text else { return nil }
    guard let format = AttentionPrecision.Format(rawValue: text) else {
      throw CompareError("no format '\(text)': give f64, f32, f16 or bf16")
    }
    return format
  }

  /// Runs all cases.
  public func run(_ compare: Compare, folder: String) throws -> [CompareRow] {
    var rows: [CompareRow] = []
    for (index, entry) in cases.enumerated() {
      var compare = compare
      if entry.rtol != nil || entry.atol != nil {
        compare.tolerance = .elements(relative: entry.rtol ?? 0, absolute: entry.atol ?? 0)
      }
      if let accumulator = try Self.format(entry.accumulate) {
        compare.precision = AttentionPrecision(
          storage: compare.precision.storage, accumulator: accumulator)
      }
      if let expected = entry.expectNonFinite { compare.expectsNonFinite = expected }
      if let path = entry.file {
        rows += try run(entry, path.hasPrefix("/") ? path : folder + "/" + path, compare)
      } else if let shape = entry.shape {
        guard let data = AttentionData(rawValue: entry.data ?? "normal") else {
          throw CompareError("cases[\(index)].data: no data '\(entry.data ?? "")'")
        }
        let input = try CompareInput.generated(
          shape: shape, data: data, seed: UInt64(bitPattern: Int64(entry.seed ?? 1)))
        rows += try attention(entry, input, compare)
      } else {
        throw CompareError("cases[\(index)]: give 'file' or 'shape'")
      }
    }
    return rows
  }

  private func run(_ entry: Case, _ path: String, _ compare: Compare) throws -> [CompareRow] {
    let file = try SafetensorsFile(path: path)
    guard let operation = file.metadata["op"], operation != "sdpa" else {
      let input = try CompareInput.file(path, reference: entry.reference ?? "out_f64")
      return try attention(entry, input, compare)
    }
    return try compare.runOperator(operation, file, path)
  }

  private func attention(
    _ entry: Case, _ input: CompareInput, _ compare: Compare
  ) throws -> [CompareRow] {
    let names = try Compare.names((entry.kernels ?? kernels).joined(separator: ","))
    return try names.map { try compare.run($0, on: input) }
  }
}
