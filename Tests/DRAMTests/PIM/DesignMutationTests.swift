import Testing
import Units
import Yams

@testable import DRAM

/// The checker against engines of the other PIM designs (AttAcc's three levels, bank bundles, a GDDR6-AiM-like device)
/// in which one constraint is a clock too short; and what a table of distances cannot say: which rows are open.
@Suite struct DesignMutationTests {
  /// Commands of a design that open rows, use them and close them.
  struct Rows {
    var opens: Set<String>
    var uses: Set<String>
    var closes: Set<String>
  }

  /// Logs of a design on a memory, the memory possibly weakened.
  typealias Runs = (CompiledStandard) throws -> [[CommandRecord]]

  /// Rows that are opened twice, used or refreshed wrongly.
  static func rowFaults(_ log: [CommandRecord], _ standard: MemoryStandard, _ rows: Rows)
    -> [String]
  {
    let levels = standard.organization.levels
    let banks = levels.reduce(1) { $0 * $1.count }
    func width(_ scope: String) -> Int {
      var left = banks
      if scope == "channel" { return left }
      for level in levels {
        left /= level.count
        if level.name == scope { break }
      }
      return left
    }
    var open = [Int32?](repeating: nil, count: banks)
    var faults: [String] = []
    for record in log {
      let command = standard.commands[Int(record.command)]
      let size = width(command.scope)
      let first = Int(record.bank) / size * size
      for bank in first..<first + size {
        if rows.opens.contains(command.name) {
          if open[bank] != nil { faults.append("\(command.name) on open bank \(bank)") }
          open[bank] = record.row
        } else if rows.uses.contains(command.name) {
          if open[bank] != record.row { faults.append("\(command.name) on another row") }
        } else if rows.closes.contains(command.name) {
          open[bank] = nil
        } else if command.effect == .refresh && open[bank] != nil {
          faults.append("\(command.name) while bank \(bank) is open")
        }
      }
    }
    return faults
  }

  /// Weakens every row in turn; each changed log must be caught. Returns how many mutants changed one.
  static func score(
    _ standard: MemoryStandard, without: Set<MemoryStandard.Limit> = [], rows: Rows,
    runs: Runs
  ) throws -> Int {
    let compiled = try CompiledStandard(standard, without: without)
    // The checker reads the standard, so limits that are removed leave it too.
    var checked = standard
    checked.constraints.removeAll { row in row.limit.map(without.contains) ?? false }
    let checker = try ProtocolChecker(checked, checksRefresh: false)
    let truth = try runs(compiled)
    for log in truth {
      let violations = checker.violations(in: log)
      try #require(violations.isEmpty, "\(violations.prefix(3))")
      let faults = rowFaults(log, standard, rows)
      try #require(faults.isEmpty, "\(faults.prefix(3))")
    }
    var changed = 0
    for row in compiled.rows.indices {
      let mutated = try runs(CompiledStandard(standard, weakened: row, without: without))
      let differing = zip(mutated, truth).filter { $0.0 != $0.1 }.map(\.0)
      if differing.isEmpty { continue }
      changed += 1
      let missed = differing.count { checker.violations(in: $0).isEmpty }
      let rule = standard.constraints[compiled.rows[row].origin]
      #expect(missed == 0, "a weakened \(rule) went unnoticed in \(missed) logs")
    }
    return changed
  }

  /// A memory whose refreshes come often, so that short runs meet them.
  static func memory(_ name: String, interval: Int) throws -> MemoryStandard {
    var standard = try Repository.standard(name)
    standard.timing["nREFI"]?.value = interval
    return standard
  }

  @Test(arguments: ["bank", "bankgroup", "buffer"])
  func everyMutantUnderAttentionIsCaught(level: String) throws {
    let standard = try Self.memory("hbm3-5.2-attacc", interval: 1500)
    let design = try YAMLDecoder().decode(
      AttentionDesign.self, from: try Repository.text("configs/devices/attacc-\(level).yaml"))
    let shapes = [
      (StackAttentionShape(heads: 32, length: level == "bank" ? 900 : 130), true),
      (StackAttentionShape(heads: 48, length: level == "bank" ? 300 : 40), false),
    ]
    let names = design.commands
    let rows = Rows(opens: [names.activate], uses: [names.product], closes: [names.precharge])
    for without in [Set<MemoryStandard.Limit>(), [.power]] {
      let changed = try Self.score(standard, without: without, rows: rows) { memory in
        try shapes.map { shape, refreshes in
          let placement = try AttentionPlacement(design, standard, shape)
          var channel = AttentionChannel(
            try AttentionRules(memory, design),
            AttentionProgram(heads: shape.heads / 16, layout: placement), refreshes: refreshes,
            keepsCommands: true)
          _ = channel.run()
          return channel.log
        }
      }
      #expect(changed >= 8, "too few mutants change a log: \(changed)")
    }
  }

