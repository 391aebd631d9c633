internal import DRAM
internal import Devices
internal import Units
internal import Workload

/// The bound of a streaming device.
///
/// The device runs one operator at a time, in trace order, and each takes at least its launch and the longest of its
/// compulsory bytes at the peak of the memory and, where map and reduce units run it, of its work at their peaks. What
/// attention takes on the fabric, and what it streams again, is left out, so nothing has to be simulated. Collectives
/// run beside the device and are left out.
struct StreamingBound: LowerBound {
  private let system: StreamingSystem
  private let peak: Bandwidth
  private var sum = Duration.zero
  private var count = 0

  init(_ system: StreamingSystem, peak: Bandwidth) {
    self.system = system
    self.peak = peak
  }

  /// A picosecond an operator is given back for rates and times that round up.
  var time: Duration { Duration(picoseconds: max(sum.picoseconds - count, 0)) }

  mutating func add(_ op: Operator) throws {
    if case .collective = op.operation { return }
    let traffic = op.traffic
    var work = op.work
    if case .attention(let attention) = op.operation, attention.part == .whole {
      work = OperatorWork()
    }
    let cost = try system.device.units.cost(of: op, work: work, traffic: traffic)
    let bytes = leastTime(traffic.total.count, perSecond: peak.bytesPerSecond)
    sum += cost.launch + max(max(cost.matrix, cost.vector), bytes)
    count += 1
  }
}

extension StreamingSystem {
  public func lowerBound(_ fidelity: Fidelity) throws -> (any LowerBound)? {
    guard fidelity == .cycle else { return StreamingBound(self, peak: spec.memory.bandwidth) }
    let (dram, standard) = try commandLevelMemory
    let mapping = try AddressMapping(dram.mapping, standard: standard, channels: dram.channels)
    return StreamingBound(
      self, peak: try CompiledStandard(standard).peakBandwidth(channels: mapping.channels))
  }
}
