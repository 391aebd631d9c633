import Numerics
import ReferenceTransformer
import Units
import Workload

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Prints the speed of matrix products at each instruction set, and of a synthetic 110 M-parameter
/// Llama's decoding.
///
/// Usage: `numerics-benchmark [gemm|decode]`; `count N` runs one product of N (for instruction counts) and
/// `tokens N` generates N tokens on one thread.
@main
struct NumericsBenchmark {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let what = arguments.first
    do {
      if let number = arguments.dropFirst().first.flatMap({ Int($0) }) {
        try once(what ?? "", number)
        return
      }
      if what != "decode" { gemm() }
      if what != "gemm" { try decode() }
    } catch {
      print("numerics-benchmark: \(error)")
      exit(1)
    }
  }

  static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  static func rounded(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    return String((value * scale).rounded() / scale)
  }

  /// Square products on one thread, in processor time, in turn with a loop that does nothing but
  /// products and sums: the best of several, and the median of their quotients.
  static func gemm() {
    var generator = SeededGenerator(seed: 1)
    for n in [768, 1024] {
      let a = Tensor(
        shape: [n, n], elements: (0..<n * n).map { _ in Float(generator.nextUnit() - 0.5) })
      let work = 2 * Double(n) * Double(n) * Double(n)
      for level in ComputeContext.Level.available {
        let context = ComputeContext(level: level, threads: 1)
        var (best, bestPeak) = (0.0, 0.0)
        var shares: [Double] = []
        for _ in 0..<11 {
          let begin = seconds(CLOCK_THREAD_CPUTIME_ID)
          let operations = Double(level.peakLoop(rounds: 1_000_000))
          let start = seconds(CLOCK_THREAD_CPUTIME_ID)
          let c = GEMM.multiply(a, a, layout: .transposed, context: context)
          let end = seconds(CLOCK_THREAD_CPUTIME_ID)
          precondition(c.count == n * n)
          let (peak, speed) = (operations / (start - begin), work / (end - start))
          best = max(best, speed)
          bestPeak = max(bestPeak, peak)
          shares.append(speed / peak)
        }
        shares.sort()
        print(
          "gemm f32 \(n)x\(n)x\(n) \(level) 1 thread: \(rounded(best / 1e9, 1)) GFLOP/s, "
            + "\(rounded(100 * shares[shares.count / 2], 0)) % of the peak without fused "
            + "multiply-add (\(rounded(bestPeak / 1e9, 1)) GFLOP/s)")
      }
    }
  }

  /// One product at the AVX2 level, which instruction counters know, or tokens on one thread.
  static func once(_ what: String, _ number: Int) throws {
    let level = min(.avx2, ComputeContext.Level.best)
    if what == "count" {
      let a = Tensor(shape: [number, number], repeating: 0.5)
      let context = ComputeContext(level: level, threads: 1)
      precondition(GEMM.multiply(a, a, layout: .transposed, context: context).count > 0)
    } else {
      var options = GenerationOptions()
      options.context = ComputeContext(level: level, threads: 1)
      _ = try model().generate(tokens: [1], steps: number, options: options)
    }
  }

  /// A Llama of the size of the published stories110M: 12 layers, 768 wide, 32 000 tokens.
  static func model() -> ReferenceModel {
    let architecture = TransformerArchitecture(
      name: "llama-110m", family: .llama, source: "assumption: the size of stories110M",
      layers: 12, hidden: 768, heads: 12, kvHeads: 12, headDim: 64, intermediate: 2048,
      vocabulary: 32_000, positions: 1024, positionEmbedding: .rope(theta: 10_000), norm: .rms,
      normEpsilon: 1e-5, activation: .silu, gated: true, tiedEmbeddings: true, dtype: .f32)
    return ReferenceModel(
      configuration: ModelConfiguration(architecture: architecture), randomWeightsSeed: 1)
  }

  static func decode() throws {
    let model = model()
    print("decode \(model.parameterCount) parameters, f32")
    for threads in [1, 2] {
      var options = GenerationOptions()
      options.context = ComputeContext(threads: threads)
      let prompt = Array(1...16)
      let steps = 33
      _ = try model.generate(tokens: prompt, steps: 1, options: options)
      let prefill = try measured { try model.generate(tokens: prompt, steps: 1, options: options) }
      let whole = try measured {
        try model.generate(tokens: prompt, steps: steps, options: options)
      }
      for (what, first, all) in [
        ("wall", prefill.wall, whole.wall), ("processor", prefill.processor, whole.processor),
      ] {
        let speed = Double(steps - 1) / (all - first)
        print(
          "\(threads) threads, \(what) time: prefill of 16 tokens \(rounded(first * 1e3, 1)) ms, "
            + "decode \(rounded(speed, 1)) tokens/s")
      }
    }
  }

  /// Wall time, and the processor time of all threads.
  static func measured(
    _ body: () throws -> Generation
  ) rethrows -> (wall: Double, processor: Double) {
    let (wall, processor) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
    _ = try body()
    return (seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - processor)
  }
}
