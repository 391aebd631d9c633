import Foundation
import Testing
import Units

@testable import Numerics

/// One case of the reference kernels' manifest.
struct ReferenceKernel: Sendable, CustomTestStringConvertible {
  let file: String
  let operation: String
  let attributes: JSONValue
  let relative: Double
  let absolute: Double

  var testDescription: String { file }

  static let all: [ReferenceKernel] = {
    guard
      let text = try? String(
        contentsOfFile: ReferenceFiles.root + "/kernels/index.json", encoding: .utf8),
      let index = try? JSONValue.parse(text)
    else { return [] }
    return (index["cases"]?.arrayValue ?? []).map {
      ReferenceKernel(
        file: $0["file"]?.stringValue ?? "", operation: $0["op"]?.stringValue ?? "",
        attributes: $0["attrs"] ?? .null, relative: $0["rtol_f32"]?.doubleValue ?? 0,
        absolute: $0["atol_f32"]?.doubleValue ?? 0)
    }
  }()

  func open() throws -> SafetensorsFile {
    try SafetensorsFile(path: ReferenceFiles.root + "/kernels/" + file)
  }

  func expectMatch(_ actual: [Float], _ reference: NDArray<Double>) {
    let violations = ErrorMetrics.violations(
      actual: actual, reference: reference.elements, absolute: absolute, relative: relative)
    #expect(violations == 0, "\(file): \(violations) of \(actual.count) beyond tolerance")
  }
}

@Suite struct ReferenceKernelTests {
  @Test func theManifestHoldsTwentyTwoCases() {
    #expect(ReferenceKernel.all.count == 22)
  }

  @Test(arguments: ReferenceKernel.all)
  func kernelsMatchTheirReferences(kernel: ReferenceKernel) throws {
    let file = try kernel.open()
    switch kernel.operation {
    case "matmul":
      for level in ComputeContext.Level.available {
        let c = GEMM.multiply(
          try file.tensor("a"), try file.tensor("b"),
          context: ComputeContext(level: level, threads: 1))
        kernel.expectMatch(c.elements, try file.doubles("out_f64"))
      }
    case "sdpa": try attention(kernel, file)
    case "rope": try rope(kernel, file)
    case "moe_gate": try gate(kernel, file)
    default:
      var x = try file.tensor(kernel.operation == "swiglu" ? "gate" : "x")
      let up = try? file.tensor("up")
      let weight = try? file.tensor("weight")
      let bias = try? file.tensor("bias")
      let epsilon = kernel.attributes["eps"]?.doubleValue ?? 0
      let (rows, columns) = (x.shape[0], x.shape[1])
      x.elements.withUnsafeMutableBufferPointer { buffer in
        guard let x = buffer.baseAddress else { return }
        switch kernel.operation {
        case "rmsnorm":
          Normalization.rmsNorm(
            rows: rows, columns: columns, x, weight: weight?.elements, epsilon: epsilon, into: x)
        case "layernorm":
          Normalization.layerNorm(
            rows: rows, columns: columns, x, weight: weight?.elements, bias: bias?.elements,
            epsilon: epsilon, into: x)
        case "softmax": PointwiseFunctions.softmax(rows: rows, columns: columns, x)
        case "gelu":
          if kernel.attributes["approx"]?.stringValue == "tanh" {
            PointwiseFunctions.geluTanh(rows * columns, x)
          } else {
            PointwiseFunctions.geluErf(rows * columns, x)
          }
        case "swiglu":
          PointwiseFunctions.swiglu(rows * columns, gate: x, up: up?.elements ?? [])
        default: Issue.record("no kernel for \(kernel.operation)")
        }
      }
      kernel.expectMatch(x.elements, try file.doubles("out_f64"))
    }
  }

