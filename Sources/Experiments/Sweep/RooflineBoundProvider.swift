internal import Devices
internal import Synchronization
internal import Systems
internal import TraceFormat
internal import Units
internal import Workload

/// Proven bounds for systems of type `roofline` at both fidelities, and for nothing else.
///
/// At cycle fidelity the bound is that of `CycleBound`: the operators one after the other, each at the peak rates of
/// its device and of the data buses of its memory. At analytic fidelity:
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
    guard let system = try SystemLoader.load(point.configuration) as? RooflineSystem
    else { return nil }
    if point.fidelity == .cycle { return try cycleBound(of: point, on: system) }
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

  /// The bound of a point at cycle fidelity; nil when the system cannot run the trace.
  private func cycleBound(of point: SweepPoint, on system: RooflineSystem) throws -> PointBound? {
    guard var bound = try system.cycleBound() else { return nil }
    var counter = TokenCounter()
    do {
      try RooflineBoundProvider.forEachOperator(of: point) { op in
        try bound.add(op)
        counter.add(op)
      }
    } catch is DeviceError {
      return nil
    } catch is SystemError {
      return nil
    }
    return PointBound(time: bound.time, tokens: counter.tokens)
  }

  private static func forEachOperator(
    of point: SweepPoint, _ body: (Operator) throws -> Void
  ) throws {
    switch point.trace {
    case .file(let path):
      var reader = try TraceReader(path: path)
      while let op = try reader.next() { try body(op) }
    case .emit(let request):
      for op in try request.emit().operators { try body(op) }
    }
  }

  private func totals(of point: SweepPoint) throws -> Totals {
    if let known = totals.withLock({ $0[point.traceDigest] }) { return known }
    var result = Totals()
    var counter = TokenCounter()
    try RooflineBoundProvider.forEachOperator(of: point) { op in
      RooflineBoundProvider.add(op, to: &result)
      counter.add(op)
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
