import Numerics
import ReferenceTransformer
import Testing
import Units
import Workload

/// The closed forms of KV policies: bytes, work, and which keys are seen.
@Suite struct KVPolicyTests {
  @Test(arguments: [20.0, 4, 1])
  func aPyramidOfTwelveHundredthsReadsTwelveHundredthsOfTheBytes(beta: Double) throws {
    let full = try SwitchRuns.decode("llama2-7b", [], context: 2_000)
    let pyramid = try SwitchRuns.decode(
      "llama2-7b", ["kv_policy=pyramid:240,beta=\(beta),sinks=4"], context: 2_000)
    #expect(pyramid.attentionKVBytes * 100 == full.attentionKVBytes * 12)
    #expect(pyramid.attentionFLOPs * 100 == full.attentionFLOPs * 12)
    // The cache takes as much room: 8.3 times the requests fit.
    #expect(pyramid.resident(.kv) * 100 == full.resident(.kv) * 12)
    let keys = pyramid.filter { $0.kind == .attention }.map { op in
      op.accesses.filter { $0.tensor.role == .kv }.reduce(0) { $0 + Int($1.bytes.count) }
    }
    // Equal steps: neighbours differ alike, up to the rounding of whole keys (2 x 4 requests).
    #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 >= $1 })
    #expect(beta == 1 ? Set(keys).count == 1 : keys[0] > 2 * keys[31])
    if beta == 20 {
      // 2 mean - mean / beta = 468 keys in the first layer, mean / beta = 12 in the last.
      #expect(keys[31] == keys[0] * 12 / 468 || abs(keys[31] * 468 - keys[0] * 12) < keys[0] * 12)
    }
  }

