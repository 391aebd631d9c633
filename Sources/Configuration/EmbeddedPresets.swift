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
  "systems": [
    "a100": #"""
      # One A100-class device with 40 GB at analytic fidelity: the GPU baseline of NeuPIMs.
      name: a100
      source: >-
        paper (arXiv 2403.00579): A100 40 GB with 1555 GB/s; rates, clock and links from the vendor's A100
        datasheet; link latency as for h100 (assumption); no fixed costs (assumption)
      type: roofline
      clock: {name: sm, frequency: 1.41 GHz}
      device:
        matrix_rate:
          f16: 312 TFLOPS
          bf16: 312 TFLOPS
          i8: 624 TFLOPS
          f32: 19.5 TFLOPS
          f64: 19.5 TFLOPS
        vector_rate: 19.5 TFLOPS
        launch: 0 ps
      memory: {capacity: 40 GiB, bandwidth: 1555 GB/s}
      link: {bandwidth: 300 GB/s, latency: 0.8 us}
      """#,
    "h100": #"""
      # One H100-class device at analytic fidelity.
      name: h100
      source: >-
        paper (arXiv 2409.01141) and its authors' public simulator: 989.4 TFLOPS dense FP16, 5 stacks of
        670.4 GB/s, 80 GB, links of 450 GB/s each way and 0.8 us a hop; FP32 vector rate, FP8 and INT8
        rates and boost clock from the vendor's H100 SXM datasheet; no fixed costs (assumption)
      type: roofline
      clock: {name: sm, frequency: 1.83 GHz}
      device:
        matrix_rate:
          f16: 989.4 TFLOPS
          bf16: 989.4 TFLOPS
          f8e4m3: 1978.9 TFLOPS
          f8e5m2: 1978.9 TFLOPS
          i8: 1978.9 TFLOPS
          f32: 66.9 TFLOPS
          f64: 66.9 TFLOPS
        vector_rate: 66.9 TFLOPS
        launch: 0 ps
      memory: {capacity: 80 GiB, bandwidth: 3.352 TB/s}
      link: {bandwidth: 450 GB/s, latency: 0.8 us}
      """#,
    "npu": #"""
      # The NPU of NeuPIMs with its memory used as plain DRAM, at analytic fidelity.
      name: npu
      source: >-
        the authors' public simulator of arXiv 2403.00579: 8 arrays of 128x128 at 1 GHz (131 072 MAC a
        cycle), 8 vector units of 128 lanes, 32 channels of 1 GiB and 32 GB/s; FP32 at a quarter of the
        FP16 rate (assumption); link rate and latency (assumption: those of a100); no fixed costs
      type: roofline
      clock: {name: core, frequency: 1 GHz}
      device:
        matrix_rate:
          f16: 262.144 TFLOPS
          bf16: 262.144 TFLOPS
          f32: 65.536 TFLOPS
        vector_rate: 1.024 TFLOPS
        launch: 0 ps
      memory: {capacity: 32 GiB, bandwidth: 1.024 TB/s}
      link: {bandwidth: 300 GB/s, latency: 0.8 us}
      """#,
  ],
]
