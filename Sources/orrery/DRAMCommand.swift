import ArgumentParser
import Configuration
import DRAM
import Experiments
import Foundation
import Units

/// `orrery dram`.
struct DRAMCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dram", abstract: "The memory by itself: replay, stream and check.",
    subcommands: [DRAMReplayCommand.self, DRAMStreamCommand.self, DRAMCheckCommand.self])
}

/// Options of the controller, the same in `replay` and `stream`.
struct ControllerOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The memory: a preset name or a .yaml file.", valueName: "name|file"))
  var standard: String

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Override a value of the standard, as timing.nFAW.value=30; repeatable.",
      valueName: "key.path=value"))
  var overrides: [String] = []

  @Option(help: "Scheduler.") var scheduler = SchedulerPolicy.frfcfsRowHit
  @Option(help: "Page policy.") var page = PagePolicy.open
  @Option(help: "How time advances; the command log is the same.") var stepping = Stepping.skip
  @Option(
    help: ArgumentHelp("Entries of the read and the write queue.", valueName: "read,write"))
  var queue: String = "32,32"
  @Option(
    help: ArgumentHelp(
      "Limits to remove: refresh, tfaw, row, turnaround, power.", valueName: "limit,..."))
  var ideal: String?
  @Option(
    help: ArgumentHelp(
      "Refreshes that may wait while their banks are wanted, 0 to 8.", valueName: "number"))
  var refreshPostponement = 0
  @Flag(help: "Refresh twice as often, as above 85 degrees Celsius.") var hot = false
  @Flag(help: "Print JSON instead of text.") var json = false
  @Flag(help: "Add facts of the host: CPU time.") var hostStats = false

  func configuration(refresh: RefreshMode) throws -> ControllerConfiguration {
    var configuration = ControllerConfiguration()
    configuration.scheduler = scheduler
    configuration.page = page
    configuration.stepping = stepping
    configuration.refresh = refresh
    configuration.hotRefresh = hot
    configuration.refreshPostponement = refreshPostponement
    let sizes = queue.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard sizes.count == 2, let read = sizes[0], let write = sizes[1] else {
      throw ValidationError("--queue needs two whole numbers, as in 32,32, not '\(queue)'")
    }
    configuration.readQueue = read
    configuration.writeQueue = write
    for word in (ideal ?? "").split(separator: ",") {
      if word == "refresh" {
        configuration.refresh = .none
        configuration.refreshPostponement = 0
      } else if let limit = MemoryStandard.Limit(rawValue: String(word)) {
        configuration.ideal.insert(limit)
      } else {
        throw ValidationError(
          "--ideal knows refresh, tfaw, row, turnaround and power, not '\(word)'")
      }
    }
    return configuration
  }
}

/// `orrery dram replay`.
struct DRAMReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Run a file of requests through one channel.",
    discussion: """
      The file has the columns id,cycle,op,ra,bg,ba,row,col; op is R or W. A request is offered at \
      its cycle, in order. The unit of cycle is the controller's tick: half a clock for hbm3-*.
      """)

  @OptionGroup var options: ControllerOptions
  @Option(help: ArgumentHelp("The requests.", valueName: "file.csv")) var requests: String
  @Option(help: "Refresh mode.") var refresh = RefreshMode.none
  @Option(help: ArgumentHelp("Write every command here.", valueName: "file.csv"))
  var commands: String?
  @Option(
    help: ArgumentHelp("Write the requests with accept and complete here.", valueName: "file.csv"))
  var completions: String?

  func run() throws {
    let standard = try StandardLoader.load(options.standard, overrides: options.overrides)
    let configuration = try options.configuration(refresh: refresh)
    let compiled = try CompiledStandard(standard, without: configuration.ideal)
    let text = try TextFile.read(requests)
    let trace = try RequestTrace(csv: text, name: requests, standard: compiled)
    let start = clock()
    let result = try replay(
      trace.requests, on: compiled, configuration: configuration, keepsCommands: commands != nil)
    let seconds = Double(clock() - start) / Double(CLOCKS_PER_SEC)
    if let commands {
      try TextFile.write(CommandLog.text(result.commands, compiled), to: commands)
    }
    if let completions {
      var csv = "id,cycle,op,ra,bg,ba,row,col,accept,complete\n"
      for (index, request) in trace.requests.enumerated() {
        let place = compiled.coordinates(ofBank: request.bank)
        csv += "\(trace.identifiers[index]),\(request.tick),\(request.isWrite ? "W" : "R"),"
        csv += "\(place.rank),\(place.bankGroup),\(place.bank),\(request.row),\(request.column),"
        csv += "\(result.accepted[index]),\(result.completed[index])\n"
      }
      try TextFile.write(csv, to: completions)
    }
    let report = MemoryReport(
      standard: standard, compiled: compiled, statistics: result.statistics,
      requests: trace.requests.count, hostSeconds: options.hostStats ? seconds : nil,
      kind: "replay")
    print(options.json ? report.json : report.text, terminator: "")
  }
}

