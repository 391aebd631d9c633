internal import Numerics
internal import Units

/// The plain operators of a transformer on reference files, in f32.
extension Compare {
  /// Runs the operator that a reference file names in its metadata, attention left out.
  ///
  /// - Throws: `CompareError` naming file and field.
  func runOperator(_ operation: String, _ file: SafetensorsFile, _ path: String) throws
    -> [CompareRow]
  {
    let attributes = try CompareInput.attributes(of: file, path)
    let name = CompareInput.stem(path)
    func expected(_ tensor: String, _ count: Int) throws -> [Double] {
      try CompareInput.reference(tensor, of: file, path, count: count)
    }
    func row(
      _ output: [Float], _ tensor: String, flops: Int, elementsMoved: Int, kernel: String? = nil
    ) throws -> CompareRow {
      var row = judge(
        output.map(Double.init), try expected(tensor, output.count), kernel ?? operation, name)
      row.flops = flops
      row.bytes = elementsMoved * 4
      applyRoofline(&row)
      return row
    }
    switch operation {
    case "matmul":
      let (a, b) = (try file.tensor("a"), try file.tensor("b"))
      guard a.rank == 2, b.rank == 2, a.shape[1] == b.shape[0] else {
        throw CompareError("\(path): a \(a.shape) and b \(b.shape) cannot be multiplied")
      }
      let c = GEMM.multiply(a, b)
      return [
        try row(
          c.elements, "out_f64", flops: 2 * c.count * a.shape[1],
          elementsMoved: a.count + b.count + c.count)
      ]
    case "rope":
      let x = try rotated(file, attributes, path)
      return [try row(x, "out_f64", flops: 3 * x.count, elementsMoved: 2 * x.count)]
    case "moe_gate": return try gate(file, attributes, path, row: row)
    default:
      let output = try pointwise(operation, file, attributes, path)
      // Additions, multiplications, divisions and elementary functions on each element.
      let perElement = ["rmsnorm": 4, "layernorm": 7, "softmax": 4, "gelu": 6, "swiglu": 5]
      return [
        try row(
          output, "out_f64", flops: (perElement[operation] ?? 1) * output.count,
          elementsMoved: (operation == "swiglu" ? 3 : 2) * output.count)
      ]
    }
  }

  private func pointwise(
    _ operation: String, _ file: SafetensorsFile, _ attributes: JSONValue, _ path: String
  ) throws -> [Float] {
    guard ["rmsnorm", "layernorm", "softmax", "gelu", "swiglu"].contains(operation) else {
      throw CompareError("\(path): no operator '\(operation)'")
    }
    var x = try file.tensor(operation == "swiglu" ? "gate" : "x")
    guard x.rank == 2 else { throw CompareError("\(path): x is \(x.shape), not [rows, columns]") }
    let up = operation == "swiglu" ? try file.tensor("up").elements : []
    let weight = operation.hasSuffix("norm") ? try file.tensor("weight").elements : nil
    let bias = operation == "layernorm" ? try file.tensor("bias").elements : nil
    let epsilon = attributes["eps"]?.doubleValue ?? 1e-5
    let (rows, columns) = (x.shape[0], x.shape[1])
    let isTanh = attributes["approx"]?.stringValue == "tanh"
    x.elements.withUnsafeMutableBufferPointer { buffer in
      guard let x = buffer.baseAddress else { return }
      switch operation {
      case "rmsnorm":
        Normalization.rmsNorm(
          rows: rows, columns: columns, x, weight: weight, epsilon: epsilon, into: x)
      case "layernorm":
        Normalization.layerNorm(
          rows: rows, columns: columns, x, weight: weight, bias: bias, epsilon: epsilon, into: x)
      case "softmax": PointwiseFunctions.softmax(rows: rows, columns: columns, x)
      case "gelu":
        if isTanh {
          PointwiseFunctions.geluTanh(rows * columns, x)
        } else {
          PointwiseFunctions.geluErf(rows * columns, x)
        }
      default: PointwiseFunctions.swiglu(rows * columns, gate: x, up: up)
      }
    }
    return x.elements
  }

  private func rotated(
    _ file: SafetensorsFile, _ attributes: JSONValue, _ path: String
  ) throws -> [Float] {
    var x = try file.tensor("x")
    let positions = try file.integers("pos").elements
    guard x.rank == 4, positions.count == x.shape[1], let theta = attributes["theta"]?.doubleValue
    else { throw CompareError("\(path): rope needs x [b, t, h, d], pos [t] and theta") }
    let (batch, tokens, heads, dim) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let embedding = RotaryEmbedding(
      frequencies: RotaryEmbedding.frequencies(headDim: dim, base: theta),
      layout: attributes["layout"]?.stringValue == "half" ? .halfSplit : .interleaved)
    var sines = [Float](repeating: 0, count: dim / 2)
    var cosines = sines
    x.elements.withUnsafeMutableBufferPointer { buffer in
      guard let x = buffer.baseAddress else { return }
      for token in 0..<(batch * tokens) {
        embedding.table(
          position: Int(positions[token % tokens]), sines: &sines, cosines: &cosines)
        embedding.apply(heads: heads, x + token * heads * dim, sines: sines, cosines: cosines)
      }
    }
    return x.elements
  }

  private func gate(
    _ file: SafetensorsFile, _ attributes: JSONValue, _ path: String,
    row: ([Float], String, Int, Int, String?) throws -> CompareRow
  ) throws -> [CompareRow] {
    let hidden = try file.tensor("hidden")
    let gateWeight = try file.tensor("gate_weight")
    var logits = GEMM.multiply(hidden, gateWeight, layout: .transposed)
    let work = 2 * logits.count * hidden.shape[1]
    let moved = hidden.count + gateWeight.count + logits.count
    var rows = [try row(logits.elements, "logits_f64", work, moved, "moe_gate logits")]
    let (count, experts) = (logits.shape[0], logits.shape[1])
    guard let topK = attributes["top_k"]?.intValue, topK >= 1, topK <= experts else {
      throw CompareError("\(path): top_k must lie within 1 ... \(experts)")
    }
    var ids = [Int](repeating: 0, count: count * topK)
    var weights = [Float](repeating: 0, count: count * topK)
    logits.elements.withUnsafeMutableBufferPointer { logits in
      guard let logits = logits.baseAddress else { return }
      ExpertGate.select(
        rows: count, experts: experts, topK: topK, logits: logits, renormalized: true, ids: &ids,
        weights: &weights)
    }
    rows.append(
      try row(weights, "expert_weights_f64", 4 * logits.count, 2 * logits.count, "moe_gate"))
    let expected = try file.integers("expert_ids").elements.map { Double($0) }
    rows.append(
      judge(ids.map { Double($0) }, expected, "moe_gate experts", CompareInput.stem(path)))
    return rows
  }
}
