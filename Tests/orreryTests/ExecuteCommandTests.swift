import Foundation
import Testing

@Suite struct ExecuteCommandTests {
  private let model = "Tests/ReferenceData/goldens/tiny-llama-gqa"

  @Test func executeGeneratesAndWritesLogits() throws {
    try withTemporaryFolder { folder in
      let logits = folder.appending(path: "l.npy").path()
      let output = try orrery([
        "execute", model, "--tokens", "5,6,7", "--generate", "3", "--logits", logits, "--json",
      ])
      #expect(output.code == 0)
      let result = try object(output.stdout)
      #expect((result["tokens"] as? [Int])?.count == 3)
      #expect(result["logits_shape"] as? [Int] == [1, 3, 256])
      let bytes = try Data(contentsOf: URL(filePath: logits))
      #expect(bytes.count % 64 == (3 * 256 * 4) % 64)
      #expect(bytes.suffix(3 * 256 * 4).count == 3_072)
    }
  }

  @Test func aTokenOutsideTheVocabularyIsBadInput() throws {
    let output = try orrery(["execute", model, "--tokens", "999"])
    #expect(output.code == 3 && output.stderr.contains("999"))
  }

  @Test func aRealModelsTraceHasItsFilesWeights() throws {
    try withTemporaryFolder { folder in
      let trace = folder.appending(path: "t.jsonl.zst").path()
      let emitted = try orrery([
        "trace", "emit", "--model", model, "--prompt", "8,5", "--batch", "2", "--generate", "2",
        "--execute", "-o", trace,
      ])
      #expect(emitted.code == 0, "\(emitted.stderr)")
      let summary = try object(try orrery(["trace", "show", trace, "--summary", "--json"]).stdout)
      let tensors = try #require(summary["tensors"] as? [String: [String: Int]])
      let file = repository.appending(path: model + "/model.safetensors").path()
      let size = try #require(
        try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int)
      let weights = try #require(tensors["weight"]?["bytes"])
      // The file holds the weights and a header of less than 8 KB.
      #expect(weights < size && weights > size - 8_192)
      let result = try object(
        try orrery(["simulate", trace, "--system", "a100", "--json"]).stdout)
      #expect(result["tokens"] as? Int == 2 + 4)
      #expect(result["prompt_tokens"] as? Int == 13)
    }
  }
}

extension ExecuteCommandTests {
  @Test func kernelsRunOnACapture() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "c.safetensors").path()
      let captured = try orrery([
        "execute", "Tests/ReferenceData/goldens/tiny-llama-gqa", "--tokens", "5,6,7,9,11",
        "--generate", "3", "--capture", "layer.1.attention", "-o", file,
      ])
      #expect(captured.code == 0, "\(captured.stderr)")
      for input in [file, file + ":layer.1.attention.step2"] {
        let compared = try orrery([
          "compare", "--kernel", "safe,online,streaming-memory-free", "--input", input, "--json",
        ])
        #expect(compared.code == 0, "\(compared.stdout)\(compared.stderr)")
      }
      // A wrong scale must not pass, or the reference would not be the captured output.
      let other = try orrery([
        "compare", "--kernel", "sigmoid", "--input", file, "--reference", file + ":out",
      ])
      #expect(other.code == 0 || other.code == 1)
      let missing = try orrery([
        "execute", "Tests/ReferenceData/goldens/tiny-llama-gqa", "--tokens", "5", "--capture",
        "layer.9.attention", "-o", file,
      ])
      #expect(missing.code == 3 && missing.stderr.contains("nothing was captured"))
    }
  }

  @Test func importedTracesAreSimulated() throws {
    try withTemporaryFolder { folder in
      let trace = folder.appending(path: "t.jsonl.zst").path()
      for (sample, options) in [
        ("tiny_llama_prefill_tp2.0.et", []), ("kineto.json.gz", ["--durations", "measured"]),
        ("pytorch-et.json.gz", []),
      ] {
        let converted = try orrery([
          "trace", "convert", "Tests/ReferenceData/formats/" + sample, trace,
        ])
        #expect(converted.code == 0, "\(converted.stderr)")
        #expect(try orrery(["trace", "check", trace]).code == 0)
        let result = try orrery(["simulate", trace, "--system", "h100", "--json"] + options)
        #expect(result.code == 0, "\(result.stderr)")
        #expect(try object(result.stdout)["time_ps"] as? Int ?? 0 > 0)
      }
      let bad = try orrery(["trace", "convert", "README.md", folder.appending(path: "x.et").path()])
      #expect(bad.code == 3)
      #expect(bad.stderr.split(separator: "\n").count == 1)
    }
  }
}