/// `orrery dram stream`.
struct DRAMStreamCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stream", abstract: "Run a synthetic stream of always-ready requests.")

  @OptionGroup var options: ControllerOptions
  @Option(help: "Order of the addresses.") var pattern = StreamPattern.sequential
  @Option(help: "Requests of one burst each, over all channels.") var requests: Int?
  @Option(
    help: ArgumentHelp(
      "Amount of data instead of requests, as 20971520 or '20 MiB'.", valueName: "size"))
  var bytes: String?
  @Option(
    help: ArgumentHelp(
      "A number of channels, or the standard's own: 'all' simulates each, 'symmetric' those proven equal once.",
      valueName: "number|all|symmetric"))
  var channels = ChannelChoice.count(1)
  @Option(help: "Refresh mode.") var refresh = RefreshMode.allBank
  @Option(help: ArgumentHelp("Address mapping, most significant field first.", valueName: "text"))
  var mapping: String?
  @Flag(help: "Simulate channels that are proven equal once.") var symmetric = false

  func validate() throws {
    if (requests == nil) == (bytes == nil) {
      throw ValidationError("give either --requests or --bytes")
    }
    if case .count(let count) = channels, count < 1 {
      throw ValidationError("--channels must be at least 1")
    }
    if let bytes, try ByteAmount(bytes, option: "bytes").count < 1 {
      throw ValidationError("--bytes must be at least 1")
    }
    if let requests, requests < 1 { throw ValidationError("--requests must be at least 1") }
  }

  func run() throws {
    let standard = try StandardLoader.load(options.standard, overrides: options.overrides)
    let configuration = try options.configuration(refresh: refresh)
    var count = requests ?? 0
    if let bytes {
      count = try ByteAmount(bytes, option: "bytes").count / standard.burst.bytes.count
    }
    var number = standard.organization.channels
    if case .count(let count) = channels { number = count }
    let start = clock()
    let statistics = try runStream(
      pattern, count: count, on: standard, configuration: configuration, channels: number,
      mode: symmetric || channels == .symmetric ? .symmetric : .all, mapping: mapping)
    let seconds = Double(clock() - start) / Double(CLOCKS_PER_SEC)
    let report = MemoryReport(
      standard: standard, compiled: try CompiledStandard(standard, without: configuration.ideal),
      statistics: statistics, requests: count, hostSeconds: options.hostStats ? seconds : nil,
      kind: "stream")
    print(options.json ? report.json : report.text, terminator: "")
  }
}

/// `orrery dram check`.
struct DRAMCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check a command log against a standard's table.",
    discussion: """
      Refresh is checked when the log holds a refresh or --require-refresh is given. Exit code 1 if \
      the log breaks a rule.
      """)

  @Option(help: ArgumentHelp("The memory: a preset name or a .yaml file.", valueName: "name|file"))
  var standard: String
  @Option(help: ArgumentHelp("The log: cycle,cmd,ch,ra,bg,ba,row,col.", valueName: "file.csv"))
  var commands: String
  @Flag(help: "Check that every bank is refreshed even if the log holds no refresh.")
  var requireRefresh = false
  @Option(help: "Refreshes that may be postponed; the standard's limit if absent.")
  var postponement: Int?
  @Flag(help: "The log was made at twice the refresh rate.") var hot = false
  @Flag(help: "Print JSON instead of text.") var json = false

  func run() throws {
    let standard = try StandardLoader.load(standard, overrides: [])
    let compiled = try CompiledStandard(standard)
    let log = try CommandLog.parse(try TextFile.read(commands), name: commands, compiled)
    let refreshes = log.contains { standard.commands[Int($0.command)].effect == .refresh }
    let checker = try ProtocolChecker(
      standard, checksRefresh: refreshes || requireRefresh, postponement: postponement, hot: hot)
    let violations = checker.violations(in: log)
    if json {
      var writer = JSONWriter()
      writer.object { json in
        json.field("schema", "orrery.dram.check/1")
        json.field("standard", standard.name)
        json.field("commands", log.count)
        json.field("violations", violations.count)
        json.field("first") { json in
          json.array { json in
            for violation in violations.prefix(100) {
              json.object { json in
                // Line 1 of the file is its header.
                json.field("line", violation.index + 2)
                json.field("cycle", violation.tick)
                json.field("rule", violation.message)
              }
            }
          }
        }
      }
      print(writer.text, terminator: "")
    } else {
      for violation in violations.prefix(100) {
        print("\(commands):\(violation.index + 2): \(violation)")
      }
      print("\(log.count) commands, \(violations.count) violations of \(standard.name)")
    }
    if !violations.isEmpty { throw ExitCode(OrreryExit.failed.rawValue) }
  }
}

/// Small text files as a whole.
enum TextFile {
  static func read(_ path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ConfigurationError("cannot read '\(path)'")
    }
    return String(decoding: data, as: UTF8.self)
  }

  static func write(_ text: String, to path: String) throws {
    do {
      try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw OutputError("cannot write '\(path)'")
    }
  }
}
