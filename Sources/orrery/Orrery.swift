import ArgumentParser

/// The command `orrery`: the three jobs, and the engines by themselves.
@main
struct Orrery: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "orrery",
    abstract: "A cycle-level simulator of accelerators that serve large language models.",
    discussion: """
      Simulate a trace file on a hardware configuration:
        orrery trace emit --model llama3-8b --batch 8 --context 1024 --generate 4 -o t.jsonl.zst
        orrery simulate t.jsonl.zst --system h100

      Exit codes: 0 done, 1 the check or simulation failed, 2 usage, 3 bad input, 4 input/output.
      """,
    version: BuildInformation.version,
    subcommands: [
      SimulateCommand.self, LimitsCommand.self, SweepCommand.self, ServeCommand.self,
      CompareCommand.self,
      ReproduceCommand.self, ResultsCommand.self, ReportCommand.self, TraceCommand.self,
      ExecuteCommand.self, DRAMCommand.self, PIMCommand.self,
      FabricCommand.self, DescribeCommand.self, ModelsCommand.self,
      DoctorCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      Failure.exit(with: error)
    }
  }
}
