import SimulationCore
import Systems
import Testing
import Units
import Workload

@testable import Experiments

/// Traces as they are emitted, with prompts: the NPU runs those, with the gather of their last tokens before the head.
@Suite struct PromptTraceTests {
  @Test(arguments: ["neupims", "npu-pim-blocked", "npu-only"])
  func aTraceWithPromptsRuns(preset: String) throws {
    var request = EmitRequest(model: "gpt3-7b")
    request.batch = 3
    request.prompt = EmitRequest.Lengths([40])
    request.generate = 2
    request.layers = 1
    request.fuse = .full
    let trace = try request.emit()
    #expect(trace.operators.contains { $0.kind == .gather })
    let system = try SystemLoader.load(SystemLoader.configuration(preset, overrides: []))
    let run = try system.run(
      OperatorSequence(trace.operators), header: trace.header,
      options: RunOptions(fidelity: .cycle))
    #expect(run.promptTokens == 120)
    #expect(run.operatorCount == trace.operators.count)
    #expect(run.causes.total == run.makespan)
    let gather = try #require(run.operators.first { $0.kind == .gather })
    let head = try #require(run.operators.first { $0.kind == .head })
    #expect(gather.end > gather.start && gather.end <= head.start)
    // The head of the prompts is that of three tokens, as in a decode step.
    let last = try #require(run.operators.last { $0.kind == .head })
    let (first, next) = ((head.end - head.start).seconds, (last.end - last.start).seconds)
    #expect(abs(first - next) < 0.1 * next)
  }
}
