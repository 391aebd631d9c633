// Written by Scripts/embed-presets.sh from configs/; do not edit.
// swift-format-ignore-file

/// The YAML text of every preset, by folder and name.
let embeddedPresets: [String: [String: String]] = [
  "models": [
    "glam-143b": #"""
      name: glam-143b
      family: glam
      source: >-
        sizes as Duplex (arXiv 2409.01141) uses them: 64 experts of two matrices in every other layer; rotary base, norm and context length are assumptions
      layers: 32
      hidden: 4096
      heads: 32
      kv_heads: 32
      head_dim: 128
      intermediate: 16384
      vocabulary: 256000
      positions: 8192
      position_embedding: {kind: rope, theta: 10000}
      norm: rms
      norm_epsilon: 1.0e-5
      norm_placement: pre
      activation: gelu_tanh
      gated: false
      biases: {query_key_value: false, attention_output: false, feed_forward: false}
      query_key_norm: false
      tied_embeddings: true
      experts: {count: 64, top_k: 2, layer_stride: 2, first_layer: 1}
      dtype: f16
      """#,
    "gpt3-13b": #"""
      name: gpt3-13b
      family: gpt2
      source: >-
        standard: GPT-3 sizes as NeuPIMs (arXiv 2403.00579) uses them; vocabulary 50257, 2048 learned positions and tied head as in GPT-3 (arXiv 2005.14165)
      layers: 40
      hidden: 5120
      heads: 40
      kv_heads: 40
      head_dim: 128
      intermediate: 20480
      vocabulary: 50257
      positions: 2048
      position_embedding: {kind: learned}
      norm: layer
      norm_epsilon: 1.0e-5
      norm_placement: pre
      activation: gelu_tanh
      gated: false
      biases: {query_key_value: true, attention_output: true, feed_forward: true}
      query_key_norm: false
      tied_embeddings: true
      dtype: f16
      """#,
    "gpt3-175b": #"""
      name: gpt3-175b
      family: gpt2
      source: >-
        standard: GPT-3 sizes as NeuPIMs (arXiv 2403.00579) uses them; vocabulary 50257, 2048 learned positions and tied head as in GPT-3 (arXiv 2005.14165)
      layers: 96
      hidden: 12288
      heads: 96
      kv_heads: 96
      head_dim: 128
      intermediate: 49152
      vocabulary: 50257
      positions: 2048
      position_embedding: {kind: learned}
      norm: layer
      norm_epsilon: 1.0e-5
      norm_placement: pre
      activation: gelu_tanh
      gated: false
      biases: {query_key_value: true, attention_output: true, feed_forward: true}
      query_key_norm: false
      tied_embeddings: true
      dtype: f16
      """#,
    "gpt3-30b": #"""
      name: gpt3-30b
      family: gpt2
      source: >-
        standard: GPT-3 sizes as NeuPIMs (arXiv 2403.00579) uses them; vocabulary 50257, 2048 learned positions and tied head as in GPT-3 (arXiv 2005.14165)
      layers: 48
      hidden: 7168
      heads: 56
      kv_heads: 56
      head_dim: 128
      intermediate: 28672
      vocabulary: 50257
      positions: 2048
      position_embedding: {kind: learned}
      norm: layer
      norm_epsilon: 1.0e-5
      norm_placement: pre
      activation: gelu_tanh
      gated: false
      biases: {query_key_value: true, attention_output: true, feed_forward: true}
      query_key_norm: false
      tied_embeddings: true
      dtype: f16
      """#,
    "gpt3-7b": #"""
      name: gpt3-7b
      family: gpt2
      source: >-
        standard: GPT-3 sizes as NeuPIMs (arXiv 2403.00579) uses them; vocabulary 50257, 2048 learned positions and tied head as in GPT-3 (arXiv 2005.14165)
      layers: 32
      hidden: 4096
      heads: 32
      kv_heads: 32
      head_dim: 128
      intermediate: 16384
      vocabulary: 50257
      positions: 2048
      position_embedding: {kind: learned}
      norm: layer
      norm_epsilon: 1.0e-5
      norm_placement: pre
      activation: gelu_tanh
      gated: false
      biases: {query_key_value: true, attention_output: true, feed_forward: true}
      query_key_norm: false
      tied_embeddings: true
      dtype: f16
      """#,
    "grok1-314b": #"""
      name: grok1-314b
      family: grok
      source: >-
        sizes as Duplex (arXiv 2409.01141) uses them; tied embeddings, rotary base and context length as in the published model
      layers: 64
      hidden: 6144
      heads: 48
      kv_heads: 8
      head_dim: 128
      intermediate: 32768
      vocabulary: 131072
      positions: 8192
      position_embedding: {kind: rope, theta: 10000}
      norm: rms
      norm_epsilon: 1.0e-5
      norm_placement: pre
      activation: gelu_tanh
      gated: true
      biases: {query_key_value: false, attention_output: false, feed_forward: false}
      query_key_norm: false
      tied_embeddings: true
      experts: {count: 8, top_k: 2, layer_stride: 1, first_layer: 0}
      dtype: bf16
      """#,
    "llama2-7b": #"""
      name: llama2-7b
      family: llama
      source: >-
        published checkpoint configuration (arXiv 2307.09288)
      layers: 32
      hidden: 4096
      heads: 32
      kv_heads: 32
      head_dim: 128
      intermediate: 11008
      vocabulary: 32000
      positions: 4096
      position_embedding: {kind: rope, theta: 10000}
      norm: rms
      norm_epsilon: 1.0e-5
      norm_placement: pre
      activation: silu
      gated: true
      biases: {query_key_value: false, attention_output: false, feed_forward: false}
      query_key_norm: false
      tied_embeddings: false
      dtype: f16
      """#,
    "llama3-70b": #"""
      name: llama3-70b
      family: llama
      source: >-
        published checkpoint configuration (arXiv 2407.21783); a workload of Duplex (arXiv 2409.01141)
      layers: 80
      hidden: 8192
      heads: 64
      kv_heads: 8
      head_dim: 128
      intermediate: 28672
      vocabulary: 128256
      positions: 8192
      position_embedding: {kind: rope, theta: 500000}
      norm: rms
      norm_epsilon: 1.0e-5
      norm_placement: pre
      activation: silu
      gated: true
      biases: {query_key_value: false, attention_output: false, feed_forward: false}
      query_key_norm: false
      tied_embeddings: false
      dtype: bf16
      """#,
    "llama3-8b": #"""
      name: llama3-8b
      family: llama
      source: >-
        published checkpoint configuration (arXiv 2407.21783)
      layers: 32
      hidden: 4096
      heads: 32
      kv_heads: 8
      head_dim: 128
      intermediate: 14336
      vocabulary: 128256
      positions: 8192
      position_embedding: {kind: rope, theta: 500000}
      norm: rms
      norm_epsilon: 1.0e-5
      norm_placement: pre
      activation: silu
      gated: true
      biases: {query_key_value: false, attention_output: false, feed_forward: false}
      query_key_norm: false
      tied_embeddings: false
      dtype: bf16
      """#,
    "mixtral-8x7b": #"""
      name: mixtral-8x7b
      family: mixtral
      source: >-
        published checkpoint configuration (arXiv 2401.04088); a workload of Duplex (arXiv 2409.01141)
      layers: 32
      hidden: 4096
      heads: 32
      kv_heads: 8
      head_dim: 128
      intermediate: 14336
      vocabulary: 32000
      positions: 32768
      position_embedding: {kind: rope, theta: 1000000}
      norm: rms
      norm_epsilon: 1.0e-5
      norm_placement: pre
      activation: silu
      gated: true
      biases: {query_key_value: false, attention_output: false, feed_forward: false}
      query_key_norm: false
      tied_embeddings: false
      experts: {count: 8, top_k: 2, layer_stride: 1, first_layer: 0}
      dtype: bf16
      """#,
    "opt-66b": #"""
      name: opt-66b
      family: opt
      source: >-
        published checkpoint configuration (arXiv 2205.01068); a workload of Duplex (arXiv 2409.01141)
      layers: 64
      hidden: 9216
      heads: 72
      kv_heads: 72
      head_dim: 128
      intermediate: 36864
      vocabulary: 50272
      positions: 2048
      position_embedding: {kind: learned, offset: 2}
      norm: layer
      norm_epsilon: 1.0e-5
      norm_placement: pre
      activation: relu
      gated: false
      biases: {query_key_value: true, attention_output: true, feed_forward: true}
      query_key_norm: false
      tied_embeddings: true
      dtype: f16
      """#,
  ],
]
