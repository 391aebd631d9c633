import Testing
import Units

@testable import DRAM

/// The checker must find what an engine does wrong in which one constraint is a clock too short.
@Suite struct MutationTests {
  /// A mutant, the same in every variant of a standard.
  struct Mutant: Hashable {
    var origin: Int
    var preceding: Int
    var following: Int
  }

  /// A memory and the workloads that its mutants run.
  struct Variant {
    var standard: MemoryStandard
    var runs: Int
    var requests = 120
  }

  /// The standard as it is, with two ranks (or pseudo channels and stack IDs), and with random small sizes and timings
  /// under which other constraints bind. Where a data clock runs: one that hardly stops, since a clock start before a
  /// column command takes the tick that a weakened constraint wins.
  static func variants(_ standard: MemoryStandard) throws -> [Variant] {
    var variants = [Variant(standard: standard, runs: 16)]
    var wide = standard
    for index in wide.organization.levels.indices
    where !wide.organization.levels[index].name.hasPrefix("bank") {
      wide.organization.levels[index].count = 2
    }
    variants.append(Variant(standard: wide, runs: 10))
    if standard.dataClock != nil {
      for var running in [standard, wide] {
        running.timing["nWCKPST"]?.value = 60
        variants.append(Variant(standard: running, runs: 16))
      }
    }
    var generator = SeededGenerator(seed: 2024)
    for _ in 0..<3 {
      variants.append(
        Variant(standard: try RandomMemory.shaken(standard, &generator), runs: 8, requests: 60))
    }
    return variants
  }

  @Test(arguments: Repository.standardNames)
  func everyMutantThatChangesALogIsCaught(name: String) throws {
    let standard = try Repository.standard(name)
    var changed: Set<Mutant> = []
    var caught: Set<Mutant> = []
    // Those of commands that occur at all.
    var all: Set<Mutant> = []
    var seen: Set<Int> = []
    for variant in try Self.variants(standard) {
      let compiled = try CompiledStandard(variant.standard)
      let checker = try ProtocolChecker(variant.standard, checksRefresh: false)
      let runs = (0..<UInt64(variant.runs)).map { seed in
        (
          requests: Workload.random(compiled, count: variant.requests, seed: seed &* 7 &+ 1),
          configuration: Workload.configuration(compiled, seed: seed, stepping: .skip)
        )
      }
      let logs = try runs.map {
        try replay($0.requests, on: compiled, configuration: $0.configuration).commands
      }
      for log in logs {
        try #require(checker.violations(in: log).isEmpty)
        seen.formUnion(log.map { Int($0.command) })
      }
      for index in compiled.rows.indices {
        let row = compiled.rows[index]
        let mutant = Mutant(
          origin: row.origin, preceding: row.preceding, following: row.following)
        all.insert(mutant)
        if caught.contains(mutant) { continue }
        let mutated = try CompiledStandard(variant.standard, weakened: index)
        // A row that another one implies binds nothing, a clock shorter or not.
        if mutated.activeRows == compiled.activeRows { continue }
        for (run, log) in zip(runs, logs) {
          let other = try replay(
            run.requests, on: mutated, configuration: run.configuration
          ).commands
          if other == log { continue }
          changed.insert(mutant)
          if !checker.violations(in: other).isEmpty {
            caught.insert(mutant)
            break
          }
          // Without a data clock the first command that differs is the one that came too soon.
          #expect(standard.dataClock != nil, "\(standard.constraints[row.origin]) in a legal log")
        }
      }
    }
    all = all.filter { seen.contains($0.preceding) && seen.contains($0.following) }
    for mutant in changed.subtracting(caught) {
      Issue.record("a weakened \(standard.constraints[mutant.origin]) went unnoticed")
    }
    // The others say what another row says already, or bind a pair that a controller never comes near.
    #expect(changed.count * 3 >= all.count, "\(changed.count) of \(all.count) mutants change a log")
  }
}
