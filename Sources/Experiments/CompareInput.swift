public import Numerics
internal import Units

/// Why a comparison cannot be made: one line that says what, where and how to mend it.
public struct CompareError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}

/// An attention problem to compare kernels on, with a reference when a file holds one.
public struct CompareInput: Sendable {
  public let name: String
  public let problem: AttentionProblem
  /// Absent, the reference is computed in f64 from the rounded inputs.
  public let reference: [Double]?

  public init(name: String, problem: AttentionProblem, reference: [Double]?) {
    self.name = name
    self.problem = problem
    self.reference = reference
  }

  /// Seeded inputs of a shape such as `heads=32,kv_heads=8,rows=1,keys=4096,dim=128`.
  ///
  /// Further keys: `causal=true`, `window=N`, `offset=N`.
  public static func generated(
    shape text: String, data: AttentionData, seed: UInt64
  ) throws -> CompareInput {
    let shape = try parse(shape: text)
    return CompareInput(
      name: "\(data.rawValue) \(text)", problem: data.problem(shape, seed: seed), reference: nil)
  }

  /// The shape that a list of `name=value` describes.
  public static func parse(shape text: String) throws -> AttentionShape {
    let known = ["heads", "kv_heads", "rows", "keys", "dim", "causal", "window", "offset"]
    var values: [String: Int] = ["heads": 1, "rows": 1]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=").map(String.init)
      guard sides.count == 2 else {
        throw CompareError("--shape: '\(part)' is not of the form name=value")
      }
      guard known.contains(sides[0]) else {
        let near = nearestName(to: sides[0], among: known).map { "; did you mean '\($0)'?" } ?? ""
        throw CompareError("--shape: no dimension '\(sides[0])'\(near)")
      }
      if sides[0] == "causal" {
        guard sides[1] == "true" || sides[1] == "false" else {
          throw CompareError("--shape: causal is '\(sides[1])', give true or false")
        }
        values["causal"] = sides[1] == "true" ? 1 : 0
        continue
      }
      let least = sides[0] == "offset" ? 0 : 1
      guard let value = Int(sides[1]), value >= least, value <= 1 << 30 else {
        throw CompareError(
          "--shape: \(sides[0]) is '\(sides[1])', give a whole number from \(least) to 2^30")
      }
      values[sides[0]] = value
    }
    guard let keys = values["keys"], let dimension = values["dim"] else {
      throw CompareError("--shape: 'keys' and 'dim' must be given")
    }
    let mask: AttentionPattern =
      values["window"].map { .slidingWindow($0) } ?? (values["causal"] == 1 ? .causal : .none)
    let shape = AttentionShape(
      heads: values["heads"] ?? 1, kvHeads: values["kv_heads"], rows: values["rows"] ?? 1,
      keys: keys, dimension: dimension, mask: mask, queryOffset: values["offset"])
    if let fault = AttentionSizeLimit.faultOfValues(shape) ?? shape.fault {
      throw CompareError("--shape: \(fault)")
    }
    return shape
  }

  /// Tensors q, k, v of a safetensors file: [batch, heads, rows, d] or [heads, rows, d].
  ///
  /// The metadata entry `attrs` may give causal, scale, q_offset and window as JSON.
  /// - Parameter reference: the tensor that holds the expected output; absent, none is read.
  public static func file(_ path: String, reference: String?) throws -> CompareInput {
    try file(path, names: ("q", "k", "v"), attributes: "attrs", reference: reference)
  }

  /// Tensors of a capture of `orrery execute`: `FILE`, or `FILE:layer.L.attention.stepN`.
  ///
  /// - Parameter usesOutput: whether the captured output, where there is one, is the reference.
  public static func capture(_ text: String, usesOutput: Bool) throws -> CompareInput {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    let path = parts.first ?? text
    guard parts.count == 2 else {
      let captured = try SafetensorsFile(path: path)
      return try file(
        path, reference: usesOutput && captured.entry("out") != nil ? "out" : nil)
    }
    var place = parts[1]
    var step = "step0"
    if let last = place.split(separator: ".").last, last.hasPrefix("step") {
      step = String(last)
      place = String(place.dropLast(last.count + 1))
    }
    func name(_ tensor: String) -> String { "\(place).\(tensor).\(step)" }
    return try file(
      path, names: (name("q"), name("k"), name("v")), attributes: "attrs.\(place).\(step)",
      reference: usesOutput ? name("out") : nil)
  }

  private static func file(
    _ path: String, names: (q: String, k: String, v: String), attributes key: String,
    reference: String?
  ) throws -> CompareInput {
    let file = try SafetensorsFile(path: path)
    for name in [names.q, names.k, names.v] where file.entry(name) == nil {
      throw CompareError("\(path): there is no tensor '\(name)'")
    }
    let (q, k, v) = (
      try values(names.q, of: file), try values(names.k, of: file), try values(names.v, of: file)
    )
    guard q.rank == k.rank, q.rank == 3 || q.rank == 4, k.shape == v.shape,
      q.shape.last == k.shape.last, q.rank == 3 || q.shape[0] == k.shape[0]
    else {
      throw CompareError(
        "\(path): q \(q.shape), k \(k.shape), v \(v.shape) are not [batch, heads, rows, d]")
    }
    let batch = q.rank == 4 ? q.shape[0] : 1
    let attributes = try attributes(of: file, path, key)
    let window = attributes["window"]?.intValue
    let isCausal = attributes["causal"]?.boolValue ?? false
    if window != nil && !isCausal {
      throw CompareError("\(path): a window without causal masking is not supported")
    }
    let shape = AttentionShape(
      heads: batch * q.shape[q.rank - 3], kvHeads: batch * k.shape[k.rank - 3],
      rows: q.shape[q.rank - 2], keys: k.shape[k.rank - 2], dimension: q.shape[q.rank - 1],
      mask: window.map { .slidingWindow($0) } ?? (isCausal ? .causal : .none),
      queryOffset: attributes["q_offset"]?.intValue, scale: attributes["scale"]?.doubleValue)
    if let fault = shape.fault { throw CompareError("\(path): \(fault)") }
    let problem = AttentionProblem(shape: shape, q: q.elements, k: k.elements, v: v.elements)
    let expected = try reference.map {
      try self.reference($0, of: file, path, count: problem.q.count)
    }
    return CompareInput(name: stem(path), problem: problem, reference: expected)
  }

  /// The tensor `name` as a reference of `count` elements.
  static func reference(
    _ name: String, of file: SafetensorsFile, _ path: String, count: Int
  ) throws -> [Double] {
    guard file.entry(name) != nil else {
      throw CompareError("\(path): there is no tensor '\(name)'")
    }
    let tensor = try values(name, of: file)
    guard tensor.count == count else {
      throw CompareError(
        "\(path): tensor '\(name)' has \(tensor.count) elements, the output has \(count)")
    }
    return tensor.elements
  }

  /// A floating-point tensor of any width, in f64.
  public static func values(
    _ name: String, of file: SafetensorsFile
  ) throws -> NDArray<Double> {
    if file.entry(name)?.dataType == .f64 { return try file.doubles(name) }
    let tensor = try file.tensor(name)
    return NDArray(shape: tensor.shape, elements: tensor.elements.map(Double.init))
  }

  static func attributes(
    of file: SafetensorsFile, _ path: String, _ key: String = "attrs"
  ) throws -> JSONValue {
    guard let text = file.metadata[key] else { return .null }
    do {
      return try JSONValue.parse(text)
    } catch {
      throw CompareError("\(path): metadata '\(key)' is not JSON: \(error)")
    }
  }

  static func stem(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return name.hasSuffix(".safetensors") ? String(name.dropLast(12)) : name
  }
}
