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
/// Usage: `numerics-benchmark [gemm|decode]`.
@main
struct NumericsBenchmark {
  static func main() {
    let what = CommandLine.arguments.dropFirst().first
    do {
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

  /// Square products on one thread, in processor time; the best of several.
  static func gemm() {
    var generator = SeededGenerator(seed: 1)
    for n in [768, 1024] {
      let a = Tensor(
        shape: [n, n], elements: (0..<n * n).map { _ in Float(generator.nextUnit() - 0.5) })
      for level in ComputeContext.Level.available {
        let context = ComputeContext(level: level, threads: 1)
        var best = Double.infinity
        for _ in 0..<8 {
          let start = seconds(CLOCK_THREAD_CPUTIME_ID)
          let c = GEMM.multiply(a, a, layout: .transposed, context: context)
          best = min(best, seconds(CLOCK_THREAD_CPUTIME_ID) - start)
          precondition(c.count == n * n)
        }
        let speed = 2 * Double(n) * Double(n) * Double(n) / best / 1e9
        print("gemm f32 \(n)x\(n)x\(n) \(level) 1 thread: \(rounded(speed, 1)) GFLOP/s")
      }
    }
  }

  /// A Llama of the size of the published stories110M: 12 layers, 768 wide, 32 000 tokens.
  static func decode() throws {
    let architecture = TransformerArchitecture(
      name: "llama-110m", family: .llama, source: "assumption: the size of stories110M",
      layers: 12, hidden: 768, heads: 12, kvHeads: 12, headDim: 64, intermediate: 2048,
      vocabulary: 32_000, positions: 1024, positionEmbedding: .rope(theta: 10_000), norm: .rms,
      normEpsilon: 1e-5, activation: .silu, gated: true, tiedEmbeddings: true, dtype: .f32)
    let model = ReferenceModel(
      configuration: ModelConfiguration(architecture: architecture), randomWeightsSeed: 1)
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
