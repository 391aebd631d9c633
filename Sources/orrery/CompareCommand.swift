import ArgumentParser
import Configuration
import Experiments
import Numerics
import Systems
import Units

/// `orrery compare`.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare kernels with reference outputs: cycles, memory and numeric error.",
    discussion: "Exit code 1 when a kernel misses its tolerance, or gives NaN or infinity.")

  @Option(
    help: ArgumentHelp(
      "Kernels separated by commas, 'all', or a suite in a .yaml file.", valueName: "kernels"))
  var kernel: String

  @Option(
    help: ArgumentHelp(
      "A safetensors file with tensors q, k and v, or captures of 'orrery execute'.",
      valueName: "file[:layer.L.attention[.stepN]]"))
  var input: String?

  @Option(help: "A generated input, e.g. heads=32,kv_heads=8,rows=1,keys=4096,dim=128.")
  var shape: String?

  @Option(help: "Generated data: normal, peaky, large or positive.") var data: AttentionData =
    .normal
  @Option(help: "Seed of generated data.") var seed: UInt64 = 1
  @Option(help: "Reference: f64, or FILE[:tensor]; a capture's own output, else f64, unless given.")
  var reference: String?
  @Option(help: "Storage format: f64, f32, f16, bf16; f32 unless given.")
  var dtype: AttentionPrecision.Format?
  @Option(help: "Accumulator format; f32 unless given, f64 for f64.")
  var accumulate: AttentionPrecision.Format?
  @Option(
    help: """
      A system whose roofline times the kernels' own FLOPs and bytes; a streaming system also runs \
      the streaming graphs on one of its pipelines, and one with PIM, such as neupims or duplex-paper, \
      runs pim-key, pim-value and pim-attention in the order of its units at command level.
      """)
  var device: String?
  @Option(
    help:
      "Clock of the streaming fabric, e.g. '1 GHz'; without it, and a streaming --device, only cycles are given."
  )
  var clock: String?
  @Option(help: "Relative tolerance of each element.") var rtol: Double?
  @Option(help: "Absolute tolerance of each element.") var atol: Double?
  @Option(help: "Decay of linear attention, in (0, 1].") var decay = 1.0
  @Flag(help: "NaN or infinity is the expected outcome.") var expectNonFinite = false
  @Flag(help: "Print the result as JSON.") var json = false
  @Option(name: .shortAndLong, help: "Write the result as JSON to this file.") var output: String?

  func run() throws {
    let report = CompareReport(try rows())
    if let output { try OutputFile.write(report.json, to: output) }
    if output != "-" {
      try OutputFile.write(json ? report.json : Array(report.text.utf8), to: "-")
    }
    if !report.passes { throw ExitCode(OrreryExit.failed.rawValue) }
  }

  private func rows() throws -> [CompareRow] {
    if kernel.hasSuffix(".yaml") || PresetLibrary.names(of: .kernels).contains(kernel) {
      guard input == nil, shape == nil else {
        throw ValidationError("a suite names its own inputs: leave out --input and --shape")
      }
      let (suite, folder) = try CompareSuite.load(kernel)
      let precision = try precision(default: try suite.precision())
      return try suite.run(try compare(precision), folder: folder)
    }
    let names = try Compare.names(kernel)
    let input = try comparedInput()
    let compare = try compare(try precision(default: .f32))
    return try names.map { try compare.run($0, on: input) }
  }

  private func comparedInput() throws -> CompareInput {
    var loaded: CompareInput
    switch (input, shape) {
    case (let path?, nil): loaded = try CompareInput.capture(path, usesOutput: reference == nil)
    case (nil, let shape?):
      loaded = try CompareInput.generated(shape: shape, data: data, seed: seed)
    case (nil, nil): throw ValidationError("give --input FILE or --shape, or a suite as --kernel")
    default: throw ValidationError("--input and --shape exclude each other")
    }
    guard let reference, reference != "f64" else { return loaded }
    let parts = reference.split(separator: ":", maxSplits: 1).map(String.init)
    let file = try SafetensorsFile(path: parts.first ?? reference)
    let tensor = parts.count > 1 ? parts[1] : "out_f64"
    guard file.entry(tensor) != nil else {
      throw CompareError("\(reference): there is no tensor '\(tensor)'")
    }
    let expected = try CompareInput.values(tensor, of: file).elements
    guard expected.count == loaded.problem.q.count else {
      throw CompareError(
        "\(reference): \(expected.count) elements, the output has \(loaded.problem.q.count)")
    }
    loaded = CompareInput(name: loaded.name, problem: loaded.problem, reference: expected)
    return loaded
  }

  private func precision(default fallback: AttentionPrecision) throws -> AttentionPrecision {
    guard dtype != nil || accumulate != nil else { return fallback }
    let storage = dtype ?? fallback.storage
    return accumulate.map { AttentionPrecision(storage: storage, accumulator: $0) }
      ?? AttentionPrecision(storage: storage)
  }

  private func compare(_ precision: AttentionPrecision) throws -> Compare {
    var tolerance: CompareTolerance?
    if rtol != nil || atol != nil {
      guard rtol ?? 0 >= 0, atol ?? 0 >= 0 else {
        throw ValidationError("--rtol and --atol must not be negative")
      }
      tolerance = .elements(relative: rtol ?? 0, absolute: atol ?? 0)
    }
    let system = try device.map {
      try SystemLoader.load(try SystemLoader.configuration($0, overrides: []))
    }
    var compare = Compare(
      precision: precision, tolerance: tolerance, expectsNonFinite: expectNonFinite,
      clock: try fabricClock(), roofline: system.map { roofline(of: $0, precision) },
      pim: try device.flatMap { try ComparePIMDevice($0) })
    compare.streaming = (system as? StreamingSystem)?.device
    compare.decay = decay
    return compare
  }

  private func fabricClock() throws -> ClockDomain? {
    guard let clock else { return nil }
    let frequency = try Frequency(parsing: clock)
    guard frequency.hertz > 0, frequency.hertz <= 1_000_000_000_000 else {
      throw ValidationError("--clock must lie between 1 Hz and 1 THz")
    }
    return ClockDomain(name: "fabric", frequency: frequency)
  }

  private func roofline(
    of system: any TraceSystem, _ precision: AttentionPrecision
  ) -> Compare.Roofline {
    let type = DataType(rawValue: precision.storage.rawValue)
    return Compare.Roofline(
      device: system.name, compute: type.flatMap { system.matrixPeak(of: $0) },
      bandwidth: system.peakBandwidth, clock: system.clock)
  }
}
