import ArgumentParser
import Experiments
import StreamingFabric

/// `orrery fabric memory`.
struct FabricMemoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory",
    abstract: "Show how intermediate memory grows with the number of keys, variant by variant.",
    discussion: "Rows and keys are equal. Beside it stands the ratio of chunked attention.")

  @Option(
    help: ArgumentHelp(
      "Variants separated by commas; the four of softmax attention unless given.",
      valueName: "variants"))
  var variant = "naive,scaled,reordered,memory-free"
  @Option(help: "The least number of keys.") var from = 256
  @Option(help: "The greatest number of keys.") var to = 1_048_576
  @Flag(help: "Print the result as JSON.") var json = false
  @Option(name: .shortAndLong, help: "Write the result as JSON to this file.") var output: String?

  func run() throws {
    let variants = try variant.split(separator: ",", omittingEmptySubsequences: false).map { name in
      guard let variant = AttentionVariant(rawValue: String(name)) else {
        let known = AttentionVariant.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--variant: there is no '\(name)' (\(known))")
      }
      return variant
    }
    let growth = try FabricMemoryGrowth(variants, from: from, to: to)
    if let output { try OutputFile.write(growth.json, to: output) }
    if output != "-" { try OutputFile.write(json ? growth.json : Array(growth.text.utf8), to: "-") }
  }
}
