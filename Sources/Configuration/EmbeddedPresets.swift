// Written by Scripts/embed-presets.sh from configs/; do not edit.
// swift-format-ignore-file

/// The YAML text of every preset, by folder and name.
let embeddedPresets: [String: [String: String]] = [
  "devices": [
    "attacc-bank": #"""
      # AttAcc (ASPLOS 2024) with units at the level bank: a product covers all 64 banks of a channel.
      name: attacc-bank
      source: >-
        AttAcc (ASPLOS 2024) and its public simulator: keys lie over pseudo channels, ranks and groups by
        token and over the banks of a group by dimension; scores move after 16 rows of tokens; the order of
        banks that one command does not cover is an assumption (groups, then columns, then ranks and banks)
      memory: hbm3-5.2-attacc
      commands: {activate: ACTAB, product: MACAB, precharge: PREA}
      covers: {pseudo_channel: 2, rank: 2, bank_group: 4, bank: 4}
      interleaved: [bank_group]
      token_levels: [pseudo_channel, rank, bank_group]
      dimension_levels: [bank]
      lanes: 16
      rows_per_barrier: 16
      queue: 32
      buffers:
        query: WRGB
        to_units: MVGB
        from_units: MVSB
        softmax: SFM
        move_covers: [pseudo_channel]
        summed_levels: [bank_group]
      """#,
    "attacc-bankgroup": #"""
      # AttAcc (ASPLOS 2024) with units at the level bankgroup: a product covers the same bank of the 16 groups of a channel.
      name: attacc-bankgroup
      source: >-
        AttAcc (ASPLOS 2024) and its public simulator: keys lie over pseudo channels, ranks and groups by
        token and over the banks of a group by dimension; scores move after 16 rows of tokens; the order of
        banks that one command does not cover is an assumption (groups, then columns, then ranks and banks)
      memory: hbm3-5.2-attacc
      commands: {activate: ACTSB, product: MACSB, precharge: PRESB}
      covers: {pseudo_channel: 2, rank: 2, bank_group: 4, bank: 1}
      interleaved: [bank_group]
      token_levels: [pseudo_channel, rank, bank_group]
      dimension_levels: [bank]
      lanes: 16
      rows_per_barrier: 16
      queue: 32
      buffers:
        query: WRGB
        to_units: MVGB
        from_units: MVSB
        softmax: SFM
        move_covers: [pseudo_channel]
        summed_levels: [bank_group]
      """#,
    "attacc-buffer": #"""
      # AttAcc (ASPLOS 2024) with units at the level buffer: a product covers one bank of both pseudo channels.
      name: attacc-buffer
      source: >-
        AttAcc (ASPLOS 2024) and its public simulator: keys lie over pseudo channels, ranks and groups by
        token and over the banks of a group by dimension; scores move after 16 rows of tokens; the order of
        banks that one command does not cover is an assumption (groups, then columns, then ranks and banks)
      memory: hbm3-5.2-attacc
      commands: {activate: ACTPB, product: MACPB, precharge: PREPB}
      covers: {pseudo_channel: 2, rank: 1, bank_group: 1, bank: 1}
      interleaved: [bank_group]
      token_levels: [pseudo_channel, rank, bank_group]
      dimension_levels: [bank]
      lanes: 16
      rows_per_barrier: 16
      queue: 32
      buffers:
        query: WRGB
        to_units: MVGB
        from_units: MVSB
        softmax: SFM
        move_covers: [pseudo_channel]
        summed_levels: [bank_group]
      """#,
    "bank-pim": #"""
      name: bank-pim
      source: "arXiv 2409.01141 and its authors' simulator: all 32 banks of a pseudo channel"
      commands: {activate: ABACT, read: ABRD, write: ABWR, precharge: ABPRE}
      banks: 32
      """#,
    "bankgroup-pim": #"""
      name: bankgroup-pim
      source: "arXiv 2409.01141 and its authors' simulator: one bank of every group of both ranks; taken as one bundle"
      commands: {activate: ALLACT, read: ALLRD, write: ALLWR, precharge: ALLPRE}
      banks: 8
      """#,
    "gddr6-aim": #"""
      # A product of every bank of a channel at once, after GDDR6-AiM; added by configuration alone.
      name: gddr6-aim
      source: "assumption: GDDR6-AiM-like, all 16 banks of a channel open one row and multiply together"
      commands: {activate: ACTAB, read: MACAB, write: WRAB, precharge: PREA}
      banks: 16
      """#,
    "logic-pim": #"""
      name: logic-pim
      source: "arXiv 2409.01141 and its authors' simulator: bundle of 8 banks: half of the banks of a rank, two of every group"
      commands: {activate: ALLACT, read: ALLRD, write: ALLWR, precharge: ALLPRE}
      banks: 8
      """#,
  ],
  "kernels": [
    "decode-attention": #"""
      # One decode step of grouped-query attention: every softmax kernel on flat data, tolerances by
      # precision. Naive and reordered kernels are finite here because logits have deviation 1.
      description: GQA decode, flat and peaky data
      kernels: [naive, safe, reordered, online, rabe-staats-sqrt, flash-attention-2, flash-decoding, lean,
                streaming-naive, streaming-scaled, streaming-reordered, streaming-memory-free]
      dtype: f32
      cases:
        - {shape: "heads=8,kv_heads=2,rows=1,keys=1024,dim=64", data: normal, seed: 1}
        - {shape: "heads=8,kv_heads=2,rows=1,keys=1024,dim=64", data: peaky, seed: 2}
      """#,
    "overflow": #"""
      # Logits of deviation 30 overflow exp in f32 (above 88.72) unless a maximum is subtracted.
      description: what overflows and what does not
      kernels: [safe, online, flash-attention-2, flash-decoding, lean, streaming-scaled,
                streaming-memory-free]
      dtype: f32
      cases:
        - {shape: "rows=4,keys=1024,dim=64", data: large, seed: 3}
        - {shape: "rows=4,keys=1024,dim=64", data: large, seed: 3, expect_non_finite: true,
           kernels: [naive, reordered, streaming-naive, streaming-reordered]}
      """#,
    "reference-cases": #"""
      # All reference cases of Tests/ReferenceData/kernels: f32 inputs, f64 expected outputs.
      # Attention cases run every kernel that subtracts a maximum, streaming graphs included; the tolerance
      # of each case is the one that its manifest states.
      description: the 22 reference kernels
      kernels:
        [safe, online, rabe-staats, rabe-staats-sqrt, rabe-staats-constant, flash-attention-2,
         flash-decoding, lean, streaming-scaled, streaming-memory-free]
      dtype: f32
      cases:
        - {file: ../../Tests/ReferenceData/kernels/sdpa_mha_full.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/sdpa_mha_causal.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/sdpa_gqa_causal.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/sdpa_mqa_causal.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/sdpa_decode_gqa.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/sdpa_chunked_prefill.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/sdpa_sliding_window.safetensors, rtol: 1e-05, atol: 1e-06}
        # Scores of some thousands: a dot product summed in f32 is off by some 1e-5 there, which exp turns
        # into an output error of up to 3.2e-5 (measured), above this tolerance. Accumulated in f64 it holds.
        - {file: ../../Tests/ReferenceData/kernels/sdpa_large_scores.safetensors, rtol: 1e-05, atol: 1e-06, accumulate: f64}
        - {file: ../../Tests/ReferenceData/kernels/sdpa_single_token.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/gemm_16x24x32.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/gemm_ragged_7x13x29.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/gemv_1x64x48.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/rmsnorm.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/layernorm.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/softmax.safetensors, rtol: 1e-05, atol: 1e-07}
        - {file: ../../Tests/ReferenceData/kernels/softmax_large.safetensors, rtol: 0.0001, atol: 1e-07}
        - {file: ../../Tests/ReferenceData/kernels/gelu_erf.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/gelu_tanh.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/swiglu.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/rope_half.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/rope_interleaved.safetensors, rtol: 1e-05, atol: 1e-06}
        - {file: ../../Tests/ReferenceData/kernels/moe_gate_top2.safetensors, rtol: 1e-05, atol: 1e-06}
      """#,
  ],
  "measured": [
    "h100-sxm": #"""
      # Kernels timed on a real GPU, for `orrery reproduce gpu`.
      name: h100-sxm
      device: NVIDIA H100 80GB HBM3, memory clock 2619 MHz
      source: >-
        measured 2026-11-26 with Scripts/measure-gpu.py, PyTorch 2.11.0+cu130, driver 580.159.04; median of 9
        replays; 1 GiB is read at 3.084 TB/s (a maximum), filled at 3.290, copied at 2.435 both ways together; a
        kernel that does nothing takes 1.18 us in a graph; the board draws 118 W idle, 541 W reading (3.065
        TB/s), 703 W in products of 8192 (662 TFLOP/s)
      dtype: bf16
      kernels:
        - {kind: gemm, m: 1, k: 4096, n: 14336, microseconds: 42.47, minimum: 41.95, maximum: 42.72}
        - {kind: gemm, m: 2, k: 4096, n: 14336, microseconds: 42.14, minimum: 42.07, maximum: 42.22}
        - {kind: gemm, m: 8, k: 4096, n: 14336, microseconds: 41.98, minimum: 41.96, maximum: 42.07}
        - {kind: gemm, m: 16, k: 4096, n: 14336, microseconds: 42.42, minimum: 42.37, maximum: 42.62}
        - {kind: gemm, m: 32, k: 4096, n: 14336, microseconds: 44.05, minimum: 44.01, maximum: 44.08}
        - {kind: gemm, m: 64, k: 4096, n: 14336, microseconds: 43.94, minimum: 43.91, maximum: 44.00}
        - {kind: gemm, m: 96, k: 4096, n: 14336, microseconds: 45.18, minimum: 45.15, maximum: 45.21}
        - {kind: gemm, m: 128, k: 4096, n: 14336, microseconds: 45.65, minimum: 45.61, maximum: 45.68}
        - {kind: gemm, m: 192, k: 4096, n: 14336, microseconds: 47.87, minimum: 47.75, maximum: 48.70}
        - {kind: gemm, m: 256, k: 4096, n: 14336, microseconds: 50.23, minimum: 50.11, maximum: 50.30}
        - {kind: gemm, m: 384, k: 4096, n: 14336, microseconds: 67.74, minimum: 64.14, maximum: 72.47}
        - {kind: gemm, m: 512, k: 4096, n: 14336, microseconds: 99.94, minimum: 91.49, maximum: 109.26}
        - {kind: gemm, m: 768, k: 4096, n: 14336, microseconds: 127.79, minimum: 121.58, maximum: 144.78}
        - {kind: gemm, m: 1024, k: 4096, n: 14336, microseconds: 172.25, minimum: 163.26, maximum: 174.86}
        - {kind: gemm, m: 1536, k: 4096, n: 14336, microseconds: 315.99, minimum: 265.99, maximum: 319.74}
        - {kind: gemm, m: 2048, k: 4096, n: 14336, microseconds: 384.40, minimum: 348.35, maximum: 408.55}
        - {kind: gemm, m: 3000, k: 4096, n: 14336, microseconds: 505.62, minimum: 497.24, maximum: 516.54}
        - {kind: gemm, m: 4096, k: 4096, n: 14336, microseconds: 695.02, minimum: 677.50, maximum: 751.97}
        - {kind: gemm, m: 8192, k: 4096, n: 14336, microseconds: 1470.22, minimum: 1386.43, maximum: 1542.36}
        - {kind: gemm, m: 1, k: 14336, n: 4096, microseconds: 44.76, minimum: 44.72, maximum: 45.44}
        - {kind: gemm, m: 1, k: 8192, n: 28672, microseconds: 161.30, minimum: 161.20, maximum: 161.78}
        - {kind: gemm, m: 16, k: 14336, n: 4096, microseconds: 45.03, minimum: 45.01, maximum: 45.11}
        - {kind: gemm, m: 16, k: 8192, n: 28672, microseconds: 169.92, minimum: 169.85, maximum: 170.13}
        - {kind: gemm, m: 64, k: 14336, n: 4096, microseconds: 46.93, minimum: 46.88, maximum: 46.98}
        - {kind: gemm, m: 64, k: 8192, n: 28672, microseconds: 169.87, minimum: 169.85, maximum: 169.99}
        - {kind: gemm, m: 256, k: 14336, n: 4096, microseconds: 56.17, minimum: 56.02, maximum: 56.52}
        - {kind: gemm, m: 256, k: 8192, n: 28672, microseconds: 210.11, minimum: 206.74, maximum: 212.03}
        - {kind: gemm, m: 1024, k: 14336, n: 4096, microseconds: 168.87, minimum: 166.73, maximum: 173.92}
        - {kind: gemm, m: 1024, k: 8192, n: 28672, microseconds: 671.11, minimum: 646.14, maximum: 678.12}
        - {kind: gemm, m: 4096, k: 14336, n: 4096, microseconds: 734.52, minimum: 664.85, maximum: 770.17}
        - {kind: gemm, m: 4096, k: 8192, n: 28672, microseconds: 2761.52, minimum: 2703.13, maximum: 3059.84}
        - {kind: gemm, m: 1, k: 4096, n: 6144, microseconds: 21.26, minimum: 20.99, maximum: 22.16}
        - {kind: gemm, m: 1, k: 4096, n: 4096, microseconds: 16.68, minimum: 16.66, maximum: 16.74}
        - {kind: gemm, m: 64, k: 4096, n: 6144, microseconds: 20.63, minimum: 20.56, maximum: 20.66}
        - {kind: gemm, m: 64, k: 4096, n: 4096, microseconds: 15.00, minimum: 14.99, maximum: 15.02}
        - {kind: gemm, m: 512, k: 4096, n: 6144, microseconds: 39.45, minimum: 36.09, maximum: 43.19}
        - {kind: gemm, m: 512, k: 4096, n: 4096, microseconds: 27.85, minimum: 26.97, maximum: 27.90}
        - {kind: gemm, m: 4096, k: 4096, n: 6144, microseconds: 288.23, minimum: 282.95, maximum: 293.49}
        - {kind: gemm, m: 4096, k: 4096, n: 4096, microseconds: 200.03, minimum: 194.53, maximum: 200.56}
        - {kind: gemm, m: 1, k: 12288, n: 49152, microseconds: 423.90, minimum: 423.75, maximum: 424.28}
        - {kind: gemm, m: 64, k: 12288, n: 49152, microseconds: 431.84, minimum: 431.53, maximum: 432.14}
        - {kind: gemm, m: 512, k: 12288, n: 49152, microseconds: 883.56, minimum: 819.53, maximum: 994.61}
        - {kind: gemm, m: 2048, k: 12288, n: 49152, microseconds: 3684.34, minimum: 3407.92, maximum: 4123.78}
        - {kind: gemm, m: 256, k: 4096, n: 8448, microseconds: 34.69, minimum: 34.63, maximum: 34.75}
        - {kind: gemm, m: 256, k: 4096, n: 16896, microseconds: 62.35, minimum: 62.25, maximum: 63.66}
        - {kind: gemm, m: 256, k: 4096, n: 17024, microseconds: 63.86, minimum: 61.96, maximum: 65.13}
        - {kind: gemm, m: 256, k: 4096, n: 25600, microseconds: 93.30, minimum: 93.12, maximum: 96.27}
        - {kind: gemm, m: 256, k: 4096, n: 33792, microseconds: 117.00, minimum: 116.68, maximum: 117.43}
        - {kind: gemm, m: 256, k: 4096, n: 33920, microseconds: 120.91, minimum: 118.37, maximum: 121.82}
        - {kind: gemm, count: 8, m: 1, k: 4096, n: 14336, microseconds: 332.81, minimum: 332.42, maximum: 334.31}
        - {kind: gemm, count: 8, m: 4, k: 4096, n: 14336, microseconds: 331.86, minimum: 331.68, maximum: 332.07}
        - {kind: gemm, count: 8, m: 16, k: 4096, n: 14336, microseconds: 335.23, minimum: 335.06, maximum: 335.39}
        - {kind: gemm, count: 8, m: 64, k: 4096, n: 14336, microseconds: 345.16, minimum: 345.02, maximum: 345.26}
        - {kind: gemm, count: 8, m: 256, k: 4096, n: 14336, microseconds: 386.96, minimum: 380.30, maximum: 405.58}
        - {kind: decode_attention, batch: 1, heads: 32, kv_heads: 8, context: 1024, head_dim: 128, microseconds: 6.61, minimum: 6.60, maximum: 6.62}
        - {kind: decode_attention, batch: 1, heads: 32, kv_heads: 8, context: 8192, head_dim: 128, microseconds: 16.72, minimum: 16.70, maximum: 16.77}
        - {kind: decode_attention, batch: 8, heads: 32, kv_heads: 8, context: 1024, head_dim: 128, microseconds: 16.45, minimum: 16.43, maximum: 16.46}
        - {kind: decode_attention, batch: 8, heads: 32, kv_heads: 8, context: 4096, head_dim: 128, microseconds: 49.20, minimum: 49.16, maximum: 49.27}
        - {kind: decode_attention, batch: 16, heads: 32, kv_heads: 8, context: 8192, head_dim: 128, microseconds: 175.54, minimum: 175.24, maximum: 175.79}
        - {kind: decode_attention, batch: 32, heads: 32, kv_heads: 8, context: 2048, head_dim: 128, microseconds: 91.47, minimum: 91.33, maximum: 91.95}
        - {kind: decode_attention, batch: 64, heads: 32, kv_heads: 8, context: 512, head_dim: 128, microseconds: 48.78, minimum: 48.70, maximum: 48.85}
        - {kind: decode_attention, batch: 64, heads: 32, kv_heads: 8, context: 1024, head_dim: 128, microseconds: 92.50, minimum: 92.37, maximum: 92.63}
        - {kind: decode_attention, batch: 64, heads: 32, kv_heads: 8, context: 2048, head_dim: 128, microseconds: 178.80, minimum: 178.22, maximum: 179.14}
        - {kind: decode_attention, batch: 64, heads: 32, kv_heads: 8, context: 4096, head_dim: 128, microseconds: 350.56, minimum: 350.38, maximum: 350.79}
        - {kind: decode_attention, batch: 128, heads: 32, kv_heads: 8, context: 512, head_dim: 128, microseconds: 92.38, minimum: 92.33, maximum: 92.53}
        - {kind: decode_attention, batch: 128, heads: 32, kv_heads: 8, context: 2048, head_dim: 128, microseconds: 352.25, minimum: 352.07, maximum: 352.78}
        - {kind: decode_attention, batch: 8, heads: 32, kv_heads: 32, context: 1024, head_dim: 128, microseconds: 47.89, minimum: 47.86, maximum: 47.94}
        - {kind: decode_attention, batch: 32, heads: 32, kv_heads: 32, context: 2048, head_dim: 128, microseconds: 350.65, minimum: 350.12, maximum: 351.08}
        - {kind: decode_attention, batch: 64, heads: 32, kv_heads: 32, context: 512, head_dim: 128, microseconds: 176.39, minimum: 176.31, maximum: 176.58}
        - {kind: decode_attention, batch: 64, heads: 32, kv_heads: 32, context: 1024, head_dim: 128, microseconds: 348.80, minimum: 348.54, maximum: 349.64}
        - {kind: decode_attention, batch: 16, heads: 64, kv_heads: 8, context: 2048, head_dim: 128, microseconds: 47.36, minimum: 47.33, maximum: 47.46}
        - {kind: decode_attention, batch: 64, heads: 64, kv_heads: 8, context: 1024, head_dim: 128, microseconds: 93.00, minimum: 92.87, maximum: 93.23}
        - {kind: prefill_attention, batch: 1, heads: 32, kv_heads: 8, context: 1024, head_dim: 128, microseconds: 31.70, minimum: 31.49, maximum: 31.89}
        - {kind: prefill_attention, batch: 1, heads: 32, kv_heads: 8, context: 2048, head_dim: 128, microseconds: 83.03, minimum: 82.91, maximum: 83.27}
        - {kind: prefill_attention, batch: 1, heads: 32, kv_heads: 8, context: 4096, head_dim: 128, microseconds: 259.17, minimum: 254.01, maximum: 276.17}
        - {kind: prefill_attention, batch: 1, heads: 32, kv_heads: 8, context: 8192, head_dim: 128, microseconds: 985.05, minimum: 896.54, maximum: 988.19}
        - {kind: prefill_attention, batch: 4, heads: 32, kv_heads: 8, context: 2048, head_dim: 128, microseconds: 286.16, minimum: 259.46, maximum: 289.01}
        - {kind: copy, rows: 64, columns: 4096, microseconds: 2.06, minimum: 2.06, maximum: 2.07}
        - {kind: add, rows: 64, columns: 4096, microseconds: 2.28, minimum: 2.28, maximum: 2.29}
        - {kind: rms_norm, rows: 64, columns: 4096, microseconds: 2.47, minimum: 2.46, maximum: 2.47}
        - {kind: gated_silu, rows: 64, columns: 4096, microseconds: 2.30, minimum: 2.30, maximum: 2.31}
        - {kind: softmax, rows: 64, columns: 4096, microseconds: 3.74, minimum: 3.74, maximum: 3.75}
        - {kind: copy, rows: 512, columns: 4096, microseconds: 4.65, minimum: 4.64, maximum: 4.66}
        - {kind: add, rows: 512, columns: 4096, microseconds: 6.06, minimum: 6.05, maximum: 6.06}
        - {kind: rms_norm, rows: 512, columns: 4096, microseconds: 4.69, minimum: 4.69, maximum: 4.70}
        - {kind: gated_silu, rows: 512, columns: 4096, microseconds: 6.15, minimum: 6.14, maximum: 6.15}
        - {kind: softmax, rows: 512, columns: 4096, microseconds: 9.12, minimum: 9.11, maximum: 9.13}
        - {kind: copy, rows: 2048, columns: 4096, microseconds: 13.09, minimum: 13.07, maximum: 13.12}
        - {kind: add, rows: 2048, columns: 4096, microseconds: 18.51, minimum: 18.48, maximum: 18.53}
        - {kind: rms_norm, rows: 2048, columns: 4096, microseconds: 13.62, minimum: 13.60, maximum: 13.64}
        - {kind: gated_silu, rows: 2048, columns: 4096, microseconds: 19.08, minimum: 19.06, maximum: 19.09}
        - {kind: softmax, rows: 2048, columns: 4096, microseconds: 28.91, minimum: 28.91, maximum: 28.94}
        - {kind: copy, rows: 8192, columns: 4096, microseconds: 46.31, minimum: 46.26, maximum: 46.35}
        - {kind: add, rows: 8192, columns: 4096, microseconds: 67.55, minimum: 67.46, maximum: 67.62}
        - {kind: rms_norm, rows: 8192, columns: 4096, microseconds: 47.13, minimum: 47.02, maximum: 47.18}
        - {kind: gated_silu, rows: 8192, columns: 4096, microseconds: 70.13, minimum: 70.08, maximum: 70.16}
        - {kind: softmax, rows: 8192, columns: 4096, microseconds: 106.35, minimum: 106.34, maximum: 106.58}
        - {kind: copy, rows: 64, columns: 14336, microseconds: 3.02, minimum: 3.01, maximum: 3.02}
        - {kind: add, rows: 64, columns: 14336, microseconds: 3.66, minimum: 3.66, maximum: 3.67}
        - {kind: rms_norm, rows: 64, columns: 14336, microseconds: 3.91, minimum: 3.91, maximum: 3.92}
        - {kind: gated_silu, rows: 64, columns: 14336, microseconds: 3.71, minimum: 3.70, maximum: 3.72}
        - {kind: softmax, rows: 64, columns: 14336, microseconds: 6.41, minimum: 6.41, maximum: 6.42}
        - {kind: copy, rows: 8192, columns: 14336, microseconds: 156.51, minimum: 156.43, maximum: 156.58}
        - {kind: add, rows: 8192, columns: 14336, microseconds: 230.83, minimum: 230.78, maximum: 230.94}
        - {kind: rms_norm, rows: 8192, columns: 14336, microseconds: 157.95, minimum: 157.84, maximum: 158.10}
        - {kind: gated_silu, rows: 8192, columns: 14336, microseconds: 241.37, minimum: 241.31, maximum: 241.50}
        - {kind: softmax, rows: 8192, columns: 14336, microseconds: 224.00, minimum: 223.96, maximum: 224.18}
        - {kind: gather, rows: 8388608, columns: 16, table_rows: 134217728, microseconds: 379.45, minimum: 379.33, maximum: 380.04}
        - {kind: gather, rows: 4194304, columns: 32, table_rows: 67108864, microseconds: 241.62, minimum: 241.44, maximum: 241.66}
        - {kind: gather, rows: 2097152, columns: 64, table_rows: 33554432, microseconds: 199.75, minimum: 199.61, maximum: 200.16}
        - {kind: gather, rows: 1048576, columns: 128, table_rows: 16777216, microseconds: 190.37, minimum: 190.25, maximum: 190.68}
        - {kind: gather, rows: 524288, columns: 256, table_rows: 8388608, microseconds: 188.96, minimum: 188.82, maximum: 190.56}
        - {kind: gather, rows: 262144, columns: 512, table_rows: 4194304, microseconds: 187.08, minimum: 186.97, maximum: 187.63}
        - {kind: gather, rows: 65536, columns: 2048, table_rows: 1048576, microseconds: 187.18, minimum: 187.08, maximum: 187.28}
        - {kind: gather, rows: 32768, columns: 4096, table_rows: 524288, microseconds: 187.02, minimum: 186.94, maximum: 187.13}
        - {kind: gather, rows: 4096, columns: 4096, table_rows: 524288, microseconds: 25.42, minimum: 25.40, maximum: 25.44}
        - {kind: gather, rows: 65536, columns: 4096, table_rows: 524288, microseconds: 369.82, minimum: 369.75, maximum: 369.98}
        - {kind: decode_layer, model: llama3-8b, batch: 1, context: 1024, microseconds: 180.64, minimum: 180.32, maximum: 181.36}
        - {kind: decode_layer, model: llama3-8b, batch: 8, context: 1024, microseconds: 198.75, minimum: 198.39, maximum: 198.94}
        - {kind: decode_layer, model: llama3-8b, batch: 32, context: 1024, microseconds: 235.35, minimum: 235.01, maximum: 235.55}
        - {kind: decode_layer, model: llama3-8b, batch: 64, context: 1024, microseconds: 283.67, minimum: 283.54, maximum: 283.89}
        - {kind: decode_layer, model: llama3-8b, batch: 64, context: 4096, microseconds: 565.24, minimum: 563.01, maximum: 566.45}
        - {kind: decode_layer, model: llama3-8b, batch: 128, context: 1024, microseconds: 382.32, minimum: 382.17, maximum: 382.47}
        - {kind: decode_layer, model: llama3-8b, batch: 256, context: 1024, microseconds: 590.09, minimum: 589.72, maximum: 590.29}
      """#,
  ],
  "memories": [
    "ddr4-2400": #"""
      name: ddr4-2400
      description: "DDR4-2400R, 64-bit channel of 8 Gb x8 devices, one rank"
      clock: "1.2 GHz"
      ticks_per_clock: 1
      burst: {bytes: "64 B", clocks: "nBL"}
      organization:
        levels: [{name: rank, count: 1}, {name: bank_group, count: 4}, {name: bank, count: 4}]
        rows: 65536
        columns: 128
        channels: 1
        density_gigabits: 8
        address_mapping: "row-rank-bank-column-bank_group-channel"
        source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"
      timing:
        nBL: {value: 4, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nCL: {value: 16, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nCWL: {value: 12, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nRCD: {value: 16, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nRP: {value: 16, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nRAS: {value: 39, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nRC: {value: 55, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nWR: {value: 18, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nRTP: {value: 9, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nCCDS: {value: 4, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nCCDL: {value: 6, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nWTRS: {value: 3, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nWTRL: {value: 9, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nCS: {value: 2, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nRRDS: {value: 4, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nRRDL: {value: 6, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nFAW: {value: 26, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nREFI: {value: 9364, source: "code: Ramulator 2.1 DDR4_2400R, JEDEC JESD79-4 class"}
        nRFC: {by_density: [{up_to_gigabits: 2, value: 193}, {up_to_gigabits: 4, value: 313}, {up_to_gigabits: 8, value: 433}, {up_to_gigabits: 16, value: 661}], source: "standard: JEDEC JESD79-4 tRFC1 160/260/350/550 ns in clocks of 0.833 ns, 8 Gb as in Ramulator 2.1; rounding of that source kept"}
      latency: {read: "nCL + nBL", write: "nCWL + nBL"}
      commands:
        - {name: ACT, bus: row, scope: bank, effect: activate}
        - {name: PREpb, bus: row, scope: bank, effect: precharge}
        - {name: PREab, bus: row, scope: rank, effect: precharge}
        - {name: RD, bus: row, scope: bank, effect: read}
        - {name: WR, bus: row, scope: bank, effect: write}
        - {name: RDA, bus: row, scope: bank, effect: read, auto_precharge: true}
        - {name: WRA, bus: row, scope: bank, effect: write, auto_precharge: true}
        - {name: REFab, bus: row, scope: rank, effect: refresh}
      constraints:
        # data bus and column commands
        - {scope: rank, preceding: [RD, RDA], following: [RD, RDA], delay: "nBL"}
        - {scope: rank, preceding: [WR, WRA], following: [WR, WRA], delay: "nBL"}
        - {scope: rank, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDS"}
        - {scope: rank, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDS"}
        - {scope: rank, preceding: [RD, RDA], following: [WR, WRA], delay: "nBL"}
        - {scope: rank, preceding: [WR, WRA], following: [RD, RDA], delay: "nBL"}
        - {scope: rank, preceding: [RD, RDA], following: [WR, WRA], delay: "nCL + nBL + 2 - nCWL", limit: turnaround}
        - {scope: rank, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRS", limit: turnaround}
        - {scope: bank_group, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        # activation and precharge
        - {scope: rank, preceding: [ACT], following: [ACT], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACT], following: [ACT], delay: "nRRDL", limit: row}
        - {scope: rank, preceding: [ACT], following: [ACT], delay: "nFAW", window: 4, limit: tfaw}
        - {scope: bank, preceding: [ACT], following: [ACT], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ACT], following: [RD, RDA, WR, WRA], delay: "nRCD", limit: row}
        - {scope: bank, preceding: [ACT], following: [PREpb], delay: "nRAS", limit: row}
        - {scope: rank, preceding: [ACT], following: [PREab], delay: "nRAS", limit: row}
        - {scope: bank, preceding: [PREpb], following: [ACT], delay: "nRP", limit: row}
        - {scope: rank, preceding: [PREab], following: [ACT], delay: "nRP", limit: row}
        - {scope: bank, preceding: [RD], following: [PREpb], delay: "nRTP", limit: row}
        - {scope: rank, preceding: [RD], following: [PREab], delay: "nRTP", limit: row}
        - {scope: bank, preceding: [WR], following: [PREpb], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: rank, preceding: [WR], following: [PREab], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: bank, preceding: [RDA], following: [ACT], delay: "nRTP + nRP", limit: row}
        - {scope: bank, preceding: [WRA], following: [ACT], delay: "nCWL + nBL + nWR + nRP", limit: row}
        # refresh: REFab
        - {scope: rank, preceding: [ACT], following: [REFab], delay: "nRC"}
        - {scope: rank, preceding: [PREpb, PREab], following: [REFab], delay: "nRP"}
        - {scope: rank, preceding: [RDA], following: [REFab], delay: "nRP + nRTP"}
        - {scope: rank, preceding: [WRA], following: [REFab], delay: "nCWL + nBL + nWR + nRP"}
        - {scope: rank, preceding: [REFab], following: [ACT, PREab], delay: "nRFC"}
        - {scope: rank, preceding: [REFab], following: [REFab], delay: "nRFC"}
        # ranks share the data bus
        - {scope: channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nBL"}
        - {scope: channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nBL"}
        - {scope: rank, preceding: [RD, RDA], following: [RD, RDA, WR, WRA], delay: "nBL + nCS", sibling: true}
        - {scope: rank, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nCS - nCL", sibling: true}
      refresh:
        interval: "nREFI"
        scope: rank
        all_bank: REFab
        postponement_limit: 8
        source: "standard: JEDEC JESD79-4, 7.8 us; at most 8 refreshes postponed"
      energy:
        read_per_bit: {core: 4.5}
        write_per_bit: {core: 4.5}
        source: "paper: DDR4 core energy per bit as cited with FGDRAM (MICRO 2017); activation and interface unknown"
      """#,
    "gddr6-aim": #"""
      # GDDR6-AiM-like: all 16 banks of a channel open a row and multiply at once; nothing but this file and
      # configs/devices/gddr6-aim.yaml was added for it.
      name: gddr6-aim
      description: "GDDR6 with a unit at every bank, after GDDR6-AiM: 16 banks a channel, all-bank products"
      clock: "1 GHz"
      ticks_per_clock: 1
      burst: {bytes: "32 B", clocks: "nBL"}
      organization:
        levels: [{name: rank, count: 1}, {name: bank_group, count: 4}, {name: bank, count: 4}]
        rows: 16384
        columns: 64
        channels: 32
        stacks: 1
        density_gigabits: 8
        address_mapping: "row-column-bank-bank_group-channel"
        source: "assumption: one GiB a channel pair, rows of 2 KiB, 32 channels a device"
      timing:
        nBL: {value: 2, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nCL: {value: 24, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nCWL: {value: 8, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nRCDRD: {value: 24, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nRCDWR: {value: 20, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nRP: {value: 24, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nRAS: {value: 32, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nRC: {value: 56, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nWR: {value: 24, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nRTPS: {value: 4, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nRTPL: {value: 4, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nCCDS: {value: 2, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nCCDL: {value: 3, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nRRDS: {value: 6, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nRRDL: {value: 6, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nWTRS: {value: 9, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nWTRL: {value: 11, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nFAW: {value: 24, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nREFI: {value: 1900, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
        nRFC: {value: 455, source: "assumption: GDDR6-AiM-like (SK hynix, ISSCC 2022 and Hot Chips 2022: 16 Gb/s, 16 banks a channel, one unit a bank, 2 KiB buffer); GDDR6 timings rounded up at 1 GHz"}
      latency: {read: "nCL + nBL", write: "nCWL + nBL"}
      commands:
        - {name: ACT, bus: row, scope: bank, effect: activate, ticks: 2}
        - {name: PREpb, bus: row, scope: bank, effect: precharge}
        - {name: PREab, bus: row, scope: rank, effect: precharge}
        - {name: RD, bus: column, scope: bank, effect: read}
        - {name: WR, bus: column, scope: bank, effect: write}
        - {name: RDA, bus: column, scope: bank, effect: read, auto_precharge: true}
        - {name: WRA, bus: column, scope: bank, effect: write, auto_precharge: true}
        - {name: REFab, bus: row, scope: rank, effect: refresh}
        # every bank of the channel at once
        - {name: ACTAB, bus: row, scope: channel, effect: none, ticks: 2}
        - {name: PREA, bus: row, scope: channel, effect: none}
        - {name: MACAB, bus: column, scope: channel, effect: none}
        - {name: WRAB, bus: column, scope: channel, effect: none}
      constraints:
        # data bus and column commands
        - {scope: channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nBL"}
        - {scope: channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nBL"}
        - {scope: channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDS"}
        - {scope: channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDS"}
        - {scope: channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nBL"}
        - {scope: channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nBL"}
        - {scope: channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nCL + nBL + 2 - nCWL", limit: turnaround}
        - {scope: channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRS", limit: turnaround}
        - {scope: bank_group, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        # activation and precharge
        - {scope: channel, preceding: [ACT], following: [ACT], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACT], following: [ACT], delay: "nRRDL", limit: row}
        - {scope: channel, preceding: [ACT], following: [ACT], delay: "nFAW", window: 4, limit: tfaw}
        - {scope: bank, preceding: [ACT], following: [ACT], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ACT], following: [RD, RDA], delay: "nRCDRD", limit: row}
        - {scope: bank, preceding: [ACT], following: [WR, WRA], delay: "nRCDWR", limit: row}
        - {scope: bank, preceding: [ACT], following: [PREpb], delay: "nRAS", limit: row}
        - {scope: rank, preceding: [ACT], following: [PREab], delay: "nRAS", limit: row}
        - {scope: bank, preceding: [PREpb], following: [ACT], delay: "nRP", limit: row}
        - {scope: rank, preceding: [PREab], following: [ACT], delay: "nRP", limit: row}
        - {scope: bank, preceding: [RD], following: [PREpb], delay: "nRTPL", limit: row}
        - {scope: rank, preceding: [RD], following: [PREab], delay: "nRTPS", limit: row}
        - {scope: bank, preceding: [WR], following: [PREpb], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: rank, preceding: [WR], following: [PREab], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: bank, preceding: [RDA], following: [ACT], delay: "nRTPL + nRP", limit: row}
        - {scope: bank, preceding: [WRA], following: [ACT], delay: "nCWL + nBL + nWR + nRP", limit: row}
        - {scope: rank, preceding: [ACT], following: [REFab], delay: "nRC"}
        - {scope: rank, preceding: [PREpb, PREab], following: [REFab], delay: "nRP"}
        - {scope: rank, preceding: [RDA], following: [REFab], delay: "nRP + nRTPL"}
        - {scope: rank, preceding: [WRA], following: [REFab], delay: "nCWL + nBL + nWR + nRP"}
        - {scope: rank, preceding: [REFab], following: [ACT, PREab], delay: "nRFC"}
        - {scope: rank, preceding: [REFab], following: [REFab], delay: "nRFC"}
        - {scope: channel, preceding: [ACTAB], following: [ACTAB], delay: "nRC", limit: row}
        - {scope: channel, preceding: [ACTAB], following: [MACAB], delay: "nRCDRD", limit: row}
        - {scope: channel, preceding: [ACTAB], following: [WRAB], delay: "nRCDWR", limit: row}
        - {scope: channel, preceding: [ACTAB], following: [PREA], delay: "nRAS", limit: row}
        - {scope: channel, preceding: [PREA], following: [ACTAB], delay: "nRP", limit: row}
        - {scope: channel, preceding: [MACAB], following: [MACAB], delay: "nCCDS"}
        - {scope: channel, preceding: [WRAB], following: [WRAB], delay: "nCCDS"}
        - {scope: channel, preceding: [MACAB], following: [PREA], delay: "nRTPS", limit: row}
        - {scope: channel, preceding: [WRAB], following: [PREA], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: channel, preceding: [WRAB], following: [MACAB], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        - {scope: channel, preceding: [MACAB], following: [WRAB], delay: "nCL + nBL + 2 - nCWL", limit: turnaround}
        - {scope: channel, preceding: [REFab], following: [ACTAB], delay: "nRFC"}
        - {scope: channel, preceding: [PREA], following: [REFab], delay: "nRP"}
        - {scope: channel, preceding: [ACTAB], following: [REFab], delay: "nRC"}
      refresh:
        interval: "nREFI"
        scope: rank
        all_bank: REFab
        postponement_limit: 8
        source: "standard: JEDEC JESD250, 1.9 us"
      """#,
    "hbm2-2000": #"""
      name: hbm2-2000
      description: "HBM2 at 2.0 Gb/s per pin, one 64-bit pseudo channel per controller, 8 Gb dies"
      clock: "1 GHz"
      ticks_per_clock: 1
      burst: {bytes: "32 B", clocks: "nBL"}
      organization:
        levels: [{name: pseudo_channel, count: 1}, {name: bank_group, count: 4}, {name: bank, count: 4}]
        rows: 65536
        columns: 32
        channels: 16
        density_gigabits: 8
        address_mapping: "row-bank-column-bank_group-channel"
        source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000"
      timing:
        nBL: {value: 2, source: "standard: burst length 4 at double data rate"}
        nCL: {value: 14, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000", disputed: "14 (Ramulator 2.1, DRAMsim3), 17 (DRAMSys), 20 (PIMSimulator)"}
        nCWL: {value: 5, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000", disputed: "5 (Ramulator 2.1), 4 (DRAMsim3), 7 (DRAMSys), 8 (PIMSimulator)"}
        nRCDRD: {value: 14, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000", disputed: "14 ns (Ramulator 2.1, DRAMsim3, PIMSimulator), 12 (DRAMSys)"}
        nRCDWR: {value: 12, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000", disputed: "12 ns (Ramulator 2.1), 14 (DRAMsim3), 10 (PIMSimulator), 6 (DRAMSys)"}
        nRP: {value: 14, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000"}
        nRAS: {value: 34, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000", disputed: "34 ns (Ramulator 2.1, DRAMsim3), 33 (PIMSimulator), 28 (DRAMSys)"}
        nRC: {value: 48, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000", disputed: "48 ns (Ramulator 2.1, DRAMsim3), 47 (PIMSimulator), 42 (DRAMSys)"}
        nWR: {value: 16, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000", disputed: "16 ns (Ramulator 2.1, DRAMsim3, PIMSimulator), 14 (DRAMSys)"}
        nRTPL: {value: 5, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000"}
        nCCDS: {value: 2, source: "standard: tCCD_S is the burst"}
        nCCDL: {value: 4, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000", disputed: "4 clocks (Ramulator 2.1, PIMSimulator), 3 (DRAMSys), 2 for bursts of 64 bytes (DRAMsim3)"}
        nWTRS: {value: 6, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000", disputed: "6 ns (Ramulator 2.1, DRAMsim3), 4 (PIMSimulator, DRAMSys)"}
        nWTRL: {value: 8, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000", disputed: "8 ns (Ramulator 2.1, DRAMsim3), 9 (PIMSimulator, DRAMSys)"}
        nRRDS: {value: 4, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000"}
        nRRDL: {value: 4, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000", disputed: "4 ns (Ramulator 2.1), 6 (DRAMsim3, PIMSimulator, DRAMSys)"}
        nFAW: {value: 15, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000", disputed: "15 ns (Ramulator 2.1, never binds), 16 ns (PIMSimulator, DRAMSys), 30 ns (DRAMsim3)"}
        nRFC: {value: 350, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000", disputed: "JEDEC 8 Gb 350 ns; 260 (DRAMsim3), 220 (DRAMSys)"}
        nRFCpb: {value: 160, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000", disputed: "160 ns (Ramulator 2.1, PIMSimulator), 96 (DRAMSys), 20 in a key that DRAMsim3 does not use"}
        nRREFD: {value: 8, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000"}
        nREFI: {value: 3900, source: "standard: JEDEC JESD235 class, value as in Ramulator 2.1 HBM2_2000"}
      latency: {read: "nCL + nBL", write: "nCWL + nBL"}
      commands:
        - {name: ACT, bus: row, scope: bank, effect: activate, ticks: 2}
        - {name: PREpb, bus: row, scope: bank, effect: precharge}
        - {name: PREab, bus: row, scope: pseudo_channel, effect: precharge}
        - {name: RD, bus: column, scope: bank, effect: read}
        - {name: WR, bus: column, scope: bank, effect: write}
        - {name: RDA, bus: column, scope: bank, effect: read, auto_precharge: true}
        - {name: WRA, bus: column, scope: bank, effect: write, auto_precharge: true}
        - {name: REFab, bus: row, scope: pseudo_channel, effect: refresh}
        - {name: REFpb, bus: row, scope: bank, effect: refresh}
      constraints:
        # data bus and column commands
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDS"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDS"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nCL + nBL + 2 - nCWL", limit: turnaround}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRS", limit: turnaround}
        - {scope: bank_group, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        # activation and precharge
        - {scope: pseudo_channel, preceding: [ACT], following: [ACT], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACT], following: [ACT], delay: "nRRDL", limit: row}
        - {scope: pseudo_channel, preceding: [ACT], following: [ACT], delay: "nFAW", window: 4, limit: tfaw}
        - {scope: bank, preceding: [ACT], following: [ACT], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ACT], following: [RD, RDA], delay: "nRCDRD", limit: row}
        - {scope: bank, preceding: [ACT], following: [WR, WRA], delay: "nRCDWR", limit: row}
        - {scope: bank, preceding: [ACT], following: [PREpb], delay: "nRAS", limit: row}
        - {scope: pseudo_channel, preceding: [ACT], following: [PREab], delay: "nRAS", limit: row}
        - {scope: bank, preceding: [PREpb], following: [ACT], delay: "nRP", limit: row}
        - {scope: pseudo_channel, preceding: [PREab], following: [ACT], delay: "nRP", limit: row}
        - {scope: bank, preceding: [RD], following: [PREpb], delay: "nRTPL", limit: row}
        - {scope: pseudo_channel, preceding: [RD], following: [PREab], delay: "nRTPL", limit: row}
        - {scope: bank, preceding: [WR], following: [PREpb], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: pseudo_channel, preceding: [WR], following: [PREab], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: bank, preceding: [RDA], following: [ACT], delay: "nRTPL + nRP", limit: row}
        - {scope: bank, preceding: [WRA], following: [ACT], delay: "nCWL + nBL + nWR + nRP", limit: row}
        # refresh: REFab and REFpb
        - {scope: pseudo_channel, preceding: [ACT], following: [REFab], delay: "nRC"}
        - {scope: pseudo_channel, preceding: [PREpb, PREab], following: [REFab], delay: "nRP"}
        - {scope: pseudo_channel, preceding: [RDA], following: [REFab], delay: "nRP + nRTPL"}
        - {scope: pseudo_channel, preceding: [WRA], following: [REFab], delay: "nCWL + nBL + nWR + nRP"}
        - {scope: pseudo_channel, preceding: [REFab], following: [ACT, PREab], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [REFab], following: [REFab], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [REFab], following: [REFpb], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [REFab], delay: "nRFCpb"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [REFpb], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [ACT], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [ACT], following: [REFpb], delay: "nRRDS"}
        - {scope: bank, preceding: [REFpb], following: [ACT], delay: "nRFCpb"}
        - {scope: bank, preceding: [REFpb], following: [REFpb], delay: "nRFCpb"}
        - {scope: bank, preceding: [ACT], following: [REFpb], delay: "nRC"}
        - {scope: bank, preceding: [PREpb], following: [REFpb], delay: "nRP"}
        - {scope: pseudo_channel, preceding: [PREab], following: [REFpb], delay: "nRP"}
        - {scope: bank, preceding: [RDA], following: [REFpb], delay: "nRTPL + nRP"}
        - {scope: bank, preceding: [WRA], following: [REFpb], delay: "nCWL + nBL + nWR + nRP"}
      refresh:
        interval: "nREFI"
        scope: pseudo_channel
        all_bank: REFab
        per_bank: REFpb
        postponement_limit: 8
        source: "standard: JEDEC JESD235, 3.9 us; at most 8 refreshes postponed"
      energy:
        activation: "909 pJ"
        read_per_bit: {cell: 1.51, on_die_path: 1.17, interface: 0.80}
        write_per_bit: {cell: 1.51, on_die_path: 1.17, interface: 0.80}
        source: "paper: FGDRAM (MICRO 2017), HBM2 energy per 1 KB activation and per bit"
      """#,
    "hbm2-a100": #"""
      name: hbm2-a100
      description: "HBM2 of an A100-class device: 1555.2 GB/s from five stacks at 2.43 Gb/s per pin, 40 GiB"
      clock: "1215 MHz"
      ticks_per_clock: 1
      burst: {bytes: "32 B", clocks: "nBL"}
      organization:
        levels: [{name: pseudo_channel, count: 1}, {name: bank_group, count: 4}, {name: bank, count: 4}]
        rows: 32768
        columns: 32
        channels: 80
        stacks: 5
        density_gigabits: 8
        address_mapping: "row-bank-column-bank_group-stack-channel"
        source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)"
      timing:
        nBL: {value: 2, source: "standard: burst length 4 at double data rate"}
        nCL: {duration: "14 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)", disputed: "14 (Ramulator 2.1, DRAMsim3), 17 (DRAMSys), 20 (PIMSimulator)"}
        nCWL: {duration: "5 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)", disputed: "5 (Ramulator 2.1), 4 (DRAMsim3), 7 (DRAMSys), 8 (PIMSimulator)"}
        nRCDRD: {duration: "14 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)", disputed: "14 ns (Ramulator 2.1, DRAMsim3, PIMSimulator), 12 (DRAMSys)"}
        nRCDWR: {duration: "12 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)", disputed: "12 ns (Ramulator 2.1), 14 (DRAMsim3), 10 (PIMSimulator), 6 (DRAMSys)"}
        nRP: {duration: "14 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)"}
        nRAS: {duration: "34 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)", disputed: "34 ns (Ramulator 2.1, DRAMsim3), 33 (PIMSimulator), 28 (DRAMSys)"}
        nRC: {duration: "48 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)", disputed: "48 ns (Ramulator 2.1, DRAMsim3), 47 (PIMSimulator), 42 (DRAMSys)"}
        nWR: {duration: "16 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)", disputed: "16 ns (Ramulator 2.1, DRAMsim3, PIMSimulator), 14 (DRAMSys)"}
        nRTPL: {duration: "5 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)"}
        nCCDS: {value: 2, source: "standard: tCCD_S is the burst"}
        nCCDL: {value: 4, source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)", disputed: "4 clocks (Ramulator 2.1, PIMSimulator), 3 (DRAMSys), 2 for bursts of 64 bytes (DRAMsim3)"}
        nWTRS: {duration: "6 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)", disputed: "6 ns (Ramulator 2.1, DRAMsim3), 4 (PIMSimulator, DRAMSys)"}
        nWTRL: {duration: "8 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)", disputed: "8 ns (Ramulator 2.1, DRAMsim3), 9 (PIMSimulator, DRAMSys)"}
        nRRDS: {duration: "4 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)"}
        nRRDL: {duration: "4 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)", disputed: "4 ns (Ramulator 2.1), 6 (DRAMsim3, PIMSimulator, DRAMSys)"}
        nFAW: {duration: "16 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)", disputed: "15 ns (Ramulator 2.1, never binds), 16 ns (PIMSimulator, DRAMSys), 30 ns (DRAMsim3)"}
        nRFC: {duration: "350 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)", disputed: "JEDEC 8 Gb 350 ns; 260 (DRAMsim3), 220 (DRAMSys)"}
        nRFCpb: {duration: "160 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)", disputed: "160 ns (Ramulator 2.1, PIMSimulator), 96 (DRAMSys), 20 in a key that DRAMsim3 does not use"}
        nRREFD: {duration: "8 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)"}
        nREFI: {duration: "3900 ns", source: "derived: HBM2 times in ns at 1.215 GHz; organisation assumed from 40 GB and 1555 GB/s (NVIDIA A100 data sheet)"}
      latency: {read: "nCL + nBL", write: "nCWL + nBL"}
      commands:
        - {name: ACT, bus: row, scope: bank, effect: activate, ticks: 2}
        - {name: PREpb, bus: row, scope: bank, effect: precharge}
        - {name: PREab, bus: row, scope: pseudo_channel, effect: precharge}
        - {name: RD, bus: column, scope: bank, effect: read}
        - {name: WR, bus: column, scope: bank, effect: write}
        - {name: RDA, bus: column, scope: bank, effect: read, auto_precharge: true}
        - {name: WRA, bus: column, scope: bank, effect: write, auto_precharge: true}
        - {name: REFab, bus: row, scope: pseudo_channel, effect: refresh}
        - {name: REFpb, bus: row, scope: bank, effect: refresh}
      constraints:
        # data bus and column commands
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDS"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDS"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nCL + nBL + 2 - nCWL", limit: turnaround}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRS", limit: turnaround}
        - {scope: bank_group, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        # activation and precharge
        - {scope: pseudo_channel, preceding: [ACT], following: [ACT], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACT], following: [ACT], delay: "nRRDL", limit: row}
        - {scope: pseudo_channel, preceding: [ACT], following: [ACT], delay: "nFAW", window: 4, limit: tfaw}
        - {scope: bank, preceding: [ACT], following: [ACT], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ACT], following: [RD, RDA], delay: "nRCDRD", limit: row}
        - {scope: bank, preceding: [ACT], following: [WR, WRA], delay: "nRCDWR", limit: row}
        - {scope: bank, preceding: [ACT], following: [PREpb], delay: "nRAS", limit: row}
        - {scope: pseudo_channel, preceding: [ACT], following: [PREab], delay: "nRAS", limit: row}
        - {scope: bank, preceding: [PREpb], following: [ACT], delay: "nRP", limit: row}
        - {scope: pseudo_channel, preceding: [PREab], following: [ACT], delay: "nRP", limit: row}
        - {scope: bank, preceding: [RD], following: [PREpb], delay: "nRTPL", limit: row}
        - {scope: pseudo_channel, preceding: [RD], following: [PREab], delay: "nRTPL", limit: row}
        - {scope: bank, preceding: [WR], following: [PREpb], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: pseudo_channel, preceding: [WR], following: [PREab], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: bank, preceding: [RDA], following: [ACT], delay: "nRTPL + nRP", limit: row}
        - {scope: bank, preceding: [WRA], following: [ACT], delay: "nCWL + nBL + nWR + nRP", limit: row}
        # refresh: REFab and REFpb
        - {scope: pseudo_channel, preceding: [ACT], following: [REFab], delay: "nRC"}
        - {scope: pseudo_channel, preceding: [PREpb, PREab], following: [REFab], delay: "nRP"}
        - {scope: pseudo_channel, preceding: [RDA], following: [REFab], delay: "nRP + nRTPL"}
        - {scope: pseudo_channel, preceding: [WRA], following: [REFab], delay: "nCWL + nBL + nWR + nRP"}
        - {scope: pseudo_channel, preceding: [REFab], following: [ACT, PREab], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [REFab], following: [REFab], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [REFab], following: [REFpb], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [REFab], delay: "nRFCpb"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [REFpb], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [ACT], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [ACT], following: [REFpb], delay: "nRRDS"}
        - {scope: bank, preceding: [REFpb], following: [ACT], delay: "nRFCpb"}
        - {scope: bank, preceding: [REFpb], following: [REFpb], delay: "nRFCpb"}
        - {scope: bank, preceding: [ACT], following: [REFpb], delay: "nRC"}
        - {scope: bank, preceding: [PREpb], following: [REFpb], delay: "nRP"}
        - {scope: pseudo_channel, preceding: [PREab], following: [REFpb], delay: "nRP"}
        - {scope: bank, preceding: [RDA], following: [REFpb], delay: "nRTPL + nRP"}
        - {scope: bank, preceding: [WRA], following: [REFpb], delay: "nCWL + nBL + nWR + nRP"}
      refresh:
        interval: "nREFI"
        scope: pseudo_channel
        all_bank: REFab
        per_bank: REFpb
        postponement_limit: 8
        source: "standard: JEDEC JESD235, 3.9 us; at most 8 refreshes postponed"
      energy:
        activation: "909 pJ"
        read_per_bit: {cell: 1.51, on_die_path: 1.17, interface: 0.80}
        write_per_bit: {cell: 1.51, on_die_path: 1.17, interface: 0.80}
        source: "paper: FGDRAM (MICRO 2017), HBM2 energy per 1 KB activation and per bit"
      """#,
    "hbm2-neupims-dual": #"""
      name: hbm2-neupims-dual
      description: "HBM2 of NeuPIMs with multipliers at every bank and a second row buffer for them"
      clock: "1 GHz"
      ticks_per_clock: 1
      burst: {bytes: "64 B", clocks: "nBL"}
      organization:
        levels: [{name: rank, count: 2}, {name: bank_group, count: 4}, {name: bank, count: 4}]
        rows: 32768
        columns: 16
        channels: 32
        density_gigabits: 8
        address_mapping: "row-rank-bank_group-bank-channel-column"
        source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"
      timing:
        nBL: {value: 2, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nCL: {value: 14, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nCWL: {value: 4, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRCD: {value: 14, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRP: {value: 14, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRAS: {value: 34, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nWR: {value: 16, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRRDS: {value: 4, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRRDL: {value: 6, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nWTRS: {value: 6, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nWTRL: {value: 8, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nREFI: {value: 3900, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRTRS: {value: 2, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nCCDS: {value: 1, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nCCDL: {value: 2, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nFAW: {value: 30, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRFC: {value: 260, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRC: {value: 48, source: "derived: tRAS + tRP, as that library does"}
        nRTP: {value: 5, source: "code: default of that library; the S/L values of the file are not read"}
      latency: {read: "nCL + nBL", write: "nCWL + nBL"}
      commands:
        - {name: ACT, bus: row, scope: bank, effect: activate}
        - {name: PREpb, bus: row, scope: bank, effect: precharge}
        - {name: RD, bus: row, scope: bank, effect: read}
        - {name: WR, bus: row, scope: bank, effect: write}
        - {name: REFab, bus: row, scope: rank, effect: refresh}
        - {name: GWRITE, bus: row, scope: bank, effect: none}
        - {name: HEADER, bus: row, scope: channel, effect: none}
        - {name: G_ACT, bus: row, scope: bank_group, effect: none}
        - {name: GEMV, bus: row, scope: channel, effect: none}
        - {name: PIM_PRE, bus: row, scope: bank, effect: none}
      constraints:
        # host: data bus and column commands
        - {scope: rank, preceding: [RD], following: [RD], delay: "max(nBL, nCCDS)"}
        - {scope: bank_group, preceding: [RD], following: [RD], delay: "max(nBL, nCCDL)"}
        - {scope: rank, preceding: [RD], following: [RD], delay: "nBL + nRTRS", sibling: true}
        - {scope: rank, preceding: [WR], following: [WR], delay: "max(nBL, nCCDS)"}
        - {scope: bank_group, preceding: [WR], following: [WR], delay: "max(nBL, nCCDL)"}
        - {scope: rank, preceding: [WR], following: [WR], delay: "nBL", sibling: true}
        - {scope: rank, preceding: [RD], following: [WR], delay: "nCL + nBL - nCWL + nRTRS", limit: turnaround}
        - {scope: rank, preceding: [RD], following: [WR], delay: "nCL + nBL - nCWL + nRTRS", sibling: true, limit: turnaround}
        - {scope: rank, preceding: [WR], following: [RD], delay: "nCWL + nBL + nWTRS", limit: turnaround}
        - {scope: bank_group, preceding: [WR], following: [RD], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        - {scope: rank, preceding: [WR], following: [RD], delay: "nCWL + nBL + nRTRS - nCL", sibling: true, limit: turnaround}
        # without turnaround the data bus is still one: columns of both directions follow each other as those of one
        - {scope: channel, preceding: [WR], following: [RD, GWRITE, GEMV], delay: "nBL"}
        - {scope: channel, preceding: [RD, GWRITE, GEMV], following: [WR], delay: "nBL"}
        # host: rows
        - {scope: rank, preceding: [ACT], following: [ACT], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACT], following: [ACT], delay: "nRRDL", limit: row}
        - {scope: rank, preceding: [ACT], following: [ACT], delay: "nFAW", window: 4, limit: tfaw}
        - {scope: bank, preceding: [ACT], following: [ACT], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ACT], following: [RD, WR, GWRITE], delay: "nRCD", limit: row}
        - {scope: bank, preceding: [ACT], following: [PREpb], delay: "nRAS", limit: row}
        - {scope: bank, preceding: [PREpb], following: [ACT], delay: "nRP", limit: row}
        - {scope: bank, preceding: [RD], following: [PREpb], delay: "nRTP", limit: row}
        - {scope: bank, preceding: [WR], following: [PREpb], delay: "nCWL + nBL + nWR", limit: row}
        # refresh
        - {scope: rank, preceding: [ACT], following: [REFab], delay: "nRC"}
        - {scope: rank, preceding: [PREpb], following: [REFab], delay: "nRP"}
        - {scope: rank, preceding: [REFab], following: [ACT, G_ACT, REFab], delay: "nRFC"}
        # operand load: 32 columns at tCCD_S + tCCD_L each through the normal row buffer
        - {scope: bank, preceding: [GWRITE], following: [RD, WR, PREpb], delay: "(nCCDS + nCCDL) * 32"}
        - {scope: rank, preceding: [GWRITE], following: [RD], delay: "max(nBL, nCCDS)"}
        - {scope: rank, preceding: [GWRITE], following: [WR], delay: "nCL + nBL - nCWL + nRTRS", limit: turnaround}
        - {scope: channel, preceding: [GWRITE], following: [GEMV], delay: "(nCCDS + nCCDL) * 32"}
        - {scope: bank, preceding: [GWRITE], following: [GWRITE], delay: "(nCCDS + nCCDL) * 32", sibling: true}
        - {scope: bank_group, preceding: [GWRITE], following: [GWRITE], delay: "(nCCDS + nCCDL) * 32", sibling: true}
        - {scope: rank, preceding: [RD], following: [GWRITE], delay: "max(nBL, nCCDS)"}
        - {scope: rank, preceding: [WR], following: [GWRITE], delay: "nCWL + nBL + nWTRS", limit: turnaround}
        - {scope: bank_group, preceding: [WR], following: [GWRITE], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        # rows of the multipliers
        - {scope: bank_group, preceding: [G_ACT], following: [G_ACT], delay: "nRC", limit: row}
        - {scope: rank, preceding: [G_ACT], following: [G_ACT, ACT], delay: "nFAW", limit: tfaw}
        - {scope: channel, preceding: [G_ACT], following: [GEMV], delay: "nRCD", limit: row}
        - {scope: rank, preceding: [ACT], following: [G_ACT], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACT], following: [G_ACT], delay: "nRRDL", limit: row}
        - {scope: bank_group, preceding: [G_ACT], following: [ACT], delay: "nRRDL", limit: row}
        - {scope: bank_group, preceding: [G_ACT], following: [PIM_PRE], delay: "nRAS", limit: row}
        - {scope: bank_group, preceding: [PIM_PRE], following: [G_ACT], delay: "nRP", limit: row}
        - {scope: rank, preceding: [PIM_PRE], following: [REFab], delay: "nRP"}
        # products and results
        - {scope: channel, preceding: [RD], following: [GEMV], delay: "max(nBL, nCCDS)"}
        - {scope: channel, preceding: [WR], following: [GEMV], delay: "nCWL + nBL + nWTRS", limit: turnaround}
        - {scope: channel, preceding: [GEMV], following: [RD], delay: "nBL + nRTRS"}
        - {scope: channel, preceding: [GEMV], following: [WR], delay: "nCL + nBL - nCWL + nRTRS", limit: turnaround}
        - {scope: channel, preceding: [GEMV], following: [GWRITE], delay: "max(nBL, nCCDS)"}
        - {scope: channel, preceding: [GEMV], following: [PIM_PRE], delay: "nRTP", limit: row}
        - {scope: channel, preceding: [GEMV], following: [G_ACT], delay: "nRTP + nRP", limit: row}
      refresh:
        interval: "nREFI"
        scope: rank
        all_bank: REFab
        postponement_limit: 8
        source: "code: rank-staggered in that library, one rank every tREFI / 2"
      energy:
        activation: "828 pJ"
        refresh_all_bank: "60840 pJ"
        read_per_bit: {core: 1.57}
        write_per_bit: {core: 2.09}
        source: "derived: IDD model at 1.2 V with IDD0 65, 2N 40, 3N 55, 4R 390, 4W 500, 5AB 250 mA of the same file; core only"
      pim:
        source: "paper: NeuPIMs (ASPLOS 2024); timings and tests as in the authors' memory library"
        level: bank
        lanes: 16
        element: f16
        row_buffers: dual
        commands: {load: GWRITE, header: HEADER, activate: G_ACT, composite: GEMV, precharge: PIM_PRE}
        load_time: "(nCCDS + nCCDL) * 32"
        compute_interval: "max(nBL, nCCDS)"
        pipeline_fill: 6
        result_latency: "nCL + nBL"
        refresh_fit:
          per_open_bank: "nRTP"
          per_activation_pair: "nFAW"
          activation: "nRCD"
          load_closed: "nRP + nRCD"
          result: "max(nBL, nCCDL)"
        queues: {transactions: 32, commands: 128, per_bank: 128, row_hits: 4, write_low: 8, host_slack: 10, reads_before_write: 32}
        energy:
          activate: "3312 pJ"
          compute: "3216 pJ"
          load: "12864 pJ"
          result: "804 pJ"
          standby_active: "66 pJ"
          standby_idle: "48 pJ"
          source: "code: G_ACT = 4 activations, COMP = 4 reads, GWRITE = page / 64 B reads, READRES = 16 bit x banks / 512 bit reads; standby 1.2 V x IDD3N and IDD2N a clock and rank; the second row buffer adds the same again"
      """#,
    "hbm2-neupims-single": #"""
      name: hbm2-neupims-single
      description: "HBM2 of NeuPIMs with multipliers at every bank and one row buffer (blocked mode, as Newton)"
      clock: "1 GHz"
      ticks_per_clock: 1
      burst: {bytes: "64 B", clocks: "nBL"}
      organization:
        levels: [{name: rank, count: 2}, {name: bank_group, count: 4}, {name: bank, count: 4}]
        rows: 32768
        columns: 16
        channels: 32
        density_gigabits: 8
        address_mapping: "row-rank-bank_group-bank-channel-column"
        source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"
      timing:
        nBL: {value: 2, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nCL: {value: 14, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nCWL: {value: 4, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRCD: {value: 14, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRP: {value: 14, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRAS: {value: 34, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nWR: {value: 16, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRRDS: {value: 4, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRRDL: {value: 6, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nWTRS: {value: 6, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nWTRL: {value: 8, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nREFI: {value: 3900, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRTRS: {value: 2, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nCCDS: {value: 1, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nCCDL: {value: 2, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nFAW: {value: 30, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRFC: {value: 260, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRC: {value: 48, source: "derived: tRAS + tRP, as that library does"}
        nRTP: {value: 5, source: "code: default of that library; the S/L values of the file are not read"}
      latency: {read: "nCL + nBL", write: "nCWL + nBL"}
      commands:
        - {name: ACT, bus: row, scope: bank, effect: activate}
        - {name: PREpb, bus: row, scope: bank, effect: precharge}
        - {name: RD, bus: row, scope: bank, effect: read}
        - {name: WR, bus: row, scope: bank, effect: write}
        - {name: REFab, bus: row, scope: rank, effect: refresh}
        - {name: GWRITE, bus: row, scope: bank, effect: none}
        - {name: HEADER, bus: row, scope: channel, effect: none}
        - {name: G_ACT, bus: row, scope: bank_group, effect: none}
        - {name: COMP, bus: row, scope: channel, effect: none}
        - {name: READRES, bus: row, scope: channel, effect: none}
      constraints:
        # host: data bus and column commands
        - {scope: rank, preceding: [RD], following: [RD], delay: "max(nBL, nCCDS)"}
        - {scope: bank_group, preceding: [RD], following: [RD], delay: "max(nBL, nCCDL)"}
        - {scope: rank, preceding: [RD], following: [RD], delay: "nBL + nRTRS", sibling: true}
        - {scope: rank, preceding: [WR], following: [WR], delay: "max(nBL, nCCDS)"}
        - {scope: bank_group, preceding: [WR], following: [WR], delay: "max(nBL, nCCDL)"}
        - {scope: rank, preceding: [WR], following: [WR], delay: "nBL", sibling: true}
        - {scope: rank, preceding: [RD], following: [WR], delay: "nCL + nBL - nCWL + nRTRS", limit: turnaround}
        - {scope: rank, preceding: [RD], following: [WR], delay: "nCL + nBL - nCWL + nRTRS", sibling: true, limit: turnaround}
        - {scope: rank, preceding: [WR], following: [RD], delay: "nCWL + nBL + nWTRS", limit: turnaround}
        - {scope: bank_group, preceding: [WR], following: [RD], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        - {scope: rank, preceding: [WR], following: [RD], delay: "nCWL + nBL + nRTRS - nCL", sibling: true, limit: turnaround}
        # without turnaround the data bus is still one: columns of both directions follow each other as those of one
        - {scope: channel, preceding: [WR], following: [RD, GWRITE, COMP, READRES], delay: "nBL"}
        - {scope: channel, preceding: [RD, GWRITE, COMP, READRES], following: [WR], delay: "nBL"}
        # host: rows
        - {scope: rank, preceding: [ACT], following: [ACT], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACT], following: [ACT], delay: "nRRDL", limit: row}
        - {scope: rank, preceding: [ACT], following: [ACT], delay: "nFAW", window: 4, limit: tfaw}
        - {scope: bank, preceding: [ACT], following: [ACT], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ACT], following: [RD, WR, GWRITE], delay: "nRCD", limit: row}
        - {scope: bank, preceding: [ACT], following: [PREpb], delay: "nRAS", limit: row}
        - {scope: bank, preceding: [PREpb], following: [ACT], delay: "nRP", limit: row}
        - {scope: bank, preceding: [RD], following: [PREpb], delay: "nRTP", limit: row}
        - {scope: bank, preceding: [WR], following: [PREpb], delay: "nCWL + nBL + nWR", limit: row}
        # refresh
        - {scope: rank, preceding: [ACT], following: [REFab], delay: "nRC"}
        - {scope: rank, preceding: [PREpb], following: [REFab], delay: "nRP"}
        - {scope: rank, preceding: [REFab], following: [ACT, G_ACT, REFab], delay: "nRFC"}
        # operand load: 32 columns at tCCD_S + tCCD_L each through the normal row buffer
        - {scope: bank, preceding: [GWRITE], following: [RD, WR, PREpb], delay: "(nCCDS + nCCDL) * 32"}
        - {scope: rank, preceding: [GWRITE], following: [RD], delay: "max(nBL, nCCDS)"}
        - {scope: rank, preceding: [GWRITE], following: [WR], delay: "nCL + nBL - nCWL + nRTRS", limit: turnaround}
        - {scope: channel, preceding: [GWRITE], following: [COMP, READRES], delay: "(nCCDS + nCCDL) * 32"}
        - {scope: bank, preceding: [GWRITE], following: [GWRITE], delay: "(nCCDS + nCCDL) * 32", sibling: true}
        - {scope: bank_group, preceding: [GWRITE], following: [GWRITE], delay: "(nCCDS + nCCDL) * 32", sibling: true}
        - {scope: rank, preceding: [RD], following: [GWRITE], delay: "max(nBL, nCCDS)"}
        - {scope: rank, preceding: [WR], following: [GWRITE], delay: "nCWL + nBL + nWTRS", limit: turnaround}
        - {scope: bank_group, preceding: [WR], following: [GWRITE], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        # rows of the multipliers
        - {scope: bank_group, preceding: [G_ACT], following: [G_ACT], delay: "nRC", limit: row}
        - {scope: rank, preceding: [G_ACT], following: [G_ACT, ACT], delay: "nFAW", limit: tfaw}
        - {scope: channel, preceding: [G_ACT], following: [COMP, READRES], delay: "nRCD", limit: row}
        - {scope: rank, preceding: [ACT], following: [G_ACT], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACT], following: [G_ACT], delay: "nRC", limit: row}
        - {scope: bank_group, preceding: [G_ACT], following: [ACT], delay: "nRC", limit: row}
        - {scope: bank_group, preceding: [G_ACT], following: [PREpb], delay: "nRAS", limit: row}
        - {scope: bank_group, preceding: [PREpb], following: [G_ACT], delay: "nRP", limit: row}
        # products and results
        - {scope: channel, preceding: [RD], following: [COMP, READRES], delay: "max(nBL, nCCDL)"}
        - {scope: channel, preceding: [WR], following: [COMP, READRES], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        - {scope: channel, preceding: [COMP], following: [COMP, READRES, RD, GWRITE], delay: "max(nBL, nCCDS)"}
        - {scope: channel, preceding: [COMP], following: [WR], delay: "nCL + nBL - nCWL + nRTRS", limit: turnaround}
        - {scope: channel, preceding: [COMP], following: [PREpb], delay: "nRTP", limit: row}
        - {scope: channel, preceding: [READRES], following: [COMP, READRES, GWRITE], delay: "max(nBL, nCCDS)"}
        - {scope: channel, preceding: [READRES], following: [RD], delay: "nBL + nRTRS"}
        - {scope: channel, preceding: [READRES], following: [WR], delay: "nCL + nBL - nCWL + nRTRS", limit: turnaround}
        - {scope: channel, preceding: [READRES], following: [PREpb], delay: "nRTP", limit: row}
        - {scope: channel, preceding: [READRES], following: [G_ACT], delay: "nRTP + nRP", limit: row}
      refresh:
        interval: "nREFI"
        scope: rank
        all_bank: REFab
        postponement_limit: 8
        source: "code: rank-staggered in that library, one rank every tREFI / 2"
      energy:
        activation: "828 pJ"
        refresh_all_bank: "60840 pJ"
        read_per_bit: {core: 1.57}
        write_per_bit: {core: 2.09}
        source: "derived: IDD model at 1.2 V with IDD0 65, 2N 40, 3N 55, 4R 390, 4W 500, 5AB 250 mA of the same file; core only"
      pim:
        source: "paper: NeuPIMs (ASPLOS 2024); timings and tests as in the authors' memory library"
        level: bank
        lanes: 16
        element: f16
        row_buffers: single
        commands: {load: GWRITE, header: HEADER, activate: G_ACT, compute: COMP, result: READRES, precharge: PREpb}
        load_time: "(nCCDS + nCCDL) * 32"
        compute_interval: "max(nBL, nCCDS)"
        pipeline_fill: 6
        result_latency: "nCL + nBL"
        refresh_fit:
          per_open_bank: "nRTP"
          per_activation_pair: "nFAW"
          activation: "nRCD"
          load_closed: "nRP + nRCD"
          result: "max(nBL, nCCDL)"
        queues: {transactions: 32, commands: 128, per_bank: 128, row_hits: 4, write_low: 8, host_slack: 10, reads_before_write: 32}
        energy:
          activate: "3312 pJ"
          compute: "3216 pJ"
          load: "12864 pJ"
          result: "804 pJ"
          standby_active: "66 pJ"
          standby_idle: "48 pJ"
          source: "code: G_ACT = 4 activations, COMP = 4 reads, GWRITE = page / 64 B reads, READRES = 16 bit x banks / 512 bit reads; standby 1.2 V x IDD3N and IDD2N a clock and rank; the second row buffer adds the same again"
      """#,
    "hbm2-neupims": #"""
      name: hbm2-neupims
      description: "HBM2 of NeuPIMs: 32 channels of 128 bits at 2.0 Gb/s, 32 GB/s each, two ranks"
      clock: "1 GHz"
      ticks_per_clock: 1
      burst: {bytes: "64 B", clocks: "nBL"}
      organization:
        levels: [{name: rank, count: 2}, {name: bank_group, count: 4}, {name: bank, count: 4}]
        rows: 32768
        columns: 16
        channels: 32
        density_gigabits: 8
        address_mapping: "row-rank-bank_group-bank-channel-column"
        source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"
      timing:
        nBL: {value: 2, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nCL: {value: 14, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nCWL: {value: 4, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRCD: {value: 14, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRP: {value: 14, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRAS: {value: 34, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nWR: {value: 16, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRRDS: {value: 4, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRRDL: {value: 6, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nWTRS: {value: 6, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nWTRL: {value: 8, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nREFI: {value: 3900, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRTRS: {value: 2, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRC: {value: 48, source: "derived: tRAS + tRP, as that library does"}
        nCCDS: {value: 1, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library", disputed: "the burst of 2 binds"}
        nCCDL: {value: 2, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library"}
        nRTP: {value: 5, source: "code: default of that library; the S/L values of the file are not read"}
        nFAW: {value: 30, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library", disputed: "15 to 16 in other HBM2 tables"}
        nRFC: {value: 260, source: "paper: NeuPIMs (ASPLOS 2024), parameter file of the authors' memory library", disputed: "350 by JEDEC for 8 Gb"}
      latency: {read: "nCL + nBL", write: "nCWL + nBL"}
      commands:
        - {name: ACT, bus: row, scope: bank, effect: activate}
        - {name: PREpb, bus: row, scope: bank, effect: precharge}
        - {name: PREab, bus: row, scope: rank, effect: precharge}
        - {name: RD, bus: column, scope: bank, effect: read}
        - {name: WR, bus: column, scope: bank, effect: write}
        - {name: RDA, bus: column, scope: bank, effect: read, auto_precharge: true}
        - {name: WRA, bus: column, scope: bank, effect: write, auto_precharge: true}
        - {name: REFab, bus: row, scope: rank, effect: refresh}
      constraints:
        # data bus and column commands
        - {scope: rank, preceding: [RD, RDA], following: [RD, RDA], delay: "nBL"}
        - {scope: rank, preceding: [WR, WRA], following: [WR, WRA], delay: "nBL"}
        - {scope: rank, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDS"}
        - {scope: rank, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDS"}
        - {scope: rank, preceding: [RD, RDA], following: [WR, WRA], delay: "nBL"}
        - {scope: rank, preceding: [WR, WRA], following: [RD, RDA], delay: "nBL"}
        - {scope: rank, preceding: [RD, RDA], following: [WR, WRA], delay: "nCL + nBL - nCWL + nRTRS", limit: turnaround}
        - {scope: rank, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRS", limit: turnaround}
        - {scope: bank_group, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        # activation and precharge
        - {scope: rank, preceding: [ACT], following: [ACT], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACT], following: [ACT], delay: "nRRDL", limit: row}
        - {scope: rank, preceding: [ACT], following: [ACT], delay: "nFAW", window: 4, limit: tfaw}
        - {scope: bank, preceding: [ACT], following: [ACT], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ACT], following: [RD, RDA, WR, WRA], delay: "nRCD", limit: row}
        - {scope: bank, preceding: [ACT], following: [PREpb], delay: "nRAS", limit: row}
        - {scope: rank, preceding: [ACT], following: [PREab], delay: "nRAS", limit: row}
        - {scope: bank, preceding: [PREpb], following: [ACT], delay: "nRP", limit: row}
        - {scope: rank, preceding: [PREab], following: [ACT], delay: "nRP", limit: row}
        - {scope: bank, preceding: [RD], following: [PREpb], delay: "nRTP", limit: row}
        - {scope: rank, preceding: [RD], following: [PREab], delay: "nRTP", limit: row}
        - {scope: bank, preceding: [WR], following: [PREpb], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: rank, preceding: [WR], following: [PREab], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: bank, preceding: [RDA], following: [ACT], delay: "nRTP + nRP", limit: row}
        - {scope: bank, preceding: [WRA], following: [ACT], delay: "nCWL + nBL + nWR + nRP", limit: row}
        # refresh: REFab
        - {scope: rank, preceding: [ACT], following: [REFab], delay: "nRC"}
        - {scope: rank, preceding: [PREpb, PREab], following: [REFab], delay: "nRP"}
        - {scope: rank, preceding: [RDA], following: [REFab], delay: "nRP + nRTP"}
        - {scope: rank, preceding: [WRA], following: [REFab], delay: "nCWL + nBL + nWR + nRP"}
        - {scope: rank, preceding: [REFab], following: [ACT, PREab], delay: "nRFC"}
        - {scope: rank, preceding: [REFab], following: [REFab], delay: "nRFC"}
        # ranks share the data bus
        - {scope: channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nBL"}
        - {scope: channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nBL"}
        - {scope: rank, preceding: [RD, RDA], following: [RD, RDA], delay: "nBL + nRTRS", sibling: true}
        - {scope: rank, preceding: [WR, WRA], following: [WR, WRA], delay: "nBL + nRTRS", sibling: true}
        - {scope: rank, preceding: [RD, RDA], following: [WR, WRA], delay: "nCL + nBL - nCWL + nRTRS", sibling: true}
        - {scope: rank, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nRTRS - nCL", sibling: true}
      refresh:
        interval: "nREFI"
        scope: rank
        all_bank: REFab
        postponement_limit: 8
        source: "code: rank-staggered in that library, one rank every tREFI / 2"
      energy:
        activation: "828 pJ"
        refresh_all_bank: "60840 pJ"
        read_per_bit: {core: 1.57}
        write_per_bit: {core: 2.09}
        source: "derived: IDD model at 1.2 V with IDD0 65, 2N 40, 3N 55, 4R 390, 4W 500, 5AB 250 mA of the same file; core only"
      """#,
    "hbm2e-3200": #"""
      name: hbm2e-3200
      description: "HBM2E at 3.2 Gb/s per pin, one 64-bit pseudo channel per controller, 8 Gb dies"
      clock: "1.6 GHz"
      ticks_per_clock: 1
      burst: {bytes: "32 B", clocks: "nBL"}
      organization:
        levels: [{name: pseudo_channel, count: 1}, {name: bank_group, count: 4}, {name: bank, count: 4}]
        rows: 65536
        columns: 32
        channels: 16
        density_gigabits: 8
        address_mapping: "row-bank-column-bank_group-channel"
        source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists"
      timing:
        nBL: {value: 2, source: "standard: burst length 4 at double data rate"}
        nCL: {duration: "14 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists", disputed: "14 (Ramulator 2.1, DRAMsim3), 17 (DRAMSys), 20 (PIMSimulator)"}
        nCWL: {duration: "5 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists", disputed: "5 (Ramulator 2.1), 4 (DRAMsim3), 7 (DRAMSys), 8 (PIMSimulator)"}
        nRCDRD: {duration: "14 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists", disputed: "14 ns (Ramulator 2.1, DRAMsim3, PIMSimulator), 12 (DRAMSys)"}
        nRCDWR: {duration: "12 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists", disputed: "12 ns (Ramulator 2.1), 14 (DRAMsim3), 10 (PIMSimulator), 6 (DRAMSys)"}
        nRP: {duration: "14 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists"}
        nRAS: {duration: "34 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists", disputed: "34 ns (Ramulator 2.1, DRAMsim3), 33 (PIMSimulator), 28 (DRAMSys)"}
        nRC: {duration: "48 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists", disputed: "48 ns (Ramulator 2.1, DRAMsim3), 47 (PIMSimulator), 42 (DRAMSys)"}
        nWR: {duration: "16 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists", disputed: "16 ns (Ramulator 2.1, DRAMsim3, PIMSimulator), 14 (DRAMSys)"}
        nRTPL: {duration: "5 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists"}
        nCCDS: {value: 2, source: "standard: tCCD_S is the burst"}
        nCCDL: {value: 4, source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists", disputed: "4 clocks (Ramulator 2.1, PIMSimulator), 3 (DRAMSys), 2 for bursts of 64 bytes (DRAMsim3)"}
        nWTRS: {duration: "6 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists", disputed: "6 ns (Ramulator 2.1, DRAMsim3), 4 (PIMSimulator, DRAMSys)"}
        nWTRL: {duration: "8 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists", disputed: "8 ns (Ramulator 2.1, DRAMsim3), 9 (PIMSimulator, DRAMSys)"}
        nRRDS: {duration: "4 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists"}
        nRRDL: {duration: "4 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists", disputed: "4 ns (Ramulator 2.1), 6 (DRAMsim3, PIMSimulator, DRAMSys)"}
        nFAW: {duration: "16 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists", disputed: "15 ns (Ramulator 2.1, never binds), 16 ns (PIMSimulator, DRAMSys), 30 ns (DRAMsim3)"}
        nRFC: {duration: "350 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists", disputed: "JEDEC 8 Gb 350 ns; 260 (DRAMsim3), 220 (DRAMSys)"}
        nRFCpb: {duration: "160 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists", disputed: "160 ns (Ramulator 2.1, PIMSimulator), 96 (DRAMSys), 20 in a key that DRAMsim3 does not use"}
        nRREFD: {duration: "8 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists"}
        nREFI: {duration: "3900 ns", source: "derived: HBM2 times in ns, rounded up to clocks of 0.625 ns; no public preset exists"}
      latency: {read: "nCL + nBL", write: "nCWL + nBL"}
      commands:
        - {name: ACT, bus: row, scope: bank, effect: activate, ticks: 2}
        - {name: PREpb, bus: row, scope: bank, effect: precharge}
        - {name: PREab, bus: row, scope: pseudo_channel, effect: precharge}
        - {name: RD, bus: column, scope: bank, effect: read}
        - {name: WR, bus: column, scope: bank, effect: write}
        - {name: RDA, bus: column, scope: bank, effect: read, auto_precharge: true}
        - {name: WRA, bus: column, scope: bank, effect: write, auto_precharge: true}
        - {name: REFab, bus: row, scope: pseudo_channel, effect: refresh}
        - {name: REFpb, bus: row, scope: bank, effect: refresh}
      constraints:
        # data bus and column commands
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDS"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDS"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nCL + nBL + 2 - nCWL", limit: turnaround}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRS", limit: turnaround}
        - {scope: bank_group, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        # activation and precharge
        - {scope: pseudo_channel, preceding: [ACT], following: [ACT], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACT], following: [ACT], delay: "nRRDL", limit: row}
        - {scope: pseudo_channel, preceding: [ACT], following: [ACT], delay: "nFAW", window: 4, limit: tfaw}
        - {scope: bank, preceding: [ACT], following: [ACT], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ACT], following: [RD, RDA], delay: "nRCDRD", limit: row}
        - {scope: bank, preceding: [ACT], following: [WR, WRA], delay: "nRCDWR", limit: row}
        - {scope: bank, preceding: [ACT], following: [PREpb], delay: "nRAS", limit: row}
        - {scope: pseudo_channel, preceding: [ACT], following: [PREab], delay: "nRAS", limit: row}
        - {scope: bank, preceding: [PREpb], following: [ACT], delay: "nRP", limit: row}
        - {scope: pseudo_channel, preceding: [PREab], following: [ACT], delay: "nRP", limit: row}
        - {scope: bank, preceding: [RD], following: [PREpb], delay: "nRTPL", limit: row}
        - {scope: pseudo_channel, preceding: [RD], following: [PREab], delay: "nRTPL", limit: row}
        - {scope: bank, preceding: [WR], following: [PREpb], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: pseudo_channel, preceding: [WR], following: [PREab], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: bank, preceding: [RDA], following: [ACT], delay: "nRTPL + nRP", limit: row}
        - {scope: bank, preceding: [WRA], following: [ACT], delay: "nCWL + nBL + nWR + nRP", limit: row}
        # refresh: REFab and REFpb
        - {scope: pseudo_channel, preceding: [ACT], following: [REFab], delay: "nRC"}
        - {scope: pseudo_channel, preceding: [PREpb, PREab], following: [REFab], delay: "nRP"}
        - {scope: pseudo_channel, preceding: [RDA], following: [REFab], delay: "nRP + nRTPL"}
        - {scope: pseudo_channel, preceding: [WRA], following: [REFab], delay: "nCWL + nBL + nWR + nRP"}
        - {scope: pseudo_channel, preceding: [REFab], following: [ACT, PREab], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [REFab], following: [REFab], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [REFab], following: [REFpb], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [REFab], delay: "nRFCpb"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [REFpb], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [ACT], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [ACT], following: [REFpb], delay: "nRRDS"}
        - {scope: bank, preceding: [REFpb], following: [ACT], delay: "nRFCpb"}
        - {scope: bank, preceding: [REFpb], following: [REFpb], delay: "nRFCpb"}
        - {scope: bank, preceding: [ACT], following: [REFpb], delay: "nRC"}
        - {scope: bank, preceding: [PREpb], following: [REFpb], delay: "nRP"}
        - {scope: pseudo_channel, preceding: [PREab], following: [REFpb], delay: "nRP"}
        - {scope: bank, preceding: [RDA], following: [REFpb], delay: "nRTPL + nRP"}
        - {scope: bank, preceding: [WRA], following: [REFpb], delay: "nCWL + nBL + nWR + nRP"}
      refresh:
        interval: "nREFI"
        scope: pseudo_channel
        all_bank: REFab
        per_bank: REFpb
        postponement_limit: 8
        source: "standard: JEDEC JESD235, 3.9 us; at most 8 refreshes postponed"
      energy:
        activation: "909 pJ"
        read_per_bit: {cell: 1.51, on_die_path: 1.17, interface: 0.80}
        write_per_bit: {cell: 1.51, on_die_path: 1.17, interface: 0.80}
        source: "paper: FGDRAM (MICRO 2017), HBM2 energy per 1 KB activation and per bit, assumed equal for HBM2E"
      """#,
    "hbm3-5.2-attacc": #"""
      name: hbm3-5.2-attacc
      description: "HBM3 of AttAcc (ASPLOS 2024): 16 legacy channels of two pseudo channels and two ranks, with PIM commands at three levels"
      clock: "1300 MHz"
      ticks_per_clock: 1
      burst: {bytes: "32 B", clocks: "nBL"}
      organization:
        levels: [{name: pseudo_channel, count: 2}, {name: rank, count: 2}, {name: bank_group, count: 4}, {name: bank, count: 4}]
        rows: 16384
        columns: 32
        channels: 16
        stacks: 1
        density_gigabits: 4
        # The address fields of AttAcc's simulator (channel-pseudo_channel-rank-bank_group-bank-row-column) name the banks of
        # its PIM commands; as the mapping of a host they would stream through one bank at a time, at 19 % of peak.
        address_mapping: "row-column-bank-bank_group-rank-pseudo_channel-channel"
        source: "code: AttAcc (ASPLOS 2024) simulator; its xPU has no address mapping, so that of the same memory in Duplex (MICRO 2024); density as its DRAM simulator counts it, per channel and rank (16 GiB / 16 / 2)"
      timing:
        nBL: {value: 2, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nCL: {value: 19, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nCWL: {value: 6, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nRCDRD: {value: 19, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nRCDWR: {value: 19, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nRP: {value: 19, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nRAS: {value: 45, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nRC: {value: 63, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nWR: {value: 21, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nRTPS: {value: 6, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nRTPL: {value: 8, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nCCDS: {value: 2, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nCCDL: {value: 4, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nRRDS: {value: 2, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nRRDL: {value: 4, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nWTRS: {value: 8, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nWTRL: {value: 11, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nFAW: {value: 39, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nRFCpb: {value: 260, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nREFI: {value: 5070, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nRREFD: {value: 11, source: "code: AttAcc (ASPLOS 2024) simulator at 5.2 Gb/s"}
        nRFC: {by_density: [{up_to_gigabits: 4, value: 338}, {up_to_gigabits: 8, value: 456}, {up_to_gigabits: 16, value: 586}], source: "standard: tRFC by density (260, 350, 450 ns)", disputed: "the density of a channel and rank (4 Gb), of a channel (8 Gb) or of a die (16 Gb): 338, 456 or 586 clocks"}
        nCCDAB: {value: 6, source: "code: AttAcc (ASPLOS 2024), distance of all-bank products under the power limit; nCCDL without"}
        nCCDSB: {value: 6, source: "code: AttAcc (ASPLOS 2024), distance of same-bank products under the power limit; nCCDL without"}
      latency: {read: "nCL + nBL", write: "nCWL + nBL"}
      commands:
        - {name: ACT, bus: row, scope: bank, effect: activate, ticks: 2}
        - {name: PREpb, bus: row, scope: bank, effect: precharge}
        - {name: PREab, bus: row, scope: rank, effect: precharge}
        - {name: RD, bus: column, scope: bank, effect: read}
        - {name: WR, bus: column, scope: bank, effect: write}
        - {name: RDA, bus: column, scope: bank, effect: read, auto_precharge: true}
        - {name: WRA, bus: column, scope: bank, effect: write, auto_precharge: true}
        - {name: REFab, bus: row, scope: rank, effect: refresh}
        - {name: REFpb, bus: row, scope: bank, effect: refresh}
        # AttAcc, level bank: every bank of the channel at once
        - {name: ACTAB, bus: row, scope: channel, effect: none, ticks: 2}
        - {name: PREA, bus: row, scope: channel, effect: none}
        - {name: MACAB, bus: column, scope: channel, effect: none}
        # level bank group: the same bank of every group of both pseudo channels and ranks, sent to them at one tick
        - {name: ACTSB, bus: row, scope: bank, effect: none, ticks: 2, multicast: true}
        - {name: PRESB, bus: row, scope: bank, effect: none, multicast: true}
        - {name: MACSB, bus: column, scope: bank, effect: none, multicast: true}
        # level buffer die: one bank of both pseudo channels, sent to both at one tick
        - {name: ACTPB, bus: row, scope: bank, effect: none, ticks: 2, multicast: true}
        - {name: PREPB, bus: row, scope: bank, effect: none, multicast: true}
        - {name: MACPB, bus: column, scope: bank, effect: none, multicast: true}
        # buffers: host to GEMV buffer, softmax to GEMV buffer, GEMV to softmax buffer, softmax
        - {name: WRGB, bus: column, scope: channel, effect: none}
        - {name: MVGB, bus: column, scope: bank_group, effect: none, multicast: true}
        - {name: MVSB, bus: column, scope: bank_group, effect: none, multicast: true}
        - {name: SFM, bus: column, scope: channel, effect: none}
      constraints:
        # data bus and column commands
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDS"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDS"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nCL + nBL + 2 - nCWL", limit: turnaround}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRS", limit: turnaround}
        - {scope: bank_group, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        # activation and precharge
        - {scope: pseudo_channel, preceding: [ACT], following: [ACT], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACT], following: [ACT], delay: "nRRDL", limit: row}
        - {scope: pseudo_channel, preceding: [ACT], following: [ACT], delay: "nFAW", window: 4, limit: tfaw}
        - {scope: bank, preceding: [ACT], following: [ACT], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ACT], following: [RD, RDA], delay: "nRCDRD", limit: row}
        - {scope: bank, preceding: [ACT], following: [WR, WRA], delay: "nRCDWR", limit: row}
        - {scope: bank, preceding: [ACT], following: [PREpb], delay: "nRAS", limit: row}
        - {scope: rank, preceding: [ACT], following: [PREab], delay: "nRAS", limit: row}
        - {scope: bank, preceding: [PREpb], following: [ACT], delay: "nRP", limit: row}
        - {scope: rank, preceding: [PREab], following: [ACT], delay: "nRP", limit: row}
        - {scope: bank, preceding: [RD], following: [PREpb], delay: "nRTPL", limit: row}
        - {scope: rank, preceding: [RD], following: [PREab], delay: "nRTPS", limit: row}
        - {scope: bank, preceding: [WR], following: [PREpb], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: rank, preceding: [WR], following: [PREab], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: bank, preceding: [RDA], following: [ACT], delay: "nRTPL + nRP", limit: row}
        - {scope: bank, preceding: [WRA], following: [ACT], delay: "nCWL + nBL + nWR + nRP", limit: row}
        # refresh: REFab and REFpb
        - {scope: rank, preceding: [ACT], following: [REFab], delay: "nRC"}
        - {scope: rank, preceding: [PREpb, PREab], following: [REFab], delay: "nRP"}
        - {scope: rank, preceding: [RDA], following: [REFab], delay: "nRP + nRTPL"}
        - {scope: rank, preceding: [WRA], following: [REFab], delay: "nCWL + nBL + nWR + nRP"}
        - {scope: rank, preceding: [REFab], following: [ACT, PREab], delay: "nRFC"}
        - {scope: rank, preceding: [REFab], following: [REFab], delay: "nRFC"}
        - {scope: rank, preceding: [REFab], following: [REFpb], delay: "nRFC"}
        - {scope: rank, preceding: [REFpb], following: [REFab], delay: "nRFCpb"}
        - {scope: rank, preceding: [REFpb], following: [REFpb], delay: "nRREFD"}
        - {scope: rank, preceding: [REFpb], following: [ACT], delay: "nRREFD"}
        - {scope: rank, preceding: [ACT], following: [REFpb], delay: "nRRDS"}
        - {scope: bank, preceding: [REFpb], following: [ACT], delay: "nRFCpb"}
        - {scope: bank, preceding: [REFpb], following: [REFpb], delay: "nRFCpb"}
        - {scope: bank, preceding: [ACT], following: [REFpb], delay: "nRC"}
        - {scope: bank, preceding: [PREpb], following: [REFpb], delay: "nRP"}
        - {scope: rank, preceding: [PREab], following: [REFpb], delay: "nRP"}
        - {scope: bank, preceding: [RDA], following: [REFpb], delay: "nRTPL + nRP"}
        - {scope: bank, preceding: [WRA], following: [REFpb], delay: "nCWL + nBL + nWR + nRP"}
        # level bank; tFAW does not count, the power limit is in the distance of products
        - {scope: channel, preceding: [ACTAB], following: [ACTAB], delay: "nRC", limit: row}
        - {scope: channel, preceding: [ACTAB], following: [MACAB], delay: "nRCDRD", limit: row}
        - {scope: channel, preceding: [ACTAB], following: [PREA], delay: "nRAS", limit: row}
        - {scope: channel, preceding: [MACAB], following: [PREA], delay: "nRTPL", limit: row}
        - {scope: channel, preceding: [PREA], following: [ACTAB], delay: "nRP", limit: row}
        - {scope: channel, preceding: [MACAB], following: [MACAB], delay: "nCCDL"}
        - {scope: channel, preceding: [MACAB], following: [MACAB], delay: "nCCDAB", limit: power}
        - {scope: channel, preceding: [REFab], following: [ACTAB], delay: "nRFC"}
        - {scope: channel, preceding: [PREA], following: [REFab], delay: "nRP"}
        - {scope: channel, preceding: [ACTAB], following: [REFab], delay: "nRC"}
        # level bank group
        - {scope: bank, preceding: [ACTSB], following: [ACTSB], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ACTSB], following: [MACSB], delay: "nRCDRD", limit: row}
        - {scope: bank, preceding: [ACTSB], following: [PRESB], delay: "nRAS", limit: row}
        - {scope: bank, preceding: [MACSB], following: [PRESB], delay: "nRTPL", limit: row}
        - {scope: bank, preceding: [PRESB], following: [ACTSB], delay: "nRP", limit: row}
        - {scope: channel, preceding: [ACTSB], following: [ACTSB], delay: "nRRDS", limit: row}
        - {scope: channel, preceding: [MACSB], following: [MACSB], delay: "nCCDL"}
        - {scope: channel, preceding: [MACSB], following: [MACSB], delay: "nCCDSB", limit: power}
        - {scope: rank, preceding: [REFab], following: [ACTSB], delay: "nRFC"}
        - {scope: rank, preceding: [PRESB], following: [REFab], delay: "nRP"}
        - {scope: rank, preceding: [ACTSB], following: [REFab], delay: "nRC"}
        # level buffer die
        - {scope: bank, preceding: [ACTPB], following: [ACTPB], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ACTPB], following: [MACPB], delay: "nRCDRD", limit: row}
        - {scope: bank, preceding: [ACTPB], following: [PREPB], delay: "nRAS", limit: row}
        - {scope: bank, preceding: [MACPB], following: [PREPB], delay: "nRTPL", limit: row}
        - {scope: bank, preceding: [PREPB], following: [ACTPB], delay: "nRP", limit: row}
        - {scope: pseudo_channel, preceding: [ACTPB], following: [ACTPB], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACTPB], following: [ACTPB], delay: "nRRDL", limit: row}
        - {scope: pseudo_channel, preceding: [ACTPB], following: [ACTPB], delay: "nFAW", window: 4, limit: tfaw}
        - {scope: pseudo_channel, preceding: [MACPB], following: [MACPB], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [MACPB], following: [MACPB], delay: "nCCDS"}
        - {scope: bank_group, preceding: [MACPB], following: [MACPB], delay: "nCCDL"}
        - {scope: rank, preceding: [REFab], following: [ACTPB], delay: "nRFC"}
        - {scope: rank, preceding: [PREPB], following: [REFab], delay: "nRP"}
        - {scope: rank, preceding: [ACTPB], following: [REFab], delay: "nRC"}
        # the path of the buffers is that of reads and writes, apart from products
        - {scope: pseudo_channel, preceding: [RD, WR, RDA, WRA, MVGB, MVSB], following: [MVGB, MVSB], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [RD, WR, RDA, WRA, MVGB, MVSB], following: [MVGB, MVSB], delay: "nCCDS"}
        - {scope: bank_group, preceding: [RD, WR, RDA, WRA, MVGB, MVSB], following: [MVGB, MVSB], delay: "nCCDL"}
        - {scope: pseudo_channel, preceding: [MVGB, MVSB], following: [RD, WR, RDA, WRA], delay: "nCCDS"}
        - {scope: bank_group, preceding: [MVGB, MVSB], following: [RD, WR, RDA, WRA], delay: "nCCDL"}
        - {scope: channel, preceding: [WRGB, SFM], following: [WRGB, SFM], delay: "nCCDL"}
        - {scope: channel, preceding: [WRGB, SFM], following: [RD, WR, RDA, WRA, MVGB, MVSB], delay: "nCCDL"}
        - {scope: channel, preceding: [RD, WR, RDA, WRA, MVGB, MVSB], following: [WRGB, SFM], delay: "nCCDL"}
      refresh:
        interval: "nREFI"
        scope: rank
        all_bank: REFab
        per_bank: REFpb
        postponement_limit: 8
        source: "standard: JEDEC JESD238, 3.9 us; at most 8 refreshes postponed"
      energy:
        activation: "909 pJ"
        read_per_bit: {cell: 0.44, group_path: 1.01, global_io: 1.23, tsv: 0.5, interposer: 0.3}
        write_per_bit: {cell: 0.44, group_path: 1.01, global_io: 1.23, tsv: 0.5, interposer: 0.3}
        source: "code: AttAcc (ASPLOS 2024) path energies after FGDRAM (MICRO 2017), host path"
      """#,
    "hbm3-5.2-duplex": #"""
      name: hbm3-5.2-duplex
      description: "HBM3 of Duplex: 5.2 Gb/s per pin, 32 pseudo channels a stack, five stacks, two ranks"
      clock: "1300 MHz"
      ticks_per_clock: 1
      burst: {bytes: "32 B", clocks: "nBL"}
      organization:
        levels: [{name: rank, count: 2}, {name: bank_group, count: 4}, {name: bank, count: 4}]
        rows: 16384
        columns: 32
        channels: 160
        stacks: 5
        density_gigabits: 16
        address_mapping: "row-column-bank-bank_group-rank-channel-stack"
        source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"
      timing:
        nBL: {value: 2, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nCL: {value: 19, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nCWL: {value: 6, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nRCDRD: {value: 19, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nRCDWR: {value: 19, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nRP: {value: 19, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nRAS: {value: 45, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nRC: {value: 63, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nWR: {value: 21, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nRTPS: {value: 6, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nRTPL: {value: 8, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nCCDS: {value: 2, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nCCDL: {value: 4, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nRRDS: {value: 2, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nRRDL: {value: 4, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nWTRS: {value: 8, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nWTRL: {value: 11, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nFAW: {value: 39, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nRFCpb: {value: 260, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nREFI: {value: 5070, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nRREFD: {value: 11, source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator"}
        nRFC: {by_density: [{up_to_gigabits: 8, value: 456}, {up_to_gigabits: 16, value: 586}, {up_to_gigabits: 32, value: 845}], source: "paper: Duplex (MICRO 2024), 5.2 Gb/s preset of the authors' simulator, tRFC by density", disputed: "586 (16 Gb), 456 (8 Gb) or about 338 clocks by which density is meant: 11.6, 9.0 or 6.7 % of bandwidth"}
      latency: {read: "nCL + nBL", write: "nCWL + nBL"}
      commands:
        - {name: ACT, bus: row, scope: bank, effect: activate, ticks: 2}
        - {name: PREpb, bus: row, scope: bank, effect: precharge}
        - {name: PREab, bus: row, scope: rank, effect: precharge}
        - {name: RD, bus: column, scope: bank, effect: read}
        - {name: WR, bus: column, scope: bank, effect: write}
        - {name: RDA, bus: column, scope: bank, effect: read, auto_precharge: true}
        - {name: WRA, bus: column, scope: bank, effect: write, auto_precharge: true}
        - {name: REFab, bus: row, scope: rank, effect: refresh}
        - {name: REFpb, bus: row, scope: bank, effect: refresh}
        # Duplex: a bank bundle of a rank, sent to its banks at one tick (Logic-PIM, BankGroup-PIM)
        - {name: ALLACT, bus: row, scope: bank, effect: none, ticks: 2, multicast: true}
        - {name: ALLPRE, bus: row, scope: bank, effect: none, multicast: true}
        - {name: ALLRD, bus: column, scope: bank, effect: none, multicast: true}
        - {name: ALLWR, bus: column, scope: bank, effect: none, multicast: true}
        # the same on every bank of both ranks (Bank-PIM)
        - {name: ABACT, bus: row, scope: channel, effect: none, ticks: 2}
        - {name: ABPRE, bus: row, scope: channel, effect: none}
        - {name: ABRD, bus: column, scope: channel, effect: none}
        - {name: ABWR, bus: column, scope: channel, effect: none}
      constraints:
        # column and activation distances of the pseudo channel hold across its two ranks, as in the source
        # data bus and column commands
        - {scope: channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nBL"}
        - {scope: channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nBL"}
        - {scope: channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDS"}
        - {scope: channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDS"}
        - {scope: channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nBL"}
        - {scope: channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nBL"}
        - {scope: channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nCL + nBL + 2 - nCWL", limit: turnaround}
        - {scope: channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRS", limit: turnaround}
        - {scope: bank_group, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        # activation and precharge
        - {scope: channel, preceding: [ACT], following: [ACT], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACT], following: [ACT], delay: "nRRDL", limit: row}
        - {scope: channel, preceding: [ACT], following: [ACT], delay: "nFAW", window: 4, limit: tfaw}
        - {scope: bank, preceding: [ACT], following: [ACT], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ACT], following: [RD, RDA], delay: "nRCDRD", limit: row}
        - {scope: bank, preceding: [ACT], following: [WR, WRA], delay: "nRCDWR", limit: row}
        - {scope: bank, preceding: [ACT], following: [PREpb], delay: "nRAS", limit: row}
        - {scope: rank, preceding: [ACT], following: [PREab], delay: "nRAS", limit: row}
        - {scope: bank, preceding: [PREpb], following: [ACT], delay: "nRP", limit: row}
        - {scope: rank, preceding: [PREab], following: [ACT], delay: "nRP", limit: row}
        - {scope: bank, preceding: [RD], following: [PREpb], delay: "nRTPL", limit: row}
        - {scope: rank, preceding: [RD], following: [PREab], delay: "nRTPS", limit: row}
        - {scope: bank, preceding: [WR], following: [PREpb], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: rank, preceding: [WR], following: [PREab], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: bank, preceding: [RDA], following: [ACT], delay: "nRTPL + nRP", limit: row}
        - {scope: bank, preceding: [WRA], following: [ACT], delay: "nCWL + nBL + nWR + nRP", limit: row}
        # refresh: REFab and REFpb
        - {scope: rank, preceding: [ACT], following: [REFab], delay: "nRC"}
        - {scope: rank, preceding: [PREpb, PREab], following: [REFab], delay: "nRP"}
        - {scope: rank, preceding: [RDA], following: [REFab], delay: "nRP + nRTPL"}
        - {scope: rank, preceding: [WRA], following: [REFab], delay: "nCWL + nBL + nWR + nRP"}
        - {scope: rank, preceding: [REFab], following: [ACT, PREab], delay: "nRFC"}
        - {scope: rank, preceding: [REFab], following: [REFab], delay: "nRFC"}
        - {scope: rank, preceding: [REFab], following: [REFpb], delay: "nRFC"}
        - {scope: rank, preceding: [REFpb], following: [REFab], delay: "nRFCpb"}
        - {scope: rank, preceding: [REFpb], following: [REFpb], delay: "nRREFD"}
        - {scope: rank, preceding: [REFpb], following: [ACT], delay: "nRREFD"}
        - {scope: rank, preceding: [ACT], following: [REFpb], delay: "nRRDS"}
        - {scope: bank, preceding: [REFpb], following: [ACT], delay: "nRFCpb"}
        - {scope: bank, preceding: [REFpb], following: [REFpb], delay: "nRFCpb"}
        - {scope: bank, preceding: [ACT], following: [REFpb], delay: "nRC"}
        - {scope: bank, preceding: [PREpb], following: [REFpb], delay: "nRP"}
        - {scope: rank, preceding: [PREab], following: [REFpb], delay: "nRP"}
        - {scope: bank, preceding: [RDA], following: [REFpb], delay: "nRTPL + nRP"}
        - {scope: bank, preceding: [WRA], following: [REFpb], delay: "nCWL + nBL + nWR + nRP"}
        # bank bundles: rank-level distances of the authors' simulator, without tFAW and power limit
        - {scope: rank, preceding: [ALLACT], following: [ALLACT], delay: "nRC", limit: row}
        - {scope: rank, preceding: [ALLACT], following: [ALLRD], delay: "nRCDRD", limit: row}
        - {scope: rank, preceding: [ALLACT], following: [ALLWR], delay: "nRCDWR", limit: row}
        - {scope: rank, preceding: [ALLACT], following: [ALLPRE], delay: "nRAS", limit: row}
        - {scope: rank, preceding: [ALLPRE], following: [ALLACT], delay: "nRP", limit: row}
        - {scope: rank, preceding: [ALLRD], following: [ALLRD], delay: "nCCDL"}
        - {scope: rank, preceding: [ALLWR], following: [ALLWR], delay: "nCCDL"}
        - {scope: rank, preceding: [ALLRD], following: [ALLPRE], delay: "nRTPS", limit: row}
        - {scope: rank, preceding: [ALLWR], following: [ALLPRE], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: rank, preceding: [ALLWR], following: [ALLRD], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        - {scope: rank, preceding: [ALLRD], following: [ALLWR], delay: "nCL + nBL + 2 - nCWL", limit: turnaround}
        - {scope: rank, preceding: [REFab], following: [ALLACT], delay: "nRFC"}
        - {scope: rank, preceding: [ALLPRE], following: [REFab], delay: "nRP"}
        - {scope: rank, preceding: [ALLACT], following: [REFab], delay: "nRC"}
        - {scope: rank, preceding: [ALLRD], following: [PREab], delay: "nRTPS", limit: row}
        - {scope: rank, preceding: [ALLWR], following: [PREab], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: rank, preceding: [ALLACT], following: [PREab], delay: "nRAS", limit: row}
        - {scope: rank, preceding: [PREab], following: [ALLACT], delay: "nRP", limit: row}
        - {scope: rank, preceding: [REFpb], following: [ALLACT], delay: "nRFCpb"}
        - {scope: rank, preceding: [ALLPRE], following: [REFpb], delay: "nRP"}
        # xPU and bundles: one bank, the column path of a bank group, spacing of activations (assumptions: the
        # authors' simulator keeps the two apart)
        - {scope: bank, preceding: [ACT], following: [ALLACT], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ALLACT], following: [ACT], delay: "nRC", limit: row}
        - {scope: bank, preceding: [PREpb], following: [ALLACT], delay: "nRP", limit: row}
        - {scope: bank, preceding: [ALLPRE], following: [ACT], delay: "nRP", limit: row}
        - {scope: bank, preceding: [RDA], following: [ALLACT], delay: "nRTPL + nRP", limit: row}
        - {scope: bank, preceding: [WRA], following: [ALLACT], delay: "nCWL + nBL + nWR + nRP", limit: row}
        - {scope: channel, preceding: [ACT], following: [ALLACT], delay: "nRRDS", limit: row}
        - {scope: channel, preceding: [ALLACT], following: [ACT], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [RD, RDA, WR, WRA], following: [ALLRD, ALLWR], delay: "nCCDL", limit: group_path}
        - {scope: bank_group, preceding: [ALLRD, ALLWR], following: [RD, RDA, WR, WRA], delay: "nCCDL", limit: group_path}
        - {scope: bank_group, preceding: [WR, WRA], following: [ALLRD], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        - {scope: bank_group, preceding: [ALLWR], following: [RD, RDA], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        # every bank at once: the same distances across both ranks
        - {scope: channel, preceding: [ABACT], following: [ABACT], delay: "nRC", limit: row}
        - {scope: channel, preceding: [ABACT], following: [ABRD], delay: "nRCDRD", limit: row}
        - {scope: channel, preceding: [ABACT], following: [ABWR], delay: "nRCDWR", limit: row}
        - {scope: channel, preceding: [ABACT], following: [ABPRE], delay: "nRAS", limit: row}
        - {scope: channel, preceding: [ABPRE], following: [ABACT], delay: "nRP", limit: row}
        - {scope: channel, preceding: [ABRD], following: [ABRD], delay: "nCCDL"}
        - {scope: channel, preceding: [ABWR], following: [ABWR], delay: "nCCDL"}
        - {scope: channel, preceding: [ABRD], following: [ABPRE], delay: "nRTPS", limit: row}
        - {scope: channel, preceding: [ABWR], following: [ABPRE], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: channel, preceding: [ABWR], following: [ABRD], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        - {scope: channel, preceding: [ABRD], following: [ABWR], delay: "nCL + nBL + 2 - nCWL", limit: turnaround}
        - {scope: channel, preceding: [REFab], following: [ABACT], delay: "nRFC"}
        - {scope: channel, preceding: [ABPRE], following: [REFab], delay: "nRP"}
        - {scope: channel, preceding: [ABACT], following: [REFab], delay: "nRC"}
        - {scope: channel, preceding: [REFpb], following: [ABACT], delay: "nRFCpb"}
        # xPU and every bank at once: rows, and the column paths of all groups (assumptions, as above)
        - {scope: channel, preceding: [ACT], following: [ABACT], delay: "nRC", limit: row}
        - {scope: channel, preceding: [ABACT], following: [ACT], delay: "nRC", limit: row}
        - {scope: channel, preceding: [PREpb, PREab], following: [ABACT], delay: "nRP", limit: row}
        - {scope: channel, preceding: [ABPRE], following: [ACT], delay: "nRP", limit: row}
        - {scope: channel, preceding: [RD, RDA, WR, WRA], following: [ABRD, ABWR], delay: "nCCDL", limit: group_path}
        - {scope: channel, preceding: [ABRD, ABWR], following: [RD, RDA, WR, WRA], delay: "nCCDL", limit: group_path}
        - {scope: channel, preceding: [WR, WRA], following: [ABRD], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        - {scope: channel, preceding: [ABWR], following: [RD, RDA], delay: "nCWL + nBL + nWTRL", limit: turnaround}
      refresh:
        interval: "nREFI"
        scope: rank
        all_bank: REFab
        per_bank: REFpb
        postponement_limit: 8
        source: "standard: JEDEC JESD238, 3.9 us; at most 8 refreshes postponed"
      energy:
        activation: "909 pJ"
        read_per_bit: {cell: 0.44, group_path: 1.01, global_io: 1.23, tsv: 0.5, interposer: 0.3}
        write_per_bit: {cell: 0.44, group_path: 1.01, global_io: 1.23, tsv: 0.5, interposer: 0.3}
        source: "paper: Duplex (MICRO 2024) path energies after FGDRAM (MICRO 2017), host path"
      """#,
    "hbm3-5.2375-duplex": #"""
      # The memory of the code presets: the clocks of hbm3-5.2-duplex at the 670.4 GB/s a stack of the authors' code.
      base: hbm3-5.2-duplex
      name: hbm3-5.2375-duplex
      description: "HBM3 of Duplex at the rate of the authors' simulator: 5.2375 Gb/s per pin, else as hbm3-5.2-duplex"
      clock: "1309375 kHz"
      """#,
    "hbm3-6400": #"""
      name: hbm3-6400
      description: "HBM3 at 6.4 Gb/s per pin, one 32-bit pseudo channel per controller, 16 Gb dies, one stack ID"
      clock: "1.6 GHz"
      ticks_per_clock: 2
      burst: {bytes: "32 B", clocks: "nBL"}
      organization:
        levels: [{name: pseudo_channel, count: 1}, {name: sid, count: 1}, {name: bank_group, count: 4}, {name: bank, count: 4}]
        rows: 16384
        columns: 32
        channels: 32
        density_gigabits: 16
        address_mapping: "row-bank-column-bank_group-channel"
        source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"
      timing:
        nBL: {value: 2, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nCL: {value: 20, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nCWL: {value: 10, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nRCDRD: {value: 31, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nRCDWR: {value: 15, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nRP: {value: 26, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nRAS: {value: 45, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nRC: {value: 72, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nWR: {value: 33, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nRTP: {value: 9, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nCCDS: {value: 2, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nCCDL: {value: 4, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nCCDR: {value: 3, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nRRDS: {value: 4, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nRRDL: {value: 5, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nFAW: {value: 24, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nWTRS: {value: 7, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nWTRL: {value: 10, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nRTW: {value: 20, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nRFCpb: {value: 320, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nPPD: {value: 2, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nREFI: {value: 6240, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nRFMpb: {value: 320, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class"}
        nRREFD: {value: 8, source: "code: Ramulator 2.1 HBM3_6400Mbps, JEDEC JESD238 class", disputed: "max(3 CK, 8 ns) is 13 clocks by the rule in the same source"}
        nRFC: {by_density: [{up_to_gigabits: 4, duration: "260 ns"}, {up_to_gigabits: 8, duration: "350 ns"}, {up_to_gigabits: 16, duration: "450 ns"}, {up_to_gigabits: 64, duration: "550 ns"}], source: "standard: JEDEC JESD238 tRFCab by density"}
        nRFMab: {by_density: [{up_to_gigabits: 4, duration: "260 ns"}, {up_to_gigabits: 8, duration: "350 ns"}, {up_to_gigabits: 16, duration: "450 ns"}, {up_to_gigabits: 64, duration: "550 ns"}], source: "assumption: as tRFCab"}
      latency: {read: "nCL + nBL", write: "nCWL + nBL"}
      commands:
        - {name: ACT, bus: row, scope: bank, effect: activate, ticks: 3}
        - {name: PREpb, bus: row, scope: bank, effect: precharge, any_edge: true}
        - {name: PREab, bus: row, scope: pseudo_channel, effect: precharge, any_edge: true}
        - {name: RD, bus: column, scope: bank, effect: read, ticks: 2}
        - {name: WR, bus: column, scope: bank, effect: write, ticks: 2}
        - {name: RDA, bus: column, scope: bank, effect: read, ticks: 2, auto_precharge: true}
        - {name: WRA, bus: column, scope: bank, effect: write, ticks: 2, auto_precharge: true}
        - {name: REFab, bus: row, scope: pseudo_channel, effect: refresh}
        - {name: REFpb, bus: row, scope: bank, effect: refresh}
        - {name: RFMab, bus: row, scope: pseudo_channel, effect: none}
        - {name: RFMpb, bus: row, scope: bank, effect: none}
      constraints:
        # data bus and column commands
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nBL"}
        - {scope: sid, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDS"}
        - {scope: sid, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDS"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nRTW", limit: turnaround}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRS", limit: turnaround}
        - {scope: bank_group, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        # activation and precharge
        - {scope: pseudo_channel, preceding: [ACT], following: [ACT], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACT], following: [ACT], delay: "nRRDL", limit: row}
        - {scope: pseudo_channel, preceding: [ACT], following: [ACT], delay: "nFAW", window: 4, limit: tfaw}
        - {scope: bank, preceding: [ACT], following: [ACT], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ACT], following: [RD, RDA], delay: "nRCDRD", limit: row}
        - {scope: bank, preceding: [ACT], following: [WR, WRA], delay: "nRCDWR", limit: row}
        - {scope: bank, preceding: [ACT], following: [PREpb], delay: "nRAS", limit: row}
        - {scope: pseudo_channel, preceding: [ACT], following: [PREab], delay: "nRAS", limit: row}
        - {scope: bank, preceding: [PREpb], following: [ACT], delay: "nRP", limit: row}
        - {scope: pseudo_channel, preceding: [PREab], following: [ACT], delay: "nRP", limit: row}
        - {scope: bank, preceding: [RD], following: [PREpb], delay: "nRTP", limit: row}
        - {scope: pseudo_channel, preceding: [RD], following: [PREab], delay: "nRTP", limit: row}
        - {scope: bank, preceding: [WR], following: [PREpb], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: pseudo_channel, preceding: [WR], following: [PREab], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: bank, preceding: [RDA], following: [ACT], delay: "nRTP + nRP", limit: row}
        - {scope: bank, preceding: [WRA], following: [ACT], delay: "nCWL + nBL + nWR + nRP", limit: row}
        - {scope: pseudo_channel, preceding: [PREpb, PREab], following: [PREpb, PREab], delay: "nPPD"}
        # refresh: REFab and REFpb
        - {scope: pseudo_channel, preceding: [ACT], following: [REFab], delay: "nRC"}
        - {scope: pseudo_channel, preceding: [PREpb, PREab], following: [REFab], delay: "nRP"}
        - {scope: pseudo_channel, preceding: [RDA], following: [REFab], delay: "nRP + nRTP"}
        - {scope: pseudo_channel, preceding: [WRA], following: [REFab], delay: "nCWL + nBL + nWR + nRP"}
        - {scope: pseudo_channel, preceding: [REFab], following: [ACT, PREab], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [REFab], following: [REFab], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [REFab], following: [REFpb], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [REFab], delay: "nRFCpb"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [REFpb], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [ACT], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [ACT], following: [REFpb], delay: "nRRDS"}
        - {scope: bank, preceding: [REFpb], following: [ACT], delay: "nRFCpb"}
        - {scope: bank, preceding: [REFpb], following: [REFpb], delay: "nRFCpb"}
        - {scope: bank, preceding: [ACT], following: [REFpb], delay: "nRC"}
        - {scope: bank, preceding: [PREpb], following: [REFpb], delay: "nRP"}
        - {scope: pseudo_channel, preceding: [PREab], following: [REFpb], delay: "nRP"}
        - {scope: bank, preceding: [RDA], following: [REFpb], delay: "nRTP + nRP"}
        - {scope: bank, preceding: [WRA], following: [REFpb], delay: "nCWL + nBL + nWR + nRP"}
        # refresh: RFMab and RFMpb
        - {scope: pseudo_channel, preceding: [ACT], following: [RFMab], delay: "nRC"}
        - {scope: pseudo_channel, preceding: [PREpb, PREab], following: [RFMab], delay: "nRP"}
        - {scope: pseudo_channel, preceding: [RDA], following: [RFMab], delay: "nRP + nRTP"}
        - {scope: pseudo_channel, preceding: [WRA], following: [RFMab], delay: "nCWL + nBL + nWR + nRP"}
        - {scope: pseudo_channel, preceding: [RFMab], following: [ACT, PREab], delay: "nRFMab"}
        - {scope: pseudo_channel, preceding: [RFMab], following: [RFMab], delay: "nRFMab"}
        - {scope: pseudo_channel, preceding: [RFMab], following: [RFMpb], delay: "nRFMab"}
        - {scope: pseudo_channel, preceding: [RFMpb], following: [RFMab], delay: "nRFMpb"}
        - {scope: pseudo_channel, preceding: [RFMpb], following: [RFMpb], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [RFMpb], following: [ACT], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [ACT], following: [RFMpb], delay: "nRRDS"}
        - {scope: bank, preceding: [RFMpb], following: [ACT], delay: "nRFMpb"}
        - {scope: bank, preceding: [RFMpb], following: [RFMpb], delay: "nRFMpb"}
        - {scope: bank, preceding: [ACT], following: [RFMpb], delay: "nRC"}
        - {scope: bank, preceding: [PREpb], following: [RFMpb], delay: "nRP"}
        - {scope: pseudo_channel, preceding: [PREab], following: [RFMpb], delay: "nRP"}
        - {scope: bank, preceding: [RDA], following: [RFMpb], delay: "nRTP + nRP"}
        - {scope: bank, preceding: [WRA], following: [RFMpb], delay: "nCWL + nBL + nWR + nRP"}
        # a refresh and a refresh management command of one scope
        - {scope: pseudo_channel, preceding: [REFab], following: [RFMab, RFMpb], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [RFMab], following: [REFab, REFpb], delay: "nRFMab"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [RFMab], delay: "nRFCpb"}
        - {scope: pseudo_channel, preceding: [RFMpb], following: [REFab], delay: "nRFMpb"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [RFMpb], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [RFMpb], following: [REFpb], delay: "nRREFD"}
        - {scope: bank, preceding: [REFpb], following: [RFMpb], delay: "nRFCpb"}
        - {scope: bank, preceding: [RFMpb], following: [REFpb], delay: "nRFMpb"}
        # another stack ID under the same pseudo channel
        - {scope: sid, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDR", sibling: true}
        # a falling-edge precharge may not pair with a per-bank refresh of its pseudo channel at the rising edge before
        - {scope: pseudo_channel, preceding: [REFpb, RFMpb], following: [PREab], delay: "1"}
      refresh:
        interval: "nREFI"
        scope: pseudo_channel
        all_bank: REFab
        per_bank: REFpb
        postponement_limit: 8
        source: "standard: JEDEC JESD238, 3.9 us; at most 8 refreshes postponed"
      energy:
        activation: "909 pJ"
        read_per_bit: {cell: 1.51, on_die_path: 1.17, interface: 0.80}
        write_per_bit: {cell: 1.51, on_die_path: 1.17, interface: 0.80}
        source: "paper: FGDRAM (MICRO 2017), HBM2 energy per 1 KB activation and per bit, assumed equal for HBM3"
      """#,
    "hbm4-8000": #"""
      name: hbm4-8000
      description: "HBM4 at 8 Gb/s per pin, one 32-bit pseudo channel per controller, 32 Gb dies, one stack ID"
      clock: "2 GHz"
      ticks_per_clock: 2
      burst: {bytes: "32 B", clocks: "nBL"}
      organization:
        levels: [{name: pseudo_channel, count: 1}, {name: sid, count: 1}, {name: bank_group, count: 2}, {name: bank, count: 8}]
        rows: 16384
        columns: 32
        channels: 64
        density_gigabits: 32
        address_mapping: "row-bank-column-bank_group-channel"
        source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"
      timing:
        nBL: {value: 2, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nCL: {value: 20, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nCWL: {value: 10, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nRCDRD: {value: 39, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nRCDWR: {value: 19, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nRP: {value: 33, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nRAS: {value: 57, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nRC: {value: 90, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nWR: {value: 42, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nRTP: {value: 12, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nCCDS: {value: 2, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nCCDL: {value: 4, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nCCDR: {value: 2, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nRRDS: {value: 5, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nRRDL: {value: 7, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nFAW: {value: 30, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nWTRS: {value: 9, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nWTRL: {value: 13, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nRTW: {value: 25, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nRFCpb: {value: 560, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nPPD: {value: 2, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nREFI: {value: 7800, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nRFMpb: {value: 560, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class"}
        nRREFD: {value: 16, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, JEDEC JESD270-4 class", disputed: "8 clocks in another listing of the same preset"}
        nRFC: {value: 800, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, 32 Gb dies", disputed: "tRFCab of 550 ns, the rule of HBM3 for such dies, would be 1100 clocks"}
        nRFMab: {value: 800, source: "code: Ramulator 2.1 HBM4 preset at 8 Gb/s, 32 Gb dies"}
      latency: {read: "nCL + nBL", write: "nCWL + nBL"}
      commands:
        - {name: ACT, bus: row, scope: bank, effect: activate, ticks: 3}
        - {name: PREpb, bus: row, scope: bank, effect: precharge, any_edge: true}
        - {name: PREab, bus: row, scope: pseudo_channel, effect: precharge, any_edge: true}
        - {name: RD, bus: column, scope: bank, effect: read, ticks: 2}
        - {name: WR, bus: column, scope: bank, effect: write, ticks: 2}
        - {name: RDA, bus: column, scope: bank, effect: read, ticks: 2, auto_precharge: true}
        - {name: WRA, bus: column, scope: bank, effect: write, ticks: 2, auto_precharge: true}
        - {name: REFab, bus: row, scope: pseudo_channel, effect: refresh}
        - {name: REFpb, bus: row, scope: bank, effect: refresh}
        - {name: RFMab, bus: row, scope: pseudo_channel, effect: none}
        - {name: RFMpb, bus: row, scope: bank, effect: none}
      constraints:
        # data bus and column commands
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nBL"}
        - {scope: sid, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDS"}
        - {scope: sid, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDS"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nBL"}
        - {scope: pseudo_channel, preceding: [RD, RDA], following: [WR, WRA], delay: "nRTW", limit: turnaround}
        - {scope: pseudo_channel, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRS", limit: turnaround}
        - {scope: bank_group, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL + nWTRL", limit: turnaround}
        # activation and precharge
        - {scope: pseudo_channel, preceding: [ACT], following: [ACT], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACT], following: [ACT], delay: "nRRDL", limit: row}
        - {scope: pseudo_channel, preceding: [ACT], following: [ACT], delay: "nFAW", window: 4, limit: tfaw}
        - {scope: bank, preceding: [ACT], following: [ACT], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ACT], following: [RD, RDA], delay: "nRCDRD", limit: row}
        - {scope: bank, preceding: [ACT], following: [WR, WRA], delay: "nRCDWR", limit: row}
        - {scope: bank, preceding: [ACT], following: [PREpb], delay: "nRAS", limit: row}
        - {scope: pseudo_channel, preceding: [ACT], following: [PREab], delay: "nRAS", limit: row}
        - {scope: bank, preceding: [PREpb], following: [ACT], delay: "nRP", limit: row}
        - {scope: pseudo_channel, preceding: [PREab], following: [ACT], delay: "nRP", limit: row}
        - {scope: bank, preceding: [RD], following: [PREpb], delay: "nRTP", limit: row}
        - {scope: pseudo_channel, preceding: [RD], following: [PREab], delay: "nRTP", limit: row}
        - {scope: bank, preceding: [WR], following: [PREpb], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: pseudo_channel, preceding: [WR], following: [PREab], delay: "nCWL + nBL + nWR", limit: row}
        - {scope: bank, preceding: [RDA], following: [ACT], delay: "nRTP + nRP", limit: row}
        - {scope: bank, preceding: [WRA], following: [ACT], delay: "nCWL + nBL + nWR + nRP", limit: row}
        - {scope: pseudo_channel, preceding: [PREpb, PREab], following: [PREpb, PREab], delay: "nPPD"}
        # refresh: REFab and REFpb
        - {scope: pseudo_channel, preceding: [ACT], following: [REFab], delay: "nRC"}
        - {scope: pseudo_channel, preceding: [PREpb, PREab], following: [REFab], delay: "nRP"}
        - {scope: pseudo_channel, preceding: [RDA], following: [REFab], delay: "nRP + nRTP"}
        - {scope: pseudo_channel, preceding: [WRA], following: [REFab], delay: "nCWL + nBL + nWR + nRP"}
        - {scope: pseudo_channel, preceding: [REFab], following: [ACT, PREab], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [REFab], following: [REFab], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [REFab], following: [REFpb], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [REFab], delay: "nRFCpb"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [REFpb], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [ACT], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [ACT], following: [REFpb], delay: "nRRDS"}
        - {scope: bank_group, preceding: [ACT], following: [REFpb, RFMpb], delay: "nRRDL"}
        - {scope: bank_group, preceding: [REFpb, RFMpb], following: [ACT], delay: "nRRDL"}
        - {scope: bank, preceding: [REFpb], following: [ACT], delay: "nRFCpb"}
        - {scope: bank, preceding: [REFpb], following: [REFpb], delay: "nRFCpb"}
        - {scope: bank, preceding: [ACT], following: [REFpb], delay: "nRC"}
        - {scope: bank, preceding: [PREpb], following: [REFpb], delay: "nRP"}
        - {scope: pseudo_channel, preceding: [PREab], following: [REFpb], delay: "nRP"}
        - {scope: bank, preceding: [RDA], following: [REFpb], delay: "nRTP + nRP"}
        - {scope: bank, preceding: [WRA], following: [REFpb], delay: "nCWL + nBL + nWR + nRP"}
        # refresh: RFMab and RFMpb
        - {scope: pseudo_channel, preceding: [ACT], following: [RFMab], delay: "nRC"}
        - {scope: pseudo_channel, preceding: [PREpb, PREab], following: [RFMab], delay: "nRP"}
        - {scope: pseudo_channel, preceding: [RDA], following: [RFMab], delay: "nRP + nRTP"}
        - {scope: pseudo_channel, preceding: [WRA], following: [RFMab], delay: "nCWL + nBL + nWR + nRP"}
        - {scope: pseudo_channel, preceding: [RFMab], following: [ACT, PREab], delay: "nRFMab"}
        - {scope: pseudo_channel, preceding: [RFMab], following: [RFMab], delay: "nRFMab"}
        - {scope: pseudo_channel, preceding: [RFMab], following: [RFMpb], delay: "nRFMab"}
        - {scope: pseudo_channel, preceding: [RFMpb], following: [RFMab], delay: "nRFMpb"}
        - {scope: pseudo_channel, preceding: [RFMpb], following: [RFMpb], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [RFMpb], following: [ACT], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [ACT], following: [RFMpb], delay: "nRRDS"}
        - {scope: bank, preceding: [RFMpb], following: [ACT], delay: "nRFMpb"}
        - {scope: bank, preceding: [RFMpb], following: [RFMpb], delay: "nRFMpb"}
        - {scope: bank, preceding: [ACT], following: [RFMpb], delay: "nRC"}
        - {scope: bank, preceding: [PREpb], following: [RFMpb], delay: "nRP"}
        - {scope: pseudo_channel, preceding: [PREab], following: [RFMpb], delay: "nRP"}
        - {scope: bank, preceding: [RDA], following: [RFMpb], delay: "nRTP + nRP"}
        - {scope: bank, preceding: [WRA], following: [RFMpb], delay: "nCWL + nBL + nWR + nRP"}
        # a refresh and a refresh management command of one scope
        - {scope: pseudo_channel, preceding: [REFab], following: [RFMab, RFMpb], delay: "nRFC"}
        - {scope: pseudo_channel, preceding: [RFMab], following: [REFab, REFpb], delay: "nRFMab"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [RFMab], delay: "nRFCpb"}
        - {scope: pseudo_channel, preceding: [RFMpb], following: [REFab], delay: "nRFMpb"}
        - {scope: pseudo_channel, preceding: [REFpb], following: [RFMpb], delay: "nRREFD"}
        - {scope: pseudo_channel, preceding: [RFMpb], following: [REFpb], delay: "nRREFD"}
        - {scope: bank, preceding: [REFpb], following: [RFMpb], delay: "nRFCpb"}
        - {scope: bank, preceding: [RFMpb], following: [REFpb], delay: "nRFMpb"}
        # another stack ID under the same pseudo channel
        - {scope: sid, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDR", sibling: true}
        # a falling-edge precharge may not pair with a per-bank refresh of its pseudo channel at the rising edge before
        - {scope: pseudo_channel, preceding: [REFpb, RFMpb], following: [PREab], delay: "1"}
      refresh:
        interval: "nREFI"
        scope: pseudo_channel
        all_bank: REFab
        per_bank: REFpb
        postponement_limit: 8
        source: "standard: JEDEC JESD270-4, 3.9 us; at most 8 refreshes postponed"
      energy:
        activation: "909 pJ"
        read_per_bit: {cell: 1.51, on_die_path: 1.17, interface: 0.80}
        write_per_bit: {cell: 1.51, on_die_path: 1.17, interface: 0.80}
        source: "paper: FGDRAM (MICRO 2017), HBM2 energy per 1 KB activation and per bit, assumed equal for HBM4"
      """#,
    "lpddr5-6400": #"""
      name: lpddr5-6400
      description: "LPDDR5-6400, one 16-bit channel of an 8 Gb die, bank group mode"
      clock: "800 MHz"
      ticks_per_clock: 1
      burst: {bytes: "32 B", clocks: "nBL_min"}
      organization:
        levels: [{name: rank, count: 1}, {name: bank_group, count: 4}, {name: bank, count: 4}]
        rows: 32768
        columns: 64
        channels: 1
        density_gigabits: 8
        address_mapping: "row-rank-bank-column-bank_group-channel"
        source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"
      timing:
        nBL_min: {value: 2, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nBL_max: {value: 4, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nCL: {value: 17, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nCWL: {value: 9, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nRCD: {value: 15, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nRP: {value: 15, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nRPab: {value: 17, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nRAS: {value: 34, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nRC: {value: 49, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nWR: {value: 28, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nRTP: {value: 8, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nPPD: {value: 2, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nCCDS: {value: 2, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nCCDL: {value: 4, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nCCDS_WR: {value: 2, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nCCDL_WR: {value: 4, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nWTRS: {value: 5, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nWTRL: {value: 10, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nWCKPST: {value: 1, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nCAS: {value: 0, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nAAD: {value: 8, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nCS: {value: 2, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nRRDS: {value: 4, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nRRDL: {value: 4, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nFAW: {value: 16, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nRFC: {value: 168, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nRFCpb: {value: 96, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nREFI: {value: 3125, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nPBR2PBR: {value: 72, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
        nPBR2ACT: {value: 6, source: "code: Ramulator 2.1 LPDDR5_6400, JEDEC JESD209-5 class"}
      latency: {read: "nCL + nBL_min", write: "nCWL + nBL_min"}
      split_activation: {deadline: "nAAD"}
      data_clock: {post: "nWCKPST"}
      commands:
        - {name: ACT1, bus: row, scope: bank, effect: activate_first}
        - {name: ACT2, bus: row, scope: bank, effect: activate}
        - {name: PREpb, bus: row, scope: bank, effect: precharge}
        - {name: PREab, bus: row, scope: rank, effect: precharge}
        - {name: CAS_RD, bus: row, scope: bank, effect: start_read_clock}
        - {name: CAS_WR, bus: row, scope: bank, effect: start_write_clock}
        - {name: RD, bus: row, scope: bank, effect: read}
        - {name: WR, bus: row, scope: bank, effect: write}
        - {name: RDA, bus: row, scope: bank, effect: read, auto_precharge: true}
        - {name: WRA, bus: row, scope: bank, effect: write, auto_precharge: true}
        - {name: REFab, bus: row, scope: rank, effect: refresh}
        - {name: REFpb, bus: row, scope: bank, effect: refresh}
      constraints:
        # data bus and column commands
        - {scope: rank, preceding: [RD, RDA], following: [RD, RDA], delay: "nBL_min"}
        - {scope: rank, preceding: [WR, WRA], following: [WR, WRA], delay: "nBL_min"}
        - {scope: rank, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDS"}
        - {scope: rank, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDS_WR"}
        - {scope: rank, preceding: [RD, RDA], following: [WR, WRA], delay: "nBL_min"}
        - {scope: rank, preceding: [WR, WRA], following: [RD, RDA], delay: "nBL_min"}
        - {scope: rank, preceding: [RD, RDA], following: [WR, WRA], delay: "nCL + nBL_min + 2 - nCWL", limit: turnaround}
        - {scope: rank, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL_min + nWTRS", limit: turnaround}
        - {scope: bank_group, preceding: [RD, RDA], following: [RD, RDA], delay: "nCCDL"}
        - {scope: bank_group, preceding: [WR, WRA], following: [WR, WRA], delay: "nCCDL_WR"}
        - {scope: bank_group, preceding: [WR, WRA], following: [RD, RDA], delay: "nCWL + nBL_max + nWTRL", limit: turnaround}
        # activation and precharge
        - {scope: rank, preceding: [ACT1], following: [ACT1], delay: "nRRDS", limit: row}
        - {scope: bank_group, preceding: [ACT1], following: [ACT1], delay: "nRRDL", limit: row}
        - {scope: rank, preceding: [ACT1], following: [ACT1], delay: "nFAW", window: 4, limit: tfaw}
        - {scope: bank, preceding: [ACT1], following: [ACT1], delay: "nRC", limit: row}
        - {scope: bank, preceding: [ACT1], following: [RD, RDA, WR, WRA], delay: "nRCD", limit: row}
        - {scope: bank, preceding: [ACT1], following: [PREpb], delay: "nRAS", limit: row}
        - {scope: rank, preceding: [ACT1], following: [PREab], delay: "nRAS", limit: row}
        - {scope: bank, preceding: [PREpb], following: [ACT1], delay: "nRP", limit: row}
        - {scope: rank, preceding: [PREab], following: [ACT1], delay: "nRPab", limit: row}
        - {scope: bank, preceding: [RD], following: [PREpb], delay: "nRTP", limit: row}
        - {scope: rank, preceding: [RD], following: [PREab], delay: "nRTP", limit: row}
        - {scope: bank, preceding: [WR], following: [PREpb], delay: "nCWL + nBL_min + nWR", limit: row}
        - {scope: rank, preceding: [WR], following: [PREab], delay: "nCWL + nBL_min + nWR", limit: row}
        - {scope: bank, preceding: [RDA], following: [ACT1], delay: "nRTP + nRP", limit: row}
        - {scope: bank, preceding: [WRA], following: [ACT1], delay: "nCWL + nBL_min + nWR + nRP", limit: row}
        - {scope: rank, preceding: [PREpb, PREab], following: [PREpb, PREab], delay: "nPPD"}
        # refresh: REFab and REFpb
        - {scope: rank, preceding: [ACT1], following: [REFab], delay: "nRC"}
        - {scope: rank, preceding: [PREpb, PREab], following: [REFab], delay: "nRP"}
        - {scope: rank, preceding: [RDA], following: [REFab], delay: "nRP + nRTP"}
        - {scope: rank, preceding: [WRA], following: [REFab], delay: "nCWL + nBL_min + nWR + nRP"}
        - {scope: rank, preceding: [REFab], following: [ACT1, PREab], delay: "nRFC"}
        - {scope: rank, preceding: [REFab], following: [REFab], delay: "nRFC"}
        - {scope: rank, preceding: [REFab], following: [REFpb], delay: "nRFC"}
        - {scope: rank, preceding: [REFpb], following: [REFab], delay: "nRFCpb"}
        - {scope: rank, preceding: [REFpb], following: [REFpb], delay: "nPBR2PBR"}
        - {scope: rank, preceding: [REFpb], following: [ACT1], delay: "nPBR2ACT"}
        - {scope: bank, preceding: [REFpb], following: [ACT1], delay: "nRFCpb"}
        - {scope: bank, preceding: [REFpb], following: [REFpb], delay: "nRFCpb"}
        - {scope: bank, preceding: [ACT1], following: [REFpb], delay: "nRC"}
        - {scope: bank, preceding: [PREpb], following: [REFpb], delay: "nRP"}
        - {scope: rank, preceding: [PREab], following: [REFpb], delay: "nRPab"}
        - {scope: bank, preceding: [RDA], following: [REFpb], delay: "nRTP + nRP"}
        - {scope: bank, preceding: [WRA], following: [REFpb], delay: "nCWL + nBL_min + nWR + nRP"}
        # ranks share the data bus
        - {scope: channel, preceding: [RD, RDA], following: [RD, RDA], delay: "nBL_min"}
        - {scope: channel, preceding: [WR, WRA], following: [WR, WRA], delay: "nBL_min"}
        - {scope: rank, preceding: [RD, RDA], following: [RD, RDA, WR, WRA], delay: "nBL_min + nCS", sibling: true}
        - {scope: rank, preceding: [WR, WRA], following: [RD, RDA], delay: "nCL + nBL_min + nCS - nCWL", sibling: true}
        # the data clock starts before the column command
        - {scope: bank, preceding: [CAS_RD], following: [RD, RDA], delay: "nCAS"}
        - {scope: bank, preceding: [CAS_WR], following: [WR, WRA], delay: "nCAS"}
      refresh:
        interval: "nREFI"
        scope: rank
        all_bank: REFab
        per_bank: REFpb
        postponement_limit: 8
        source: "standard: JEDEC JESD209-5, 3.9 us; at most 8 refreshes postponed"
      """#,
  ],
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
  "sweeps": [
    "kv-policies": #"""
      # Decode of Llama 2 7B under KV-cache policies, over the length of the context: where keys and values
      # outweigh weights, a policy gains; below, it does not. Budgets are those of the papers' order of size:
      # a window of 1024 with 4 sinks (StreamingLLM), a mean budget of 512 (PyramidKV), 5 % of heads as
      # retrieval heads (RazorAttention), 1024 picked keys (TidalDecode), 16 blocks of 64 (MoBA), full
      # attention every 16th token (recycled attention).
      name: kv-policies
      title: Llama 2 7B decode under KV-cache policies, over context length
      system: h100
      trace:
        model: llama2-7b
        batch: 8
        phase: decode
        # Sixteen steps: recycled attention sees every key in one of them.
        generate: 16
      axes:
        policy:
          vary: trace.switches.kv_policy
          values:
            - full
            - "window:1024,sinks=4"
            - "pyramid:512,sinks=4"
            - "retrieval:0.05,window=1024,sinks=4"
            - "persistent:1024"
            - "blocks:64,k=16"
            - "recycled:1024,period=16"
        context: {vary: trace.context, values: [512, 1024, 2048, 4000]}
      objectives:
        - maximize: tokens_per_second
        - minimize: time_ps
      """#,
    "neupims-batch": #"""
      # Decode throughput against batch size for the systems that NeuPIMs compares (arXiv 2403.00579).
      name: neupims-batch
      title: GPT-3 7B decode throughput against batch size
      system: a100
      trace:
        model: gpt3-7b
        phase: decode
        generate: 1
        # Cached tokens of each request (assumption): near the means of the paper's Alpaca and ShareGPT
        # requests, and small enough that every batch fits every system.
        context: 256
      axes:
        system: {values: [a100, npu]}
        batch: {vary: trace.batch, values: [1, 2, 4, 8, 16, 32, 64, 96, 128]}
      objectives:
        - maximize: tokens_per_second
        - minimize: time_ps
      """#,
    "neupims-systems": #"""
      # Decode throughput against batch size for the systems that NeuPIMs compares (arXiv 2403.00579), at command level.
      name: neupims-systems
      title: GPT-3 7B decode throughput against batch size, two layers over four devices
      system: neupims
      fidelity: cycle
      trace:
        model: gpt3-7b
        # Two layers: the least that sub-batches alternate over; throughput of the whole model is 1/16 of it.
        layers: 2
        fuse: full
        lengths: sharegpt-like
        seed: 1
      axes:
        system: {values: [gpu-a100, npu-only, npu-pim-blocked, neupims]}
        batch: {vary: trace.batch, values: [16, 32, 64, 128, 256]}
      objectives:
        - maximize: tokens_per_second
        - minimize: time_ps
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
      memory: {capacity: 40 GiB, bandwidth: 1555 GB/s, dram: {standard: hbm2-a100}}
      link: {bandwidth: 300 GB/s, latency: 0.8 us}
      """#,
    "bank-pim-code": #"""
      # The Bank-PIM comparator of duplex-code: 16 times the bandwidth, 1 operation a byte.
      base: duplex-code
      name: bank-pim-code
      device:
        pim:
          level: bank
          bandwidth_multiple: 16
          modules: 1024
          multipliers_per_module: 8
      energy:
        - name: path
          source: >-
            the authors' public simulator of arXiv 2409.01141: Bank-PIM access 0.187 nJ for 32 B, the rest
            as in duplex-code
          activation: 0.909 nJ
          row_bytes: 1 KiB
          xpu_bit: 3.48 pJ
          pim_bit: 0.73 pJ
          operation: 0.23 pJ
      area: ~
      command_level: {pim: bank-pim}
      """#,
    "bank-pim-paper": #"""
      # The Bank-PIM comparator of duplex-paper: 16 times the bandwidth, 1 operation a byte.
      base: duplex-paper
      name: bank-pim-paper
      device:
        pim:
          level: bank
          bandwidth_multiple: 16
          modules: 1024
          multipliers_per_module: 8
      command_level: {memory: hbm3-5.2-duplex, pim: bank-pim}
      energy:
        - name: path
          source: >-
            the authors' public simulator of arXiv 2409.01141: Bank-PIM access 0.187 nJ for 32 B, the rest
            as in duplex-code
          activation: 0.909 nJ
          row_bytes: 1 KiB
          xpu_bit: 3.48 pJ
          pim_bit: 0.73 pJ
          operation: 0.23 pJ
      area: ~
      """#,
    "bankgroup-pim-code": #"""
      # The BankGroup-PIM comparator of duplex-code: Logic-PIM's rates on the DRAM dies.
      base: duplex-code
      name: bankgroup-pim-code
      device:
        pim:
          level: bank_group
          modules: 256
          multipliers_per_module: 64
      energy:
        - name: path
          source: >-
            the authors' public simulator of arXiv 2409.01141: BankGroup-PIM access 0.686 nJ for 32 B, the
            rest as in duplex-code
          activation: 0.909 nJ
          row_bytes: 1 KiB
          xpu_bit: 3.48 pJ
          pim_bit: 2.68 pJ
          operation: 0.23 pJ
      area: ~
      command_level: {pim: bankgroup-pim}
      """#,
    "bankgroup-pim-paper": #"""
      # The BankGroup-PIM comparator of duplex-paper: Logic-PIM's rates on the DRAM dies.
      base: duplex-paper
      name: bankgroup-pim-paper
      device:
        pim:
          level: bank_group
          modules: 256
          multipliers_per_module: 64
      command_level: {memory: hbm3-5.2-duplex, pim: bankgroup-pim}
      energy:
        - name: path
          source: >-
            the authors' public simulator of arXiv 2409.01141: BankGroup-PIM access 0.686 nJ for 32 B, the
            rest as in duplex-code
          activation: 0.909 nJ
          row_bytes: 1 KiB
          xpu_bit: 3.48 pJ
          pim_bit: 2.68 pJ
          operation: 0.23 pJ
      area: ~
      """#,
    "duplex-code-pe-et": #"""
      # duplex-code-pe with every expert divided over the devices of a node ("+PE+ET").
      base: duplex-code-pe
      name: duplex-code-pe-et
      schedule: {divides_experts_in_node: true}
      """#,
    "duplex-code-pe": #"""
      # duplex-code with xPU and PIM at work at once on experts and attention ("+PE").
      base: duplex-code
      name: duplex-code-pe
      schedule: {coprocesses_experts: true, coprocesses_attention: true}
      """#,
    "duplex-code": #"""
      # Four Duplex devices of the authors' public simulator; one processor works at a time.
      name: duplex-code
      source: >-
        the public simulator of the authors of arXiv 2409.01141: 5 stacks of 670.4 GB/s a device, PIM with
        4 times the bandwidth and 8 operations a byte (half the pin rate clocks the modules, so 654.6875
        MHz), 989.4 TFLOPS dense FP16 and twice that for one byte, NVLink 450 GB/s each way and 0.8 us a
        hop, NDR400 between nodes (50 GB/s, 0.13 us), scores of attention in memory on the xPU and nothing
        but keys and values on PIM; pointwise kernels, router choice, embedding and KV append are not
        modelled there and cost nothing; FP32 as in h100
      type: xpu_pim
      clock: {name: dram, frequency: 1.309375 GHz}
      devices: 4
      node_devices: 8
      device:
        stacks: 5
        stack: {capacity: 16 GiB, bandwidth: 670.4 GB/s}
        xpu:
          matrix_rate:
            f16: 989.4 TFLOPS
            bf16: 989.4 TFLOPS
            f8e4m3: 1978.8 TFLOPS
            f8e5m2: 1978.8 TFLOPS
            i8: 1978.8 TFLOPS
            f32: 66.9 TFLOPS
            f64: 66.9 TFLOPS
        charges_scores: true
        epilogues: [rope, activation, elementwise, top_k, softmax, gather, embedding, memory_move]
        pim:
          level: logic_die
          bandwidth_multiple: 4
          modules: 32
          multipliers_per_module: 512
          frequency: 654.6875 MHz
          charges_scores: false
      link: {bandwidth: 450 GB/s, latency: 0.8 us}
      node_link: {bandwidth: 50 GB/s, latency: 0.13 us}
      schedule:
        decode_attention: fastest
        experts: fastest
        coprocesses_experts: false
        coprocesses_attention: false
        expert_split: most_to_xpu
        memory_spaces: 4
        split_efficiency: 0.75
        divides_experts_in_node: false
        expert_tensor_reductions: 2
        reduces_stacks: false
      energy:
        - name: tsv_area_path
          source: >-
            the authors' public simulator: activation 0.909 nJ a row of 1 KiB, GPU access 0.891 nJ and
            Logic-PIM access 0.464 nJ for 32 B, 0.23 pJ an operation
          activation: 0.909 nJ
          row_bytes: 1 KiB
          xpu_bit: 3.48 pJ
          pim_bit: 1.81 pJ
          operation: 0.23 pJ
        - name: path_sum
          source: >-
            the same, with Logic-PIM's access as the sum of the xPU's path without the interposer: cell
            0.44, to the group multiplexer 1.01, to the global IO 1.23, vias 0.5 pJ a bit
          activation: 0.909 nJ
          row_bytes: 1 KiB
          xpu_bit: 3.48 pJ
          pim_bit: 3.18 pJ
          operation: 0.23 pJ
      area:
        source: arXiv 2409.01141, of a logic die of 121 mm2
        die: 121
        parts: {through_silicon_vias: 10.89, gemm_modules: 3.02, buffers: 2.26, softmax_unit: 1.64}
      command_level: {memory: hbm3-5.2375-duplex, pim: logic-pim}
      """#,
    "duplex-paper-pe-et": #"""
      # duplex-paper with co-processing and experts divided over the devices of a node.
      base: duplex-paper
      name: duplex-paper-pe-et
      schedule: {coprocesses_experts: true, coprocesses_attention: true, divides_experts_in_node: true}
      """#,
    "duplex-paper-pe": #"""
      # duplex-paper with xPU and PIM at work at once on experts and attention ("+PE").
      base: duplex-paper
      name: duplex-paper-pe
      schedule: {coprocesses_experts: true, coprocesses_attention: true}
      """#,
    "duplex-paper": #"""
      # Four Duplex devices with the numbers of the paper.
      base: duplex-code
      name: duplex-paper
      source: >-
        arXiv 2409.01141: stacks at 5.2 Gb/s, which is 665.6 GB/s; 32 modules of 512 FP16 multipliers at
        650 MHz a stack; "400GB/s InfiniBand" between nodes as the text has it; attention on the xPU as
        one fused kernel, pointwise kernels and sums over stacks charged (assumptions); the rest as in
        duplex-code
      clock: {name: dram, frequency: 1.3 GHz}
      device:
        stack: {bandwidth: 665.6 GB/s}
        xpu: {vector_rate: 66.9 TFLOPS}
        charges_scores: false
        epilogues: [activation, rope]
        pim: {frequency: 650 MHz}
        units:
          source: >-
            H100: 132 multiprocessors, 50 MB of L2; 0.8 of the matrix rate as in AttAcc's xPU model; tile
            sizes, depth and division of tiles over units (stream-K) after common libraries (assumption)
          multiprocessors: 132
          tiles:
            - {rows: 256, columns: 128}
            - {rows: 128, columns: 128}
            - {rows: 64, columns: 128}
            - {rows: 32, columns: 128}
            - {rows: 16, columns: 128}
          depth: 64
          splits_tiles: true
          efficiency: 0.8
          cache: 50 MB
      node_link: {bandwidth: 400 GB/s, latency: 0.13 us}
      schedule:
        expert_split: fewest_to_pim
        expert_tensor_reductions: 1
        reduces_stacks: true
      command_level: {memory: hbm3-5.2-duplex, pim: logic-pim}
      """#,
    "duplex-split-code": #"""
      # One pool of Duplex-Split: two of the four devices of duplex-code do prompts, two decode; name it twice:
      # orrery serve --prefill-system duplex-split-code --system duplex-split-code
      base: duplex-code
      name: duplex-split-code
      devices: 2
      """#,
    "duplex-split-paper": #"""
      # One pool of Duplex-Split: two of the four devices of duplex-paper do prompts, two decode; name it twice:
      # orrery serve --prefill-system duplex-split-paper --system duplex-split-paper
      base: duplex-paper
      name: duplex-split-paper
      devices: 2
      """#,
    "gpu-a100": #"""
      # Four A100 of 40 GB, tensor parallel: the GPU-only baseline of NeuPIMs, at cycle level over hbm2-a100.
      name: gpu-a100
      source: >-
        paper: NeuPIMs (arXiv 2403.00579) compares with A100 devices of 40 GB and 1555 GB/s that use less than 40 % of their
        compute; rates and links from the vendor's A100 datasheet (312 TFLOPS FP16 dense, 19.5 TFLOPS FP32, NVLink 300 GB/s
        each way). Assumptions: matrix units reach their datasheet peak and kernels start in no time, the most favourable GPU;
        the paper's ceiling is device.xpu.matrix_rate.f16 at 40 %, 124.8 TFLOPS; attention is not fused (scores go through
        memory), as in the paper's PyTorch; link latency 0.8 us
      type: xpu_pim
      clock: {name: dram, frequency: 1.215 GHz}
      devices: 4
      node_devices: 8
      device:
        stacks: 5
        stack: {capacity: 8 GiB, bandwidth: 311.04 GB/s}
        xpu:
          matrix_rate:
            f16: 312 TFLOPS
            bf16: 312 TFLOPS
            i8: 624 TFLOPS
            f32: 19.5 TFLOPS
            f64: 19.5 TFLOPS
          vector_rate: 19.5 TFLOPS
        charges_scores: true
        epilogues: [activation, rope]
      link: {bandwidth: 300 GB/s, latency: 0.8 us}
      schedule:
        decode_attention: xpu
        experts: xpu
        coprocesses_experts: false
        coprocesses_attention: false
        expert_split: most_to_xpu
        divides_experts_in_node: false
        expert_tensor_reductions: 1
        reduces_stacks: false
      energy:
        - name: hbm2
          source: >-
            FGDRAM (MICRO 2017): activation 0.909 nJ a row of 1 KiB, 3.48 pJ a bit; operations as in gpu-code (assumption)
          activation: 0.909 nJ
          row_bytes: 1 KiB
          xpu_bit: 3.48 pJ
          operation: 0.23 pJ
      command_level: {memory: hbm2-a100}
      """#,
    "gpu-code": #"""
      # The GPU that duplex-code is compared with: the same device without PIM.
      base: duplex-code
      name: gpu-code
      device: {pim: ~}
      schedule: {decode_attention: xpu, experts: xpu}
      energy:
        - name: gpu
          source: "the authors' public simulator of arXiv 2409.01141, as in duplex-code"
          activation: 0.909 nJ
          row_bytes: 1 KiB
          xpu_bit: 3.48 pJ
          operation: 0.23 pJ
      area: ~
      command_level: {pim: ~}
      """#,
    "gpu-paper": #"""
      # The GPU that duplex-paper is compared with: the same device without PIM.
      base: duplex-paper
      name: gpu-paper
      device: {pim: ~}
      schedule: {decode_attention: xpu, experts: xpu}
      energy:
        - name: gpu
          source: "the authors' public simulator of arXiv 2409.01141, as in duplex-code"
          activation: 0.909 nJ
          row_bytes: 1 KiB
          xpu_bit: 3.48 pJ
          operation: 0.23 pJ
      area: ~
      command_level: {memory: hbm3-5.2-duplex, pim: ~}
      """#,
    "gpu2-code": #"""
      # Twice the GPUs of gpu-code; at equal capacity Duplex has half as many devices.
      base: gpu-code
      name: gpu2-code
      devices: 8
      """#,
    "gpu2-paper": #"""
      # Twice the GPUs of gpu-paper; at equal capacity Duplex has half as many devices.
      base: gpu-paper
      name: gpu2-paper
      devices: 8
      """#,
    "h100-sxm": #"""
      # The h100 preset with what a real card shows of its start of kernels, its refresh and its mapping.
      base: h100
      name: h100-sxm
      source: >-
        as h100; start of a kernel 1.18 us: measured, an empty kernel in a CUDA graph; refresh bank by bank:
        inferred from a measured fill of 1 GiB at 98 % of the peak, which all-bank refresh would hold at
        88 % or less; 256 bytes side by side in a channel: inferred from measured gathers of rows of 256
        bytes and more at the speed of streams (all in configs/measured/h100-sxm.yaml)
      device: {launch: 1.18 us}
      memory:
        dram:
          mapping: row-column-bank-bank_group-rank-channel-stack-column:8
          controller: {refresh: per-bank}
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
      memory: {capacity: 80 GiB, bandwidth: 3.352 TB/s, dram: {standard: hbm3-5.2-duplex}}
      link: {bandwidth: 450 GB/s, latency: 0.8 us}
      """#,
    "hetero-code": #"""
      # Two GPUs and two PIM devices: experts and decode attention on the PIM devices only.
      base: duplex-code
      name: hetero-code
      devices: 4
      separate_pim_devices: 2
      schedule: {decode_attention: pim, experts: pim}
      """#,
    "hetero-paper": #"""
      # Two GPUs and two PIM devices: experts and decode attention on the PIM devices only.
      base: duplex-paper
      name: hetero-paper
      devices: 4
      separate_pim_devices: 2
      schedule: {decode_attention: pim, experts: pim}
      """#,
    "neupims": #"""
      name: neupims
      source: >-
        paper: NeuPIMs (ASPLOS 2024) and parameter files of the authors' simulator; link rate and latency are assumptions (those of an A100), the paper gives none
      type: npu_pim
      clock: {name: core, frequency: 1 GHz}
      memory: hbm2-neupims-dual
      refresh: true
      npu:
        rows: 128
        columns: 128
        arrays: 8
        dataflow: weight_stationary
        scratchpad: 134218 KiB
        hides_preload: true
        full_tiles: false
        traffic: complete
        vector: {units: 8, lanes: 128}
      attention: {unit: pim, row_hold: row-held, balance: min_load, mapping: request, interleaves: true, split: count, barrier: request, append: staged, dispatches_one_a_clock: false}
      parallel: {tensor: 4, pipeline: 1}
      link: {bandwidth: 300 GB/s, latency: 0.8 us}
      turn: 16
      """#,
    "npu-only": #"""
      name: npu-only
      source: >-
        paper: NeuPIMs (ASPLOS 2024) and parameter files of the authors' simulator; link rate and latency are assumptions (those of an A100), the paper gives none; the PIM units idle
      type: npu_pim
      clock: {name: core, frequency: 1 GHz}
      memory: hbm2-neupims-dual
      refresh: true
      npu:
        rows: 128
        columns: 128
        arrays: 8
        dataflow: weight_stationary
        scratchpad: 134218 KiB
        hides_preload: true
        full_tiles: false
        traffic: complete
        vector: {units: 8, lanes: 128}
      attention: {unit: npu, row_hold: row-held, balance: round_robin, mapping: request, interleaves: false, split: count, barrier: operator, append: staged, dispatches_one_a_clock: false}
      parallel: {tensor: 4, pipeline: 1}
      link: {bandwidth: 300 GB/s, latency: 0.8 us}
      turn: 16
      """#,
    "npu-pim-blocked": #"""
      name: npu-pim-blocked
      source: >-
        paper: NeuPIMs (ASPLOS 2024) and parameter files of the authors' simulator; link rate and latency are assumptions (those of an A100), the paper gives none; Newton-style blocked mode: one row buffer, round robin, no sub-batches
      type: npu_pim
      clock: {name: core, frequency: 1 GHz}
      memory: hbm2-neupims-single
      refresh: true
      npu:
        rows: 128
        columns: 128
        arrays: 8
        dataflow: weight_stationary
        scratchpad: 134218 KiB
        hides_preload: true
        full_tiles: false
        traffic: complete
        vector: {units: 8, lanes: 128}
      attention: {unit: pim, row_hold: row-held, balance: round_robin, mapping: request, interleaves: false, split: count, barrier: operator, append: staged, dispatches_one_a_clock: false}
      parallel: {tensor: 4, pipeline: 1}
      link: {bandwidth: 300 GB/s, latency: 0.8 us}
      turn: 16
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
      memory: {capacity: 32 GiB, bandwidth: 1.024 TB/s, dram: {standard: hbm2-neupims}}
      link: {bandwidth: 300 GB/s, latency: 0.8 us}
      """#,
    "streaming-dataflow": #"""
      # A streaming dataflow device of its own kind, with the memory of the h100 preset beside it.
      name: streaming-dataflow
      source: >-
        assumption: no published device. Pipelines, lanes and clock give 131 TFLOPS, on the fabric (256
        pipelines of two vector nodes with 128 multipliers) and on the map and reduce units (the same
        multipliers); latencies as the RTL-mirroring settings of the authors' code of arXiv 2404.16629
        (score with exp 11, reduce 2, division 8, weighted sum 12), the scan as the score; memory and links
        as h100
      type: streaming_dataflow
      clock: {name: fabric, frequency: 1 GHz}
      fabric:
        pipelines: 256
        lanes: 128
        variant: memory-free
        query_block: 4
        on_chip_kv: 64 MiB
        latency: {qk: 11, scan: 11, max: 2, exp: 11, sum: 2, div: 8, pv: 12, ew: 8}
      map_reduce:
        units: 512
        lanes: 128
        types: [f16, bf16, f32, f8e4m3, f8e5m2, i8]
        launch: 0 ps
      memory: {capacity: 80 GiB, bandwidth: 3.352 TB/s, dram: {standard: hbm3-5.2-duplex}}
      link: {bandwidth: 450 GB/s, latency: 0.8 us}
      """#,
  ],
]
