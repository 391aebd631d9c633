import Numerics
import ReferenceTransformer
import Testing

/// One of the tiny models in the reference data.
struct GoldenModel: Sendable, CustomTestStringConvertible {
  let name: String

  static let all = [
    "tiny-llama-gqa", "tiny-mixtral-moe", "tiny-gpt2", "tiny-opt", "tiny-qwen3-qknorm",
  ].map(GoldenModel.init)

  /// The largest error of a logit; `facts` say binary64 logits are good to 4e-7.
  static let tolerance = 1e-5

  static var root: String {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(2)
    return parts.joined(separator: "/") + "/ReferenceData"
  }

  var testDescription: String { name }
  var directory: String { Self.root + "/goldens/" + name }

  func load() throws -> ReferenceModel { try ModelLoader.load(directory: directory) }

  func floats(_ file: String) throws -> NDArray<Float> {
    try NPYFile.read("\(directory)/\(file).npy", as: Float.self)
  }

  func prompts() throws -> [[Int]] {
    let ids = try NPYFile.read(directory + "/input_ids.npy", as: Int64.self)
    return (0..<ids.shape[0]).map { row in
      ids.elements[row * ids.shape[1]..<(row + 1) * ids.shape[1]].map { Int($0) }
    }
  }

  func greedy() throws -> [[Int]] {
    let ids = try NPYFile.read(directory + "/greedy_ids.npy", as: Int64.self)
    return (0..<ids.shape[0]).map { row in
      ids.elements[row * ids.shape[1]..<(row + 1) * ids.shape[1]].map { Int($0) }
    }
  }
}
