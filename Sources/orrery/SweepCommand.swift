import ArgumentParser
import Experiments
import Foundation
import Reports
import ResultsStore

/// `orrery sweep`.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Run a sweep over hardware configurations and traces.",
    discussion: """
      Runs every point that the store does not have yet; a point that fails is recorded and the rest
      goes on. The sweep may be killed at any moment and called again.

        orrery sweep neupims-batch --report page
      """)

  enum Launcher: String, CaseIterable, ExpressibleByArgument {
    case slurm, files
  }

  @Argument(help: "The sweep: a preset name or a .yaml file.")
  var file: String

  @Option(help: ArgumentHelp("The results store; default NAME.sqlite.", valueName: "file.sqlite"))
  var store: String?

  @Option(name: .shortAndLong, help: "How many points run at once; default: all cores.")
  var jobs: Int?

  @Flag(help: "Also run again the points that failed.")
  var resume = false

  @Flag(help: "Show the points and which are missing, and run nothing.")
  var dryRun = false

  @Option(help: "Run at most this many points.")
  var limit: Int?

  @Option(help: ArgumentHelp("Run one of N parts of the sweep.", valueName: "i/N"))
  var shard: String?

  @Flag(help: "Find the Pareto front of the objectives; discard points on proven bounds only.")
  var optimize = false

  @Option(help: ArgumentHelp("Write a page of tables and charts at the end.", valueName: "folder"))
  var report: String?

  @Flag(help: "Print the outcome as JSON instead of text.")
  var json = false

  @Option(help: "Run on a cluster: slurm submits a job array; files only writes the manifest.")
  var launcher: Launcher?

  @Option(help: ArgumentHelp("The folder that all machines see.", valueName: "folder"))
  var shared: String?

  @Option(help: "How many tasks the launcher makes.")
  var shards: Int?

  @Option(
    name: .customLong("sbatch-option"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("An option for sbatch, such as --partition=debug; repeatable."))
  var sbatchOptions: [String] = []

  @Option(help: "How often a failed task is run again.")
  var retries = 2

  @Option(help: "The program that the tasks run; default: this one.")
  var program: String?

  @Option(help: ArgumentHelp("Write one file a point here, no store.", valueName: "folder"))
  var points: String?

  @Option(help: ArgumentHelp("Where relative paths of the sweep start.", valueName: "folder"))
  var folder: String?

  @Option(help: ArgumentHelp("Refuse to run unless the plan has this digest.", valueName: "digest"))
  var plan: String?

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("-j needs at least one worker") }
    if let limit, limit < 0 { throw ValidationError("--limit must not be negative") }
    if let shards, shards < 1 { throw ValidationError("--shards needs at least one") }
    if retries < 0 { throw ValidationError("--retries must not be negative") }
    if let shard, Shard(shard) == nil {
      throw ValidationError("--shard \(shard): write it as i/N with 1 <= i <= N")
    }
    if points != nil && (store != nil || optimize || report != nil || launcher != nil) {
      throw ValidationError("--points goes without --store, --optimize, --report and --launcher")
    }
    if optimize && (shard != nil || limit != nil || launcher != nil) {
      throw ValidationError("--optimize looks at the whole sweep; leave --shard and --limit out")
    }
    if launcher != nil && (shard != nil || limit != nil) {
      throw ValidationError("--launcher runs the whole sweep; leave --shard and --limit out")
    }
    if (launcher == nil) != (shared == nil) {
      throw ValidationError("--launcher and --shared FOLDER belong together")
    }
  }

  func run() throws {
    let specification = try SweepSpecification.load(file, folder: folder)
    if optimize && specification.objectives.isEmpty {
      throw ValidationError("--optimize needs 'objectives' in the sweep")
    }
    let executor = SimulationExecutor()
    let workers = jobs ?? ProcessInfo.processInfo.activeProcessorCount
    let sweep = try SweepPlan(
      specification, build: try BuildIdentity.current(), executor: executor, workers: workers)
    if let plan, plan != sweep.id {
      throw StoreError(
        "\(file): the plan is not the one asked for: the program, the sweep or a file that it names "
          + "is another than when the plan was made")
    }
    let storePath = store ?? "\(specification.name).sqlite"
    if let launcher, let shared {
      try launch(launcher, sweep, shared: shared, storePath: storePath)
      return try finish(sweep, storePath: storePath, ran: nil, search: nil)
    }
    if dryRun { return try showPlan(sweep, executor: executor, storePath: storePath) }
    let archive: any RunArchive
    if let points {
      archive = try PointFolder(path: points)
    } else {
      let results = try ResultsStore(path: storePath, access: .readWrite)
      try results.add(sweep.record)
      archive = results
    }
    let session = SweepSession(
      plan: sweep, archive: archive, executor: executor,
      workers: workers)
    let bar = ProgressBar(name: specification.name)
    if optimize {
      let search = try session.optimize(bounds: SystemBoundProvider()) { bar.show($0) }
      bar.end()
      return try finish(sweep, storePath: storePath, ran: nil, search: search)
    }
    let pending = try session.pending(
      shard: shard.flatMap { Shard($0) } ?? Shard(index: 1, count: 1), limit: limit,
      retriesFailed: resume)
    try session.run(pending) { bar.show($0) }
    bar.end()
    if let points {
      let known = try archive.knownRuns(among: sweep.points.map(\.identity))
      print("\(points): \(known.count) of \(sweep.points.count) points")
      return
    }
    try finish(sweep, storePath: storePath, ran: pending.count, search: nil)
  }

  private func showPlan(
    _ sweep: SweepPlan, executor: SimulationExecutor, storePath: String
  ) throws {
    var known: [RunIdentity: Bool] = [:]
    if FileManager.default.fileExists(atPath: storePath) {
      known = try ResultsStore(path: storePath, access: .readOnly).knownRuns()
    }
    let listing = SweepListing(sweep, known: known)
    print(json ? listing.json : listing.text, terminator: "")
  }

  private func launch(
    _ launcher: Launcher, _ sweep: SweepPlan, shared: String, storePath: String
  ) throws {
    let folder = try SharedFolder(path: shared)
    let program = program ?? Bundle.main.executablePath ?? CommandLine.arguments[0]
    let shards = min(shards ?? 64, sweep.points.count)
    switch launcher {
    case .files: try folder.lay(sweep, shards: shards, program: program)
    case .slurm:
      let slurm = SlurmLauncher(
        folder: folder, program: program, options: sbatchOptions, retries: retries)
      let bar = ProgressBar(name: sweep.specification.name)
      var state = SweepProgress(total: Set(sweep.points.map(\.identity)).count)
      defer { bar.end() }
      try slurm.run(
        sweep, shards: shards,
        message: { line in FileHandle.standardError.write(Data("orrery: \(line)\n".utf8)) },
        progress: { count in
          state.ended = count
          bar.show(state)
        })
    }
    let results = try ResultsStore(path: storePath, access: .readWrite)
    try results.add(sweep.record)
    try results.add(try folder.runs(of: sweep))
    try results.close()
  }

  /// Prints the outcome and writes the report.
  private func finish(
    _ sweep: SweepPlan, storePath: String, ran: Int?,
    search: (front: [SweepPoint], discarded: [BoundedSearch.Discarded])?
  ) throws {
    let results = try ResultsStore(path: storePath, access: .readOnly)
    let record = sweep.record
    // Only a page needs whole results.
    let runs =
      try report == nil
      ? results.runs(ofSweep: sweep.id, metrics: record.objectives.map(\.metric))
      : results.runs(ofSweep: sweep.id)
    let outcome = SweepOutcome(
      sweep: record, runs: runs, store: storePath, ran: ran,
      front: search?.front.map(\.number), discarded: search?.discarded ?? [])
    print(json ? outcome.json : outcome.text, terminator: "")
    if let report {
      let page = SweepPage(sweep: outcome.sweep, runs: outcome.runs)
      try ReportWriter(folder: report).write(page)
    }
    if outcome.done == 0 && outcome.failed > 0 { throw ExitCode(OrreryExit.failed.rawValue) }
  }
}