  private func attention(_ kernel: ReferenceKernel, _ file: SafetensorsFile) throws {
    let (q, k, v) = (try file.tensor("q"), try file.tensor("k"), try file.tensor("v"))
    let (batch, heads, queries, dim) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3])
    let (kvHeads, keys) = (k.shape[1], k.shape[2])
    let mask = KeyVisibility(
      isCausal: kernel.attributes["causal"]?.boolValue ?? false,
      window: kernel.attributes["window"]?.intValue)
    var out = [Float](repeating: 0, count: q.count)
    var logSumExp = [Float](repeating: 0, count: batch * heads * queries)
    for head in 0..<batch * heads {
      let kv = head / heads * kvHeads + head % heads / (heads / kvHeads)
      q.elements.withUnsafeBufferPointer { q in
        k.elements.withUnsafeBufferPointer { k in
          v.elements.withUnsafeBufferPointer { v in
            out.withUnsafeMutableBufferPointer { out in
              logSumExp.withUnsafeMutableBufferPointer { logSumExp in
                guard let q = q.baseAddress, let k = k.baseAddress, let v = v.baseAddress,
                  let out = out.baseAddress, let logSumExp = logSumExp.baseAddress
                else { return }
                ScaledDotProductAttention.attend(
                  queries: queries, keys: keys, headDim: dim, valueDim: dim,
                  scale: Float(kernel.attributes["scale"]?.doubleValue ?? 0), mask: mask,
                  firstPosition: kernel.attributes["q_offset"]?.intValue ?? 0,
                  q: q + head * queries * dim, queryStride: dim, k: k + kv * keys * dim,
                  keyStride: dim, v: v + kv * keys * dim, valueStride: dim,
                  into: out + head * queries * dim, outStride: dim,
                  logSumExp: logSumExp + head * queries)
              }
            }
          }
        }
      }
    }
    kernel.expectMatch(out, try file.doubles("out_f64"))
    kernel.expectMatch(logSumExp, try file.doubles("lse_f64"))
  }

  private func rope(_ kernel: ReferenceKernel, _ file: SafetensorsFile) throws {
    var x = try file.tensor("x")
    let positions = try file.integers("pos")
    let (batch, tokens, heads, dim) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let theta = try #require(kernel.attributes["theta"]?.doubleValue)
    let isHalf = kernel.attributes["layout"]?.stringValue == "half"
    let embedding = RotaryEmbedding(
      frequencies: RotaryEmbedding.frequencies(headDim: dim, base: theta),
      layout: isHalf ? .halfSplit : .interleaved)
    var sines = [Float](repeating: 0, count: dim / 2)
    var cosines = sines
    x.elements.withUnsafeMutableBufferPointer { x in
      guard let x = x.baseAddress else { return }
      for token in 0..<batch * tokens {
        embedding.table(
          position: Int(positions.elements[token % tokens]), sines: &sines, cosines: &cosines)
        embedding.apply(heads: heads, x + token * heads * dim, sines: sines, cosines: cosines)
      }
    }
    kernel.expectMatch(x.elements, try file.doubles("out_f64"))
  }

  private func gate(_ kernel: ReferenceKernel, _ file: SafetensorsFile) throws {
    let hidden = try file.tensor("hidden")
    var logits = GEMM.multiply(hidden, try file.tensor("gate_weight"), layout: .transposed)
    kernel.expectMatch(logits.elements, try file.doubles("logits_f64"))
    let (rows, experts) = (logits.shape[0], logits.shape[1])
    let topK = try #require(kernel.attributes["top_k"]?.intValue)
    var ids = [Int](repeating: 0, count: rows * topK)
    var weights = [Float](repeating: 0, count: rows * topK)
    logits.elements.withUnsafeMutableBufferPointer { logits in
      guard let logits = logits.baseAddress else { return }
      ExpertGate.select(
        rows: rows, experts: experts, topK: topK, logits: logits, renormalized: true, ids: &ids,
        weights: &weights)
    }
    #expect(ids == (try file.integers("expert_ids").elements.map { Int($0) }))
    kernel.expectMatch(weights, try file.doubles("expert_weights_f64"))
  }
}
