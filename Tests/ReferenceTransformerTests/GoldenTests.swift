import Numerics
import ReferenceTransformer
import Testing
import Workload

@Suite struct GoldenTests {
  func expectClose(
    _ actual: [Float], _ reference: [some BinaryFloatingPoint],
    within tolerance: Double = GoldenModel.tolerance, _ what: String
  ) {
    let metrics = ErrorMetrics(actual: actual, reference: reference)
    #expect(
      metrics.maximumAbsolute <= tolerance && metrics.nonFiniteCount == 0,
      "\(what): \(metrics.maximumAbsolute)")
  }

  @Test(arguments: GoldenModel.all)
  func logitsAndGreedyTokensMatchTheReference(golden: GoldenModel) throws {
    let model = try golden.load()
    let prompts = try golden.prompts()
    let expected = try golden.greedy()
    let logits = try NPYFile.read(golden.directory + "/logits_f64.npy", as: Double.self)
    let decode = try golden.floats("decode_logits")
    for (row, prompt) in prompts.enumerated() {
      let run = try model.generate(tokens: prompt, steps: expected[row].count)
      #expect(run.tokens == [expected[row]])
      let size = logits.count / prompts.count
      expectClose(
        run.promptLogits[0].elements, Array(logits.elements[row * size..<(row + 1) * size]),
        "prompt logits")
      let decodeSize = decode.count / prompts.count
      expectClose(
        run.stepLogits[0].elements,
        Array(decode.elements[row * decodeSize..<(row + 1) * decodeSize]), "decode logits")
    }
  }

  @Test(arguments: GoldenModel.all)
  func hiddenStatesModuleOutputsProbabilitiesAndCacheMatch(golden: GoldenModel) throws {
    let model = try golden.load()
    let prompts = try golden.prompts()
    let layers = model.architecture.layers
    let probe = Probe { _ in true }
    var sink = DiscardingSink()
    let run = try model.generate(batch: prompts, steps: 1, probe: probe, into: &sink)
    for index in 0...layers {
      let captured = try #require(probe.arrays("hidden_states.\(index)").first)
      expectClose(
        captured.elements, try golden.floats("hidden_\(index)").elements, "hidden \(index)")
    }
    for layer in 0..<layers {
      let probabilities = probe.arrays("layer.\(layer).attention.probabilities")
      #expect(probabilities.count == prompts.count)
      expectClose(
        probabilities.flatMap(\.elements), try golden.floats("attn_probs_\(layer)").elements,
        "attention probabilities \(layer)")
      for (module, name) in [
        ("self_attn", "attention.output"), ("attn", "attention.output"),
        ("mlp", "feed_forward.output"), ("mlp.gate", "router.logits"),
      ] {
        for prefix in ["model.layers", "transformer.h", "model.decoder.layers"] {
          guard let file = try? golden.floats("module.\(prefix).\(layer).\(module)") else {
            continue
          }
          let captured = try #require(probe.arrays("layer.\(layer).\(name)").first)
          expectClose(captured.elements, file.elements, "\(prefix).\(layer).\(module)")
        }
      }
      for (file, cached) in [("kv_k", run.keys), ("kv_v", run.values)] {
        let expected = try golden.floats("\(file)_\(layer)")
        let (heads, tokens, dim) = (expected.shape[1], expected.shape[2], expected.shape[3])
        for request in prompts.indices {
          let array = cached[request][layer]
          #expect(array.shape == [tokens, heads, dim])
          var turned = [Float]()
          for head in 0..<heads {
            for token in 0..<tokens {
              for element in 0..<dim { turned.append(array[token, head, element]) }
            }
          }
          let size = heads * tokens * dim
          expectClose(
            turned, Array(expected.elements[request * size..<(request + 1) * size]),
            "\(file) \(layer)")
        }
      }
    }
  }

  @Test(arguments: GoldenModel.all)
  func chunkedPrefillDecodeAndBatchingGiveTheSameBits(golden: GoldenModel) throws {
    let model = try golden.load()
    let prompts = try golden.prompts()
    let ragged = [prompts[0], Array(prompts[1].prefix(5)), Array(prompts[0].suffix(1))]
    let alone = try ragged.map { try model.generate(tokens: $0, steps: 4) }
    for chunk in [nil, 1, 3, 7] {
      var options = GenerationOptions()
      options.chunk = chunk
      var sink = DiscardingSink()
      let batch = try model.generate(batch: ragged, steps: 4, options: options, into: &sink)
      for request in ragged.indices {
        #expect(batch.promptLogits[request] == alone[request].promptLogits[0])
        #expect(batch.stepLogits[request] == alone[request].stepLogits[0])
        #expect(batch.tokens[request] == alone[request].tokens[0])
        #expect(batch.keys[request] == alone[request].keys[0])
        #expect(batch.values[request] == alone[request].values[0])
      }
    }
  }
}
