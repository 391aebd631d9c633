import Testing
import Units

@testable import DRAM

/// Ten thousand random mixes of products, reads, writes and refresh: the next-event stepping sends the commands of a
/// channel that looks at every bank in every clock, and every log is legal.
@Suite struct PIMWorkloadTests {
  /// Both row buffers, with the queues of the design and with short ones; refresh falls due often, so that short
  /// workloads meet it.
  private static func memories() throws -> [CompiledStandard] {
    var memories: [CompiledStandard] = []
    for buffer in ["dual", "single"] {
      for isShort in [false, true] {
        var standard = try Repository.standard("hbm2-neupims-\(buffer)")
        standard.timing["nREFI"]?.value = isShort ? 1000 : 1500
        standard.timing["nRFC"]?.value = 120
        if isShort {
          standard.pim?.queues.transactions = 4
          standard.pim?.queues.commands = 8
          standard.pim?.queues.perBank = 5
          standard.pim?.queues.rowHits = 2
          standard.pim?.queues.writeLow = 1
          standard.pim?.queues.readsBeforeWrite = 3
        }
        memories.append(try CompiledStandard(standard))
      }
    }
    return memories
  }

  @Test(arguments: 0..<10)
  func everyClockAndNextEventSendTheSameLegalCommands(part: Int) throws {
    let memories = try Self.memories()
    let distances = try [false, true].map { checks in
      try memories.map { try ProtocolChecker($0.standard, checksRefresh: checks) }
    }
    let rows = try memories.map { try PIMProtocolChecker($0.standard) }
    var generator = SeededGenerator(seed: UInt64(1000 + part))
    for index in 0..<1000 {
      let workload = PIMWorkload.random(
        part * 1000 + index, memories: memories, using: &generator)
      let fast = try workload.run(on: memories, ticks: false)
      let slow = try workload.run(on: memories, ticks: true)
      let turns = try workload.run(
        on: memories, ticks: false, turn: Int.random(in: 1...40, using: &generator))
      if fast != slow || turns != slow {
        let place = zip(fast.log, slow.log).enumerated().first { $1.0 != $1.1 }?.offset ?? -1
        Issue.record("\(workload): logs part at command \(place)")
        return
      }
      if !fast.isDone {
        Issue.record("\(workload): not all is done after \(fast.log.last?.tick ?? 0) clocks")
        return
      }
      let standard = memories[workload.memory].standard
      // Rows that the multipliers' command opened are known to the second checker only.
      let violations =
        distances[workload.configuration.refreshes ? 1 : 0][workload.memory].violations(
          in: slow.log
        )
        .filter { !$0.message.hasSuffix("no row is open") }
        + rows[workload.memory].violations(in: slow.log)
      if let first = violations.first {
        Issue.record("\(workload): \(first)")
        return
      }
      for (effect, count) in [
        (MemoryStandard.Effect.read, workload.reads), (.write, workload.writes - fast.writesLeft),
      ] {
        let command = try #require(standard.commands.firstIndex { $0.effect == effect })
        #expect(fast.counts.commands[command] == count, "\(workload)")
      }
      #expect(fast.counts.results == workload.results, "\(workload)")
      #expect(fast.counts.commands.reduce(0, +) == fast.log.count)
    }
  }
}
