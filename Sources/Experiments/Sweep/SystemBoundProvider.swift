internal import Devices
internal import Synchronization
internal import Systems
internal import TraceFormat
internal import Units
internal import Workload

/// The bounds that systems prove of themselves; see `LowerBound`.
///
/// The last trace is kept, so that points are best asked for trace by trace.
public final class SystemBoundProvider: LowerBoundProvider {
  private let definitions = HardwareDefinitions()
  private let last = Mutex<KeptTrace?>(nil)

  public init() {}

  /// The bound of a point; nil when its system has none, or cannot run the trace.
  public func bound(of point: SweepPoint) throws -> PointBound? {
    do {
      let system = try SystemLoader.load(point.configuration, definitions: definitions)
      guard var bound = try system.lowerBound(point.fidelity) else { return nil }
      var counter = TokenCounter()
      try forEachOperator(of: point) { op in
        try bound.add(op)
        counter.add(op)
      }
      return PointBound(time: bound.time, tokens: counter.tokens)
    } catch is DeviceError {
      return nil
    } catch is SystemError {
      return nil
    }
  }

  private func forEachOperator(
    of point: SweepPoint, _ body: (Operator) throws -> Void
  ) throws {
    let known = last.withLock { $0 }
    let kept = try known?.digest == point.traceDigest ? known : KeptTrace(of: point)
    if let kept {
      last.withLock { $0 = kept }
      for op in kept.operators { try body(op) }
    } else {
      var reader = try TraceReader(path: point.trace.label)
      while let op = try reader.next() { try body(op) }
    }
  }
}

/// Counts generated tokens as results do: the requests of each step's head, or of its attention
/// where a step has no head.
private struct TokenCounter {
  private var heads: [Int: Int] = [:]
  private var attentions: [Int: Int] = [:]

  var tokens: Int {
    heads.merging(attentions) { head, _ in head }.values.reduce(0, +)
  }

  mutating func add(_ op: Operator) {
    switch op.operation {
    case .head: heads[op.step] = op.requests.requestCount
    case .attention(let attention) where attention.part != .context:
      attentions[op.step] = max(attentions[op.step] ?? 0, op.requests.requestCount)
    default: break
    }
  }
}
