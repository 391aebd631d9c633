import ArgumentParser
import Experiments
import Foundation
import Workload

/// `orrery reproduce neupims`.
struct ReproduceNeuPIMsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "neupims",
    abstract: "The evaluation of NeuPIMs (ASPLOS 2024, arXiv 2403.00579).",
    discussion: """
      Every machine runs a steady-state layer of each model and batch at command level: GPU-only, NPU-only, naive \
      NPU+PIM, the steps of the ablation, NeuPIMs. --models, --batches and --datasets limit it.
      """)

  @Option(help: "Batches drawn of each size; the paper takes ten.")
  var samples = 1

  @Option(help: "The seed of the first batch of each size.")
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("Requests in a batch.", valueName: "n,n,..."))
  var batches: IntegerList?

  @Option(help: ArgumentHelp("Of gpt3-7b, gpt3-13b, gpt3-30b, gpt3-175b.", valueName: "name,..."))
  var models: String?

  @Option(help: ArgumentHelp("Of sharegpt-like, alpaca-like.", valueName: "name,..."))
  var datasets: String?

  @Option(
    name: [.customShort("j"), .long], help: "Points run at the same time; default: all cores.")
  var jobs: Int?

  @Flag(help: "Print JSON, with every point, instead of text.")
  var json = false

  func validate() throws { _ = try reproduction() }

  func run() throws {
    let reproduction = try reproduction()
    let isShown = isatty(STDERR_FILENO) == 1
    let result = try Blocking.run {
      try await reproduction.run { ended, total in
        if isShown {
          FileHandle.standardError.write(Data("\r\(ended) of \(total) points".utf8))
          if ended == total { FileHandle.standardError.write(Data("\n".utf8)) }
        }
      }
    }
    if json {
      try OutputFile.write(result.json, to: "-")
    } else {
      print(result.text, terminator: "")
    }
  }

  private func reproduction() throws -> NeuPIMsReproduction {
    var result = NeuPIMsReproduction(
      samples: samples, seed: seed, workers: jobs ?? ProcessInfo.processInfo.activeProcessorCount)
    if samples < 1 { throw ValidationError("--samples must be positive") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs must be positive") }
    if let batches {
      guard batches.values.allSatisfy({ (2...4096).contains($0) }) else {
        throw ValidationError("--batches must lie between 2 and 4096")
      }
      result.batches = Set(batches.values).sorted()
    }
    if let models {
      let known = NeuPIMsReproduction.allModels.map(\.name)
      let names = models.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      if let wrong = names.first(where: { !known.contains($0) }) {
        throw ValidationError("--models: '\(wrong)' is none of \(known.joined(separator: ", "))")
      }
      result.models = known.filter(names.contains)
    }
    if let datasets {
      result.datasets = try datasets.split(separator: ",", omittingEmptySubsequences: false).map {
        guard let dataset = RequestDataset(rawValue: String($0)) else {
          let known = RequestDataset.allCases.map(\.rawValue).joined(separator: ", ")
          throw ValidationError("--datasets: '\($0)' is none of \(known)")
        }
        return dataset
      }
    }
    return result
  }
}
