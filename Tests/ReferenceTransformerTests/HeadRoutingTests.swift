import Numerics
import ReferenceTransformer
import Testing
import Units
import Workload

@Suite struct HeadRoutingTests {
  /// Groups of four heads, chosen independently: D7 of the seeds.
  @Test(arguments: [("0.75", 1 - 0.25 * 0.25 * 0.25 * 0.25), ("0.5", 1 - 0.0625)])
  func groupsOfFourReadNearlyAllKeysAndComputeTheirShare(share: String, read: Double) throws {
    let full = try SwitchRuns.decode("llama3-8b", [], batch: 512, context: 1_000)
    let some = try SwitchRuns.decode(
      "llama3-8b", ["active_heads=\(share)"], batch: 512, context: 1_000)
    let kept = try #require(Double(share))
    #expect(Double(some.attentionFLOPs) == kept * Double(full.attentionFLOPs))
    // 512 requests, 32 layers, 8 key-value heads: a mean of 131 072 draws, five deviations wide.
    let deviation = (read * (1 - read) / 131_072).squareRoot()
    let measured = Double(some.attentionKVBytes) / Double(full.attentionKVBytes)
    #expect(abs(measured - read) < 5 * deviation)
    // Keys and values of all heads are written.
    func appended(_ operators: [Operator]) -> Int {
      operators.filter { $0.kind == .memoryMove }
        .reduce(0) { $0 + Int($1.traffic.written.count) }
    }
    #expect(appended(some) == appended(full))
    #expect(some.count == full.count + 2 * 32)
  }

  @Test func withoutGroupsAndWithAlignedRoutersBytesFallInProportion() throws {
    for (preset, texts) in [
      ("llama2-7b", "active_heads=0.75"), ("llama3-8b", "active_heads=0.75,aligned=true"),
      ("llama3-8b", "active_heads=24,aligned=true"),
    ] {
      let full = try SwitchRuns.decode(preset, [], context: 500, layers: 2)
      let some = try SwitchRuns.decode(preset, [texts], context: 500, layers: 2)
      #expect(some.attentionKVBytes * 4 == full.attentionKVBytes * 3)
      #expect(some.attentionFLOPs * 4 == full.attentionFLOPs * 3)
    }
  }

  @Test(arguments: ["tiny-llama-gqa", "tiny-mixtral-moe", "tiny-gpt2"])
  func theHeadsWithTheGreatestQueriesAreUsedAndTheirKeysCounted(name: String) throws {
    let golden = GoldenModel(name: name)
    let model = try golden.load()
    let (heads, kvHeads, dim) = (
      model.architecture.heads, model.architecture.kvHeads, model.architecture.headDim
    )
    var options = GenerationOptions()
    options.switches = try SwitchRuns.switches(["active_heads=2"])
    let probe = Probe(places: ["layer.0.attention.query"])
    var collector = OperatorCollector()
    _ = try model.generate(
      batch: [try golden.prompts()[0]], steps: 3, options: options, probe: probe, into: &collector)
    let attention = collector.operators.filter { $0.kind == .attention && $0.layer == 0 }
    for (query, noted) in zip(probe.arrays("layer.0.attention.query"), attention) {
      let rows = query.elements.count / (heads * dim)
      var used: Set<Int> = []
      for row in 0..<rows {
        let norms = (0..<heads).map { head in
          (0..<dim).reduce(0.0) {
            let element = Double(query.elements[(row * heads + head) * dim + $1])
            return $0 + element * element
          }
        }
        let best = norms.indices.sorted { norms[$0] > norms[$1] }.prefix(2)
        used.formUnion(best.map { $0 / (heads / kvHeads) })
      }
      guard case .attention(let parameters) = noted.operation else { continue }
      #expect(parameters.kvHeadsRead == [used.count])
      #expect(parameters.activeHeads == 2)
    }
  }
}
