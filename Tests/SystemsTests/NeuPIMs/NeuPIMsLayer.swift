import DRAM
import Devices
import Foundation
import SimulationCore
import Systems
import Testing
import Units
import Workload
import Yams

/// A decoder layer of GPT-3 7B for requests of given lengths, and the system over the repository's memories.
enum NeuPIMsLayer {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func memory(_ buffer: String) throws -> MemoryStandard {
    let file = root.appending(path: "configs/memories/hbm2-neupims-\(buffer).yaml")
    return try YAMLDecoder().decode(
      MemoryStandard.self, from: try String(contentsOf: file, encoding: .utf8))
  }

  static func spec(_ edit: (inout NeuPIMsSpec) -> Void = { _ in }) throws -> NeuPIMsSpec {
    var spec = NeuPIMsSpec(
      name: "neupims", source: "test", type: .npuPIM,
      clock: ClockSpec(name: "core", frequency: Frequency(hertz: 1_000_000_000)),
      memory: "hbm2-neupims-dual", refresh: true,
      npu: SystolicSpec(
        rows: 128, columns: 128, arrays: 8, dataflow: .weightStationary,
        scratchpad: ByteCount(134_218 * 1024), hidesPreload: true, fullTiles: true,
        traffic: .asReleased, vector: VectorUnitSpec(units: 8, lanes: 128)),
      attention: PIMAttentionSpec(
        unit: .pim, rowHold: .released, balance: .minLoad, interleaves: false, split: .count,
        barrier: .operator, append: .staged, dispatchesOneAClock: false),
      parallel: ParallelSpec(tensor: 4, pipeline: 1),
      link: LinkSpec(
        bandwidth: Bandwidth(bytesPerSecond: 300_000_000_000),
        latency: Duration(picoseconds: 800_000)), turn: 16)
    edit(&spec)
    return spec
  }

  static func lengths(_ list: String) throws -> [Int] {
    let file = root.appending(path: "Tests/ReferenceData/neupims/sharegpt-like-\(list).csv")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().map {
      let tokens = Int($0.split(separator: ",")[0])
      return try #require(tokens)
    }
  }

  /// One layer; `kv` counts the new token.
  static func layer(_ lengths: [Int], number: Int = 0, firstID: Int = 0) -> [Operator] {
    let runs = makeRuns(lengths.map { (query: 1, kv: $0 + 1) })
    let batch = lengths.count
    var id = firstID
    func make(_ name: String, _ operation: Workload.Operation) -> Operator {
      defer { id += 1 }
      return Operator(
        id: id, name: name, operation: operation, layer: number, phase: .decode, requests: runs)
    }
    let hidden = 4096
    return [
      make("ln1", .norm(Norm(rows: batch, columns: hidden, function: .layer))),
      make("qkv", .gemm(MatrixProduct(m: batch, k: hidden, n: 3 * hidden))),
      make("append", .memoryMove(MemoryMove(function: .kvAppend))),
      make("attention", .attention(Attention(heads: 32, kvHeads: 32, headDim: 128))),
      make("proj", .gemm(MatrixProduct(m: batch, k: hidden, n: hidden))),
      make("res1", .elementwise(Elementwise(rows: batch, columns: hidden, function: .add))),
      make("ln2", .norm(Norm(rows: batch, columns: hidden, function: .layer))),
      make("fc1", .gemm(MatrixProduct(m: batch, k: hidden, n: 4 * hidden))),
      make("gelu", .activation(Activation(rows: batch, columns: 4 * hidden, function: .gelu))),
      make("fc2", .gemm(MatrixProduct(m: batch, k: 4 * hidden, n: hidden))),
      make("res2", .elementwise(Elementwise(rows: batch, columns: hidden, function: .add))),
    ]
  }

  static func run(
    _ operators: [Operator], buffer: String = "dual", ideal: Set<IdealLimit> = [],
    memory changed: MemoryStandard? = nil, _ edit: (inout NeuPIMsSpec) -> Void = { _ in }
  ) throws -> SystemRun {
    let system = try NeuPIMsSystem(spec: try spec(edit), memory: try changed ?? memory(buffer))
    return try system.run(
      OperatorSequence(operators),
      header: TraceHeader(model: "gpt3-7b", dtype: "f16", generator: "test"),
      options: RunOptions(fidelity: .cycle, ideal: ideal))
  }

  static func clocks(_ run: SystemRun, _ name: String) throws -> Int {
    let record = try #require(run.operators.first { $0.name == name })
    return (record.end - record.start).picoseconds / 1000
  }
}
