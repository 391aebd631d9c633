internal import Foundation
internal import ResultsStore

/// Why a cluster did not do its work.
public struct LauncherError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: what failed and where to look.
  public let description: String
}

/// Runs the shards of a sweep as a Slurm job array and follows it.
///
/// A task that ends without files for all its points is run again, whatever killed it. Needs
/// `sbatch` and `squeue` on the PATH and nothing else of Slurm: no accounting, no polling daemon.
public struct SlurmLauncher: Sendable {
  /// The folder that all nodes see.
  public var folder: SharedFolder
  /// The program that the tasks run.
  public var program: String
  /// Options that go to `sbatch` as they are.
  public var options: [String]
  /// How many times a failed task is run again.
  public var retries: Int
  /// The time between two looks at the queue.
  public var pollSeconds: Double

  public init(
    folder: SharedFolder, program: String, options: [String] = [], retries: Int = 2,
    pollSeconds: Double = 1
  ) {
    self.folder = folder
    self.program = program
    self.options = options
    self.retries = retries
    self.pollSeconds = pollSeconds
  }

  /// Submits the shards that have work left, waits for them, and submits again what failed.
  ///
  /// - Parameters:
  ///   - message: told what happens, one line at a time.
  ///   - progress: told how many runs have a file.
  /// - Throws: `LauncherError` when Slurm refuses a job, or when a task still fails at the end.
  public func run(
    _ plan: SweepPlan, shards: Int, message: (String) -> Void, progress: (Int) -> Void
  ) throws {
    try folder.lay(plan, shards: shards, program: program)
    let runs = Set(plan.points.map(\.identity))
    let script = folder.path + "/task.sh"
    try OutputFile.write(Array(taskScript(plan, shards: shards).utf8), to: script)
    for attempt in 0...retries {
      let open = unfinished(plan, shards: shards)
      if open.isEmpty { return }
      if attempt > 0 {
        for shard in open { message("task \(shard) \(failure(of: shard)); it is run again") }
      }
      let job = try submit(open, script: script, name: plan.specification.name)
      message("Slurm job \(job): \(open.count) of \(shards) tasks")
      try follow(job) { progress(folder.points.count(among: runs)) }
    }
    let open = unfinished(plan, shards: shards)
    guard let first = open.first else { return }
    throw LauncherError(
      description:
        "\(open.count) of \(shards) tasks failed \(retries + 1) times; the first is task \(first), "
        + "which \(failure(of: first)); see \(folder.logPath)")
  }

  /// The shards with a point whose run has no file, from 1.
  private func unfinished(_ plan: SweepPlan, shards: Int) -> [Int] {
    var open: Set<Int> = []
    for point in plan.points where !folder.points.contains(point.identity) {
      open.insert(point.number % shards + 1)
    }
    return open.sorted()
  }

  /// How a task ended, in words.
  private func failure(of shard: Int) -> String {
    let path = "\(folder.logPath)/\(shard).exit"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8),
      let code = Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    else { return "was killed or never started" }
    if code == 0 { return "ended without all its points" }
    let log = try? String(contentsOfFile: "\(folder.logPath)/\(shard).log", encoding: .utf8)
    let last = log?.split(separator: "\n").last.map { " (\($0))" }
    return "ended with exit code \(code)\(last ?? "")"
  }

  private func taskScript(_ plan: SweepPlan, shards: Int) -> String {
    let words = folder.command(plan, shard: "", program: program).dropLast().map(quote)
    let log = quote(folder.logPath)
    return """
      #!/bin/sh
      # One task of the sweep '\(plan.specification.name)'; written by orrery.
      task=$SLURM_ARRAY_TASK_ID
      rm -f \(log)/"$task".exit
      \(words.joined(separator: " ")) "$task"/\(shards) -j "${SLURM_CPUS_PER_TASK:-1}"
      code=$?
      echo $code >\(log)/"$task".exit
      exit $code

      """
  }

  private func submit(_ shards: [Int], script: String, name: String) throws -> String {
    let outcome = try Subprocess.run(
      [
        "sbatch", "--parsable", "--job-name=\(name)", "--array=\(ranges(shards))",
        "--output=\(folder.logPath)/%a.log",
      ] + options + [script])
    guard outcome.status == 0,
      let job = outcome.output.split(whereSeparator: { $0 == "\n" || $0 == ";" }).first
    else {
      let why = outcome.errors.split(separator: "\n").first.map(String.init) ?? "no reason given"
      throw LauncherError(description: "sbatch refused the job: \(why)")
    }
    return String(job)
  }

  /// Waits until no task of the job is queued or runs.
  private func follow(_ job: String, tick: () -> Void) throws {
    var failures = 0
    while true {
      let outcome = try Subprocess.run(["squeue", "-h", "-r", "-j", job, "-o", "%i"])
      tick()
      if outcome.status == 0 {
        failures = 0
        if outcome.output.allSatisfy(\.isWhitespace) { return }
      } else if outcome.errors.contains("Invalid job id") {
        return
      } else {
        // The controller may be away for a while; the tasks go on without it.
        failures += 1
        guard failures < 60 else {
          throw LauncherError(
            description: "squeue fails: \(outcome.errors.split(separator: "\n").first ?? "")")
        }
      }
      Thread.sleep(forTimeInterval: pollSeconds)
    }
  }

  /// Numbers as `sbatch --array` takes them: `1-4,7`.
  func ranges(_ numbers: [Int]) -> String {
    var parts: [ClosedRange<Int>] = []
    for number in numbers {
      if let last = parts.last, last.upperBound + 1 == number {
        parts[parts.count - 1] = last.lowerBound...number
      } else {
        parts.append(number...number)
      }
    }
    return parts.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }
}
