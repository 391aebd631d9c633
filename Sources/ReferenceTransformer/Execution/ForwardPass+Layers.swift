internal import Numerics
internal import Units
internal import Workload

extension ForwardPass {
  /// One decoder layer: attention and feed-forward network, each beside the residual stream.
  mutating func decoderLayer(
    _ x: Value, _ weights: LayerWeights, index: Int, rotary: RotaryEmbedding?,
    routing: inout Routing, probe: Probe?
  ) -> Value {
    let keepsAttention = !switches.droppedAttention.contains(index)
    let keepsFeedForward = !switches.droppedFeedForward.contains(index)
    guard keepsAttention || keepsFeedForward else { return x }
    begin(layer: index, tokens: x.rows)
    let placement = switches.normPlacement ?? configuration.architecture.normPlacement
    var middle = x
    if keepsAttention {
      var input = x
      if placement != .post { input = norm(x, weights.attentionNorm) }
      probe?.take("layer.\(index).attention.input", input)
      var attention = attentionSublayer(
        input, weights, index: index, rotary: rotary, routing: &routing, probe: probe)
      probe?.take("layer.\(index).attention.output", attention)
      if placement == .peri {
        let name = weights.name + ".post_attention_sublayer_norm"
        attention = norm(attention, weights.postAttentionNorm ?? NormLayer(name: name))
      }
      middle = add(
        x, attention, name: weights.name + ".attention_residual",
        isResidual: placement != .post)
      if placement == .post { middle = norm(middle, weights.attentionNorm, isResidual: true) }
    }
    guard keepsFeedForward else { return middle }
    var inner = middle
    if placement != .post { inner = norm(middle, weights.feedForwardNorm) }
    inner = shiftInput(inner, layer: index, name: weights.name + ".mlp.shift")
    probe?.take("layer.\(index).feed_forward.input", inner)
    var network = feedForwardSublayer(
      inner, weights, index: index, routing: &routing, probe: probe)
    probe?.take("layer.\(index).feed_forward.output", network)
    if placement == .peri {
      let name = weights.name + ".post_feedforward_layernorm"
      network = norm(network, weights.postFeedForwardNorm ?? NormLayer(name: name))
    }
    let out = add(
      middle, network, name: weights.name + ".feed_forward_residual",
      isResidual: placement != .post)
    return placement == .post ? norm(out, weights.feedForwardNorm, isResidual: true) : out
  }

  private mutating func attentionSublayer(
    _ input: Value, _ weights: LayerWeights, index: Int, rotary: RotaryEmbedding?,
    routing: inout Routing, probe: Probe?
  ) -> Value {
    let architecture = configuration.architecture
    let queries = architecture.heads * architecture.headDim
    let keys = architecture.kvHeads * architecture.headDim
    let name = weights.name + ".self_attn"
    var projected: [Value]
    switch weights.projection {
    case .merged(let linear):
      projected = mergedLinear(input, linear, widths: [queries, keys, keys])
    case .separate(let query, let key, let value):
      projected = linears(input, [query, key, value], name: name + ".qkv_proj")
    }
    if let queryNorm = weights.queryNorm { projected[0] = headNorm(projected[0], queryNorm) }
    if let keyNorm = weights.keyNorm { projected[1] = headNorm(projected[1], keyNorm) }
    (projected[1], projected[2]) = shift(
      projected[1], projected[2], layer: index, name: name + ".kv_shift")
    if let rotary {
      (projected[0], projected[1]) = rotate(
        projected[0], projected[1], rotary, name: name + ".rope")
    }
    probe?.take("layer.\(index).attention.query", projected[0])
    probe?.take("layer.\(index).attention.key", projected[1])
    probe?.take("layer.\(index).attention.value", projected[2])
    if switches.linearDecay != nil {
      let context = attendLinearly(
        projected[0], key: projected[1], value: projected[2], layer: index,
        name: name + ".linear_attention")
      probe?.take("layer.\(index).attention.context", context)
      return linear(context, weights.attentionOutput)
    }
    append(key: projected[1], value: projected[2], layer: index, name: name + ".kv_append")
    let heads = routeHeads(projected[0], name: name, routing: &routing)
    let context = attend(
      projected[0], key: projected[1], layer: index, name: name + ".attention", heads: heads,
      probe: probe)
    return linear(context.whole, weights.attentionOutput, parts: context.parts)
  }

  private mutating func feedForwardSublayer(
    _ input: Value, _ weights: LayerWeights, index: Int, routing: inout Routing, probe: Probe?
  ) -> Value {
    let name = weights.name + ".mlp"
    switch weights.feedForward {
    case .dense(let network):
      var inner: Value
      if let gate = network.gate {
        let both = linears(input, [gate, network.up], name: name + ".gate_up_proj")
        inner = activate(both[0], gatedBy: both[1], name: name + ".activation")
      } else {
        inner = linear(input, network.up)
        inner = activate(inner, gatedBy: nil, name: name + ".activation")
      }
      return linear(inner, network.down)
    case .mixture(let router, let experts):
      return mixture(
        input, router: router, experts: experts, layer: index, name: name, routing: &routing,
        probe: probe)
    }
  }
}
