internal import Devices
internal import Synchronization
internal import Systems
internal import TraceFormat
internal import Units
internal import Workload

/// Proven bounds for systems of type `roofline` at analytic fidelity, and for nothing else.
///
/// Such a system runs all operators but collectives one after the other on one device, and each takes
/// at least the time of its bytes at the memory's peak, of its matrix products at the peak of their
/// element type, and of its vector work at the vector peak. So the whole takes at least the largest
/// of the three sums. Other systems get no bound here: one with memory-side units, for example, may
/// well move data faster than its external peak.
public final class RooflineBoundProvider: LowerBoundProvider {
  /// What a trace asks of the device.
  private struct Totals {
    var bytes = ByteCount.zero
    var matrix: [DataType: Int] = [:]
    var vector = 0
    var tokens = 0
  }

  private let totals = Mutex<[String: Totals]>([:])

  public init() {}

  public func bound(of point: SweepPoint) throws -> PointBound? {
    guard point.fidelity == .analytic,
      let system = try SystemLoader.load(point.configuration) as? RooflineSystem
    else { return nil }
    let totals = try totals(of: point)
    var time = system.spec.memory.bandwidth.duration(moving: totals.bytes)
    var matrix = Duration.zero
    for (dtype, flops) in totals.matrix {
      // Without a peak the run fails; nothing is proven about its time.
      guard let rate = system.device.matrixRate(of: dtype) else { return nil }
      // Rounded down for each type, so that the sum is not above the sum of the operators' times.
      let whole = rate.duration(computing: flops)
      matrix += whole > .zero ? whole - Duration(picoseconds: 1) : .zero
    }
    time = max(time, matrix)
    if let rate = system.spec.device.vectorRate {
      time = max(time, rate.duration(computing: totals.vector))
    }
    return PointBound(time: time, tokens: totals.tokens)
  }

  private func totals(of point: SweepPoint) throws -> Totals {
    if let known = totals.withLock({ $0[point.traceDigest] }) { return known }
    var result = Totals()
    var counter = TokenCounter()
    switch point.trace {
    case .file(let path):
      var reader = try TraceReader(path: path)
      while let op = try reader.next() {
        RooflineBoundProvider.add(op, to: &result)
        counter.add(op)
      }
    case .emit(let request):
      for op in try request.emit().operators {
        RooflineBoundProvider.add(op, to: &result)
        counter.add(op)
      }
    }
    result.tokens = counter.tokens
    totals.withLock { $0[point.traceDigest] = result }
    return result
  }

  private static func add(_ op: Operator, to totals: inout Totals) {
    if case .collective = op.operation { return }
    let work = op.work
    totals.bytes += op.traffic.total
    if work.matrix > 0 { totals.matrix[op.computeType, default: 0] += work.matrix }
    totals.vector += work.vector
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
