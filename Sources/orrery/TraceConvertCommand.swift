import ArgumentParser
import TraceFormat
import Units

/// `orrery trace convert`.
struct TraceConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Convert traces from and to the formats of other simulators and profilers.",
    discussion: """
      Formats are found by content and name; gzip and zstd are read transparently. docs/formats.md \
      says what each format keeps. Examples:
        orrery trace convert model.0.et model.jsonl.zst --ranks 2
        orrery trace convert decode.jsonl.zst decode.0.et
        orrery trace convert profile.json.gz profile.jsonl.zst
        orrery trace convert AzureLLMInferenceTrace_conv.csv requests.jsonl
      """)

  @Argument(help: "The file to read; - is standard input.")
  var input: String

  @Argument(help: "The file to write; - is standard output.")
  var output: String

  @Option(
    help: """
      The format of the input: orrery, chakra, llmservingsim, pytorch, kineto; or requests, \
      llmservingsim-requests, azure, mooncake, burstgpt, vidur, neupims.
      """)
  var from: ConversionFormat?

  @Option(
    help: """
      The format of the output: orrery, chakra, llmservingsim, scalesim; or requests, \
      llmservingsim-requests.
      """)
  var to: ConversionFormat?

  @Option(help: "The devices of collectives; the rank files that lie side by side when left out.")
  var ranks: Int?

  @Option(help: "The element type where the input names none (f16 when left out).")
  var dtype: DataType?

  func validate() throws {
    if let ranks, !(1...65_536).contains(ranks) {
      throw ValidationError("--ranks must lie between 1 and 65536")
    }
  }

  func run() throws {
    let conversion = TraceConversion(
      from: from, to: to, ranks: ranks, dtype: dtype, generator: BuildInformation.generator)
    let report = try conversion.convert(input, to: output)
    for note in report.notes { Log.note("\(input): \(note)") }
    guard output != "-" else { return }
    let what = report.from.isRequests ? "request" : "operator"
    Log.note(
      "\(output): \(report.to.rawValue), \(report.count) \(what)\(report.count == 1 ? "" : "s") "
        + "from \(report.from.rawValue)")
  }
}