  @Test(arguments: [(0.05, 200), (12.0 / 1024, 400), (0.0, 100), (1.0, 100)])
  func retrievalHeadsKeepTheShareOfTheClosedForm(share: Double, window: Int) throws {
    let context = 4_000
    let full = try SwitchRuns.decode("llama2-7b", [], context: context)
    let razor = try SwitchRuns.decode(
      "llama2-7b", ["kv_policy=retrieval:\(share),window=\(window)"], context: context)
    let heads = (share * 1024).rounded()
    let kept =
      heads / 1024 + (1 - heads / 1024) * Double(window) / Double(context)
    #expect(
      abs(Double(razor.attentionKVBytes) - kept * Double(full.attentionKVBytes))
        < 1e-9 * Double(full.attentionKVBytes))
    #expect(abs(Double(razor.resident(.kv)) / Double(full.resident(.kv)) - kept) < 1e-6)
    #expect(
      abs(Double(razor.attentionFLOPs) / Double(full.attentionFLOPs) - kept) < 1e-9)
    // Queries and outputs are divided among the two groups, not copied.
    func queries(_ operators: [Operator]) -> Int {
      operators.filter { $0.kind == .attention }.flatMap(\.accesses)
        .filter { $0.tensor.role == .activation }.reduce(0) { $0 + Int($1.bytes.count) }
    }
    #expect(queries(razor) == queries(full))
  }

  @Test(arguments: [(64, 4), (128, 8), (512, 1), (256, 100)])
  func blocksReadTheirShareAndTheGateHalfAKeyABlock(size: Int, keep: Int) throws {
    let context = 8_192
    let full = try SwitchRuns.decode("llama3-8b", [], context: context, layers: 2)
    let blocks = try SwitchRuns.decode(
      "llama3-8b", ["kv_policy=blocks:\(size),k=\(keep)"], context: context, layers: 2)
    let kept = min(size * keep, context)
    #expect(blocks.attentionKVBytes * context == full.attentionKVBytes * kept)
    let gate = blocks.filter { $0.kind == .gate }.flatMap(\.accesses)
      .filter { $0.tensor.role == .kv }.reduce(0) { $0 + Int($1.bytes.count) }
    #expect(gate * 2 * size == full.attentionKVBytes)
    // One product of a query with each block's mean key.
    let work = blocks.filter { $0.kind == .gate }.reduce(0) { $0 + $1.work.matrix }
    #expect(work == 2 * 4 * 2 * 4096 * (context / size))
    #expect(blocks.count == full.count + 2 * 3)
  }

  @Test func persistentLayersReadWhatTheSelectionLayersPicked() throws {
    let context = 4_096
    let full = try SwitchRuns.decode("llama2-7b", [], context: context)
    let tidal = try SwitchRuns.decode("llama2-7b", ["kv_policy=persistent:512"], context: context)
    // Layers 0, 1, 2 and 16 see everything, 28 layers an eighth.
    #expect(tidal.attentionKVBytes * 32 * 8 == full.attentionKVBytes * (4 * 8 + 28))
    #expect(tidal.filter { $0.kind == .topK }.map(\.layer) == [2, 16])
    for noted in tidal where noted.kind == .attention {
      let index = noted.inputs.filter { $0.role == .state }
      #expect(index.count == ([0, 1, 2, 16].contains(noted.layer) ? 0 : 1))
      for access in noted.accesses where access.tensor.role == .state {
        // Four requests, 512 indices of four bytes.
        #expect(access.bytes.count == 4 * 512 * 4)
      }
    }
  }

  @Test func recycledAttentionReadsEverythingEveryPeriod() throws {
    var emission = TraceEmission()
    emission.batch = 2
    emission.contexts = [1_000]
    emission.steps = .decode
    emission.generate = 8
    emission.layers = 1
    emission.switches = try SwitchRuns.switches(["kv_policy=recycled:100,period=4"])
    var collector = OperatorCollector()
    try emission.emit(try TraceEmissionTests.preset("llama2-7b"), into: &collector)
    let attention = collector.operators.filter { $0.kind == .attention }
    // Positions 1000 ... 1007; those that four divides see every key.
    let seen = [1_001, 101, 102, 103, 1_005, 101, 102, 103]
    for (noted, keys) in zip(attention, seen) {
      #expect([noted].attentionKVBytes == 2 * keys * 2 * 4_096 * 2)
    }
    #expect(collector.operators.filter { $0.kind == .topK }.map(\.step) == [0, 4])
  }

  @Test(arguments: ["tiny-llama-gqa", "tiny-gpt2"])
  func blockAttentionSeesTheOwnBlockAndTheBestOthers(name: String) throws {
    let golden = GoldenModel(name: name)
    let model = try golden.load()
    var options = GenerationOptions()
    options.switches = try SwitchRuns.switches(["kv_policy=blocks:4,k=2"])
    let probe = Probe(places: ["layer.0.attention"])
    _ = try model.generate(
      tokens: try golden.prompts()[0], steps: 1, options: options, probe: probe)
    let query = try #require(probe.arrays("layer.0.attention.query").first)
    let key = try #require(probe.arrays("layer.0.attention.key").first)
    let weights = try #require(probe.arrays("layer.0.attention.probabilities").first)
    let (heads, kvHeads, dim) = (
      model.architecture.heads, model.architecture.kvHeads, model.architecture.headDim
    )
    let group = heads / kvHeads
    for kvHead in 0..<kvHeads {
      for position in 8..<16 {
        // The oracle: the best mean key among the whole blocks before.
        var best = (block: 0, score: -Double.infinity)
        for block in 0..<position / 4 {
          var score = 0.0
          for head in kvHead * group..<(kvHead + 1) * group {
            for element in 0..<dim {
              let mean = (block * 4..<block * 4 + 4).reduce(0.0) {
                $0 + Double(key.elements[($1 * kvHeads + kvHead) * dim + element]) / 4
              }
              score += mean * Double(query.elements[(position * heads + head) * dim + element])
            }
          }
          if score > best.score { best = (block, score) }
        }
        for head in kvHead * group..<(kvHead + 1) * group {
          for other in 0..<16 {
            let isSeen =
              other / 4 == best.block || other / 4 == position / 4 && other <= position
            let weight = weights.elements[(head * 16 + position) * 16 + other]
            #expect((weight > 0) == isSeen)
          }
        }
      }
    }
  }

  @Test func persistentAndRecycledQueriesPickTheKeysOfGreatestWeight() throws {
    let golden = GoldenModel(name: "tiny-llama-gqa")
    let model = try golden.load()
    func weights(_ text: String, layer: Int) throws -> (full: [Float], seen: [Float]) {
      var options = GenerationOptions()
      options.switches = try SwitchRuns.switches(["kv_policy=\(text)"])
      let probe = Probe(places: [
        "layer.0.attention.probabilities", "layer.1.attention.probabilities",
      ])
      _ = try model.generate(
        tokens: try golden.prompts()[0], steps: 1, options: options, probe: probe)
      return (
        probe.arrays("layer.0.attention.probabilities")[0].elements,
        probe.arrays("layer.\(layer).attention.probabilities")[0].elements
      )
    }
    func greatest(_ count: Int, _ values: [Float]) -> Set<Int> {
      Set(values.indices.sorted { values[$0] > values[$1] }.prefix(count))
    }
    let tidal = try weights("persistent:5,select=0", layer: 1)
    for position in 6..<16 {
      let sums = (0..<position).map { key in
        (0..<8).reduce(Float(0)) { $0 + tidal.full[($1 * 16 + position) * 16 + key] }
      }
      let picked = greatest(4, sums).union([position])
      for head in 0..<8 {
        let seen = (0..<16).filter { tidal.seen[(head * 16 + position) * 16 + $0] > 0 }
        #expect(Set(seen) == picked)
      }
    }
    let recycled = try weights("recycled:4,period=5", layer: 0)
    for kvHead in 0..<2 {
      let heads = kvHead * 4..<(kvHead + 1) * 4
      let sums = (0...10).map { key in
        heads.reduce(Float(0)) { $0 + recycled.full[($1 * 16 + 10) * 16 + key] }
      }
      for position in 11..<15 {
        let picked = greatest(4, sums).union(11...position)
        for head in heads {
          let seen = (0..<16).filter { recycled.seen[(head * 16 + position) * 16 + $0] > 0 }
          #expect(Set(seen) == picked)
        }
      }
    }
  }

  @Test func streamingHeadsSeeTheWindowAndRetrievalHeadsEverything() throws {
    let golden = GoldenModel(name: "tiny-llama-gqa")
    var options = GenerationOptions()
    options.switches = try SwitchRuns.switches(["kv_policy=retrieval:0/1,window=3,sinks=1"])
    let probe = Probe(places: ["layer.0.attention.probabilities"])
    _ = try golden.load().generate(
      tokens: try golden.prompts()[0], steps: 1, options: options, probe: probe)
    let weights = probe.arrays("layer.0.attention.probabilities")[0].elements
    for head in 0..<8 {
      for position in 0..<16 {
        for key in 0..<16 {
          let isSeen = key <= position && (head >= 4 || key == 0 || key + 3 > position)
          #expect((weights[(head * 16 + position) * 16 + key] > 0) == isSeen)
        }
      }
    }
  }

  @Test func aDensePrefillLeavesPromptsAlone() throws {
    let runs = SwitchRuns("tiny-llama-gqa")
    let plain = try runs.run([])
    for text in ["persistent:3,select=0", "blocks:2,k=2", "recycled:2,period=4"] {
      let sparse = try runs.run(["kv_policy=\(text)"])
      let dense = try runs.run(["kv_policy=\(text),prefill=dense"])
      #expect(sparse.generation.promptLogits != plain.generation.promptLogits)
      #expect(dense.generation.promptLogits == plain.generation.promptLogits)
      #expect(dense.generation.stepLogits != plain.generation.stepLogits)
      let prompts = dense.operators.filter { $0.phase == .prefill && $0.kind == .attention }
      #expect(
        prompts.attentionFLOPs
          == plain.operators.filter {
            $0.phase == .prefill && $0.kind == .attention
          }.attentionFLOPs)
    }
  }
}
