internal import Workload

/// The names of a family's weights, as its Hugging Face checkpoints have them.
///
/// GLaM was never published; its names follow Mixtral's. Grok-1 follows the published conversion
/// to Hugging Face (hpcai-tech/grok-1).
struct WeightNaming {
  let embedding: String
  let positions: String
  let finalNorm: String
  let head: String
  let layers: String
  let query: String
  let key: String
  let value: String
  /// One matrix for queries, keys and values together, where the family has it so.
  let queryKeyValue: String?
  let attentionOutput: String
  let projectIn = "model.decoder.project_in"
  let projectOut = "model.decoder.project_out"
  let queryNorm = "self_attn.q_norm"
  let keyNorm = "self_attn.k_norm"
  let attentionNorm: String
  let feedForwardNorm: String
  /// The norms behind the sublayers in peri placement.
  let postAttentionNorm: String
  let postFeedForwardNorm: String
  let gate: String
  let up: String
  let down: String
  let router: String
  let experts: String
  let expertGate: String
  let expertUp: String
  let expertDown: String
  /// The last part of a norm's weight name.
  let normSuffix: String
  /// Whether linear layers are stored [in, out].
  let isConv1D: Bool

  init(_ family: ModelFamily) {
    switch family {
    case .gpt2:
      embedding = "transformer.wte"
      positions = "transformer.wpe"
      finalNorm = "transformer.ln_f"
      layers = "transformer.h"
      queryKeyValue = "attn.c_attn"
      attentionOutput = "attn.c_proj"
      attentionNorm = "ln_1"
      feedForwardNorm = "ln_2"
      up = "mlp.c_fc"
      down = "mlp.c_proj"
      isConv1D = true
    case .opt:
      embedding = "model.decoder.embed_tokens"
      positions = "model.decoder.embed_positions"
      finalNorm = "model.decoder.final_layer_norm"
      layers = "model.decoder.layers"
      queryKeyValue = nil
      attentionOutput = "self_attn.out_proj"
      attentionNorm = "self_attn_layer_norm"
      feedForwardNorm = "final_layer_norm"
      up = "fc1"
      down = "fc2"
      isConv1D = false
    default:
      embedding = "model.embed_tokens"
      positions = "model.embed_positions"
      finalNorm = "model.norm"
      layers = "model.layers"
      queryKeyValue = nil
      attentionOutput = family == .grok ? "attn.o_proj" : "self_attn.o_proj"
      attentionNorm = family == .grok ? "pre_attn_norm" : "input_layernorm"
      feedForwardNorm = family == .grok ? "pre_moe_norm" : "post_attention_layernorm"
      up = "mlp.up_proj"
      down = "mlp.down_proj"
      isConv1D = false
    }
    head = "lm_head"
    let attention = family == .grok ? "attn" : "self_attn"
    query = attention + ".q_proj"
    key = attention + ".k_proj"
    value = attention + ".v_proj"
    postAttentionNorm = family == .grok ? "post_attn_norm" : "post_attention_sublayer_norm"
    postFeedForwardNorm = family == .grok ? "post_moe_norm" : "post_feedforward_layernorm"
    gate = "mlp.gate_proj"
    let block = family == .grok ? "moe_block" : "block_sparse_moe"
    router = block + ".gate"
    experts = block + ".experts"
    expertGate = family == .grok ? "linear_v" : "w1"
    expertUp = family == .grok ? "linear" : "w3"
    expertDown = family == .grok ? "linear_1" : "w2"
    normSuffix = family == .grok ? ".scale" : ".weight"
  }
}
