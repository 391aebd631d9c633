import DRAM
import Testing
import Units

/// The checkers against engines of the PIM memories in which one constraint is a clock too short.
@Suite struct PIMMutationTests {
  @Test(arguments: ["single", "dual"])
  func everyMutantThatChangesALogIsCaught(buffer: String) throws {
    let standard = try Repository.standard("hbm2-neupims-\(buffer)")
    let compiled = try CompiledStandard(standard)
    var generator = SeededGenerator(seed: 77)
    var mixes: [Mix] = []
    while mixes.count < 24 {
      var mix = Mix.random(&generator)
      mix.buffer = buffer
      mix.rows = min(mix.rows, 8)
      mix.reads = min(mix.reads, 400)
      mixes.append(mix)
    }
    func log(_ memory: CompiledStandard, _ mix: Mix) throws -> [CommandRecord] {
      try runPIMRows(
        memory, mix.configuration, kind: mix.kind, count: mix.rows, columns: mix.columns,
        hostReads: mix.reads, keepsCommands: true
      ).commands
    }
    let truth = try mixes.map { try log(compiled, $0) }
    let distances = try ProtocolChecker(standard, checksRefresh: false)
    let rows = try PIMProtocolChecker(standard)
    var changed = 0
    for row in compiled.rows.indices {
      let mutant = try CompiledStandard(standard, weakened: row)
      var differs = 0
      var isCaught = false
      for (mix, expected) in zip(mixes, truth) where !isCaught {
        let mutated = try log(mutant, mix)
        if mutated == expected { continue }
        differs += 1
        isCaught =
          !distances.violations(in: mutated).isEmpty || !rows.violations(in: mutated).isEmpty
      }
      if differs > 0 { changed += 1 }
      let rule = standard.constraints[compiled.rows[row].origin]
      #expect(differs == 0 || isCaught, "a weakened \(rule) went unnoticed in \(differs) logs")
    }
    #expect(changed > 10, "too few mutants change a log: \(changed) of \(compiled.rows.count)")
  }
}