  @Test(arguments: [
    ("hbm3-5.2-duplex", "logic-pim"), ("hbm3-5.2-duplex", "bankgroup-pim"),
    ("hbm3-5.2-duplex", "bank-pim"), ("gddr6-aim", "gddr6-aim"),
  ])
  func everyMutantUnderBundleStreamsIsCaught(memory: String, device: String) throws {
    let standard = try Self.memory(memory, interval: 2100)
    let design = try YAMLDecoder().decode(
      BundleDesign.self, from: try Repository.text("configs/devices/\(device).yaml"))
    let names = design.commands
    let rows = Rows(
      opens: [names.activate], uses: [names.read, names.write], closes: [names.precharge])
    let columns = standard.organization.columns
    let each = try BundleStream(standard, design: design).bytesPerCommand
    let changed = try Self.score(standard, rows: rows) { memory in
      var logs: [[CommandRecord]] = []
      let stream = try BundleStream(memory, design: design)
      for isWrite in [false, true] {
        for (first, count, refresh) in [
          (0, 12 * columns, BundleRefresh.none), (columns - 1, 3 * columns, .none),
          (0, 40 * columns, .first), (7, 120 * columns, .postponed),
        ] {
          var log: [CommandRecord]? = []
          _ = try stream.run(
            bytes: ByteCount(count * each), offset: ByteCount(first * each), isWrite: isWrite,
            refresh: refresh, channels: 1, sendsEach: true, log: &log)
          logs.append(log ?? [])
        }
      }
      return logs
    }
    #expect(changed >= 10, "too few mutants change a log: \(changed)")
  }

  @Test func everyMutantUnderHostAndBundlesIsCaught() throws {
    let standard = try Self.memory("hbm3-5.2-duplex", interval: 2100)
    let design = try YAMLDecoder().decode(
      BundleDesign.self, from: try Repository.text("configs/devices/logic-pim.yaml"))
    let names = design.commands
    let rows = Rows(
      opens: ["ACT", names.activate], uses: ["RD", "WR", names.read, names.write],
      closes: ["PREpb", names.precharge])
    // Columns of a space.
    let space = standard.organization.columns * standard.organization.rows
    var generator = SeededGenerator(seed: 19)
    var specs: [SharedChannelSpec] = []
    for index in 0..<18 {
      let first = [0, 4096, 8 * space, 16 * space][index % 4] + generator.next(below: 500)
      let pim = generator.next(below: 90)
      specs.append(
        SharedChannelSpec(
          hostBursts: first..<first + 250 + generator.next(below: 500),
          hostWrites: generator.next(below: 2) == 0,
          mapping: index % 3 == 0 ? nil : standard.bundleMapping(banks: design.banks),
          pimColumns: pim..<pim + 150 + generator.next(below: 200),
          pimWrites: generator.next(below: 2) == 0,
          priority: SharedPriority.allCases[index / 4 % 3],
          refresh: [BundleRefresh.none, .first, .postponed][index % 3]))
    }
    let changed = try Self.score(standard, rows: rows) { memory in
      try specs.map { spec in
        var channel = SharedChannel(
          try SharedRules(memory, design, spec), keepsCommands: true)
        _ = channel.run()
        return channel.log
      }
    }
    #expect(changed >= 20, "too few mutants change a log: \(changed)")
  }

  @Test func aCommandTwiceToOneNodeIsSeen() throws {
    let standard = try Repository.standard("hbm3-5.2-duplex")
    let compiled = try CompiledStandard(standard)
    func complaints(_ body: String) throws -> [String] {
      let log = try CommandLog.parse(CommandLog.header + "\n" + body, name: "log", compiled)
      return try ProtocolChecker(standard, checksRefresh: false).violations(in: log).map(\.message)
    }
    #expect(try complaints("9,ALLACT,0,0,0,0,5,0\n9,ALLACT,0,0,1,0,5,0").isEmpty)
    #expect(
      try complaints("9,ALLACT,0,0,0,0,5,0\n9,ALLACT,0,0,0,0,5,0") == [
        "ALLACT twice to one bank"
      ])
    // A tick later it is another command, and one that comes too soon.
    #expect(try complaints("9,ALLACT,0,0,0,0,5,0\n10,ALLACT,0,0,1,0,5,0").count == 2)
    // Commands of one bank each do not go together.
    #expect(try complaints("9,ACT,0,0,0,0,5,0\n9,ACT,0,0,1,0,5,0").count > 0)
  }
}
