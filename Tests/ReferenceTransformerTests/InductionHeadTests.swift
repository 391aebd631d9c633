import Numerics
import ReferenceTransformer
import Testing
import Units
import Workload

/// One attention layer with shifted keys and values does what takes two layers without: it finds the
/// last token that followed the current one (D11 of the seeds).
@Suite struct InductionHeadTests {
  /// Tokens are unit vectors; attention compares them and the head reads the copied one.
  private func model(vocabulary: Int) throws -> ReferenceModel {
    let architecture = TransformerArchitecture(
      name: "induction", family: .llama, source: "a test", layers: 1, hidden: 2 * vocabulary,
      heads: 1, kvHeads: 1, headDim: vocabulary, intermediate: 1, vocabulary: vocabulary,
      positions: 64, positionEmbedding: PositionEmbedding(kind: .none), norm: .rms,
      normEpsilon: 1e-12, activation: .relu, gated: false, tiedEmbeddings: false, dtype: .f32)
    return ReferenceModel(configuration: ModelConfiguration(architecture: architecture)) {
      (name, row, column) -> Float in
      switch name {
      // Token t is the unit vector t of the first half.
      case "model.embed_tokens.weight": row == column ? 1 : 0
      // Sharp comparison: the norm makes the unit sqrt(2 V) long.
      case "model.layers.0.self_attn.q_proj.weight": row == column ? 40 : 0
      case "model.layers.0.self_attn.k_proj.weight", "model.layers.0.self_attn.v_proj.weight":
        row == column ? 1 : 0
      // The copy goes to the second half, which the head reads.
      case "model.layers.0.self_attn.o_proj.weight": row == column + vocabulary ? 1 : 0
      case "lm_head.weight": column == row + vocabulary ? 1 : 0
      case let name where name.hasSuffix("norm.weight"): 1
      default: 0
      }
    }
  }

  @Test func aShiftedLayerCopiesTheSuccessorAndAPlainOneDoesNot() throws {
    let model = try model(vocabulary: 12)
    // ... 4 9 ... 4: the next is 9; and so on for several pairs.
    let prompt = [1, 7, 4, 9, 2, 8, 4]
    func next(_ key: Double, _ value: Double, _ prompt: [Int]) throws -> Int {
      var options = GenerationOptions()
      options.switches.keyShift = key
      options.switches.valueShift = value
      return try model.generate(tokens: prompt, steps: 1, options: options).tokens[0][0]
    }
    // Keys of the token before and values of the token itself: the key j is token j-1, so that
    // the query 4 meets the position behind its last occurrence, whose value is the successor.
    #expect(try next(1, 0, prompt) == 9)
    #expect(try next(1, 0, [5, 3, 0, 5]) == 3)
    #expect(try next(1, 0, [11, 10, 6, 2, 10]) == 6)
    // Without a shift a query finds its own token.
    #expect(try next(0, 0, prompt) == 4)
    #expect(try next(0, 0, [5, 3, 0, 5]) == 5)
  }
}
