import ArgumentParser
import Experiments
import Workload

/// `orrery trace requests`.
struct TraceRequestsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "requests",
    abstract: "Draw requests with lengths like those of a data set, as CSV.",
    discussion: """
      Columns: prompt and output of a request, and seq_len, the tokens in its cache at a random point of being served. \
      --requests of 'trace emit' and 'pim attention' reads seq_len.
      """)

  @Option(help: "The data set: sharegpt-like or alpaca-like.")
  var lengths: RequestDataset

  @Option(help: "The number of requests.")
  var batch = 1

  @Option(help: "The seed.")
  var seed: UInt64 = 0

  @Option(name: .shortAndLong, help: "The file to write; - is standard output.")
  var output = "-"

  func validate() throws {
    guard (1...1 << 20).contains(batch) else {
      throw ValidationError("--batch must lie between 1 and 1048576.")
    }
  }

  func run() throws {
    // Prompts and contexts draw from one deck; a sampler each keeps seq_len what a trace of this seed has.
    var requests = RequestSampler(lengths, seed: seed)
    var contexts = RequestSampler(lengths, seed: seed)
    var text = "prompt,output,seq_len\n"
    for _ in 0..<batch {
      text += "\(requests.nextPrompt()),\(requests.nextOutput()),\(contexts.nextContext())\n"
    }
    try OutputFile.write(Array(text.utf8), to: output)
  }
}
