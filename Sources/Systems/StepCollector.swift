internal import SimulationCore
internal import Units
internal import Workload

/// Collects steps and tokens while operators end.
///
/// A step yields the tokens of the requests that its head takes part with. Where a trace has no
/// head in a step, the requests of its attention operators count instead: one token each.
struct StepCollector {
  private(set) var steps: [StepRecord] = []
  private(set) var promptTokens = 0
  private var indexOfStep: [Int: Int] = [:]
  private var hasHead: Set<Int> = []
  private var hasPrompt: Set<Int> = []

  /// Notes an operator when it is read.
  mutating func add(_ op: Operator) {
    let index: Int
    if let known = indexOfStep[op.step] {
      index = known
    } else {
      index = steps.count
      indexOfStep[op.step] = index
      steps.append(
        StepRecord(
          step: op.step, phase: op.phase, start: Instant(picoseconds: Int.max), end: .zero,
          tokens: 0))
    }
    switch op.operation {
    case .head:
      hasHead.insert(op.step)
      steps[index].tokens = op.requests.requestCount
    case .embedding:
      notePrompt(of: op)
    case .attention(let attention) where attention.part != .context:
      notePrompt(of: op)
      if !hasHead.contains(op.step) {
        steps[index].tokens = max(steps[index].tokens, op.requests.requestCount)
      }
    default: break
    }
  }

  private mutating func notePrompt(of op: Operator) {
    guard op.phase != .decode, !hasPrompt.contains(op.step), !op.requests.isEmpty else { return }
    hasPrompt.insert(op.step)
    promptTokens +=
      op.requests.filter { !$0.isDecoding(in: op.phase) }.tokenCount
  }

  /// Notes when an operator of a step ran.
  mutating func extend(step: Int, start: Instant, end: Instant) {
    guard let index = indexOfStep[step] else { return }
    steps[index].start = min(steps[index].start, start)
    steps[index].end = max(steps[index].end, end)
  }
}
