internal import Devices
internal import Units
internal import Workload

/// The bound of a machine of hybrid devices, at both fidelities the largest of three.
///
/// - Everything but attention, experts and collectives runs on the xPUs of its pipeline stage, one operator after the
///   other; each takes its launch and at least the longest of its share of matrix work, vector work and bytes at their
///   peaks. The fullest device of a stage has at least the mean share. The stages may overlap, so their sum is divided.
/// - Weights and cached keys and values are read once at least, over the pins or inside the memory, so all devices
///   together take the time of their bytes at both peaks added.
/// - Products of one element type take the time of their operations at the peaks of xPU and PIM added.
///
/// Collectives, imbalance, conflicts, power and what the schedule places where only add to that.
struct HybridBound: LowerBound {
  private let device: HybridDevice
  private let grid: DeviceGrid
  private let devices: Int
  private let vectorRate: Int?
  /// Bytes a second over the pins of one device: the larger of the declared and the command-level peak.
  private let pins: Int
  private var shared = Duration.zero
  private var bytes = 0
  private var matrix: [DataType: Int] = [:]

  init(device: HybridDevice, grid: DeviceGrid, devices: Int, commandLevel: Bandwidth?) {
    self.device = device
    self.grid = grid
    self.devices = devices
    vectorRate = device.spec.xpu.vectorRate?.flopsPerSecond
    pins = max(device.bandwidth.bytesPerSecond, commandLevel?.bytesPerSecond ?? 0)
  }

  mutating func add(_ op: Operator) throws {
    let work = op.work
    if work.matrix > 0, !device.isEpilogue(op.kind) {
      matrix[op.computeType, default: 0] += work.matrix
    }
    switch op.operation {
    case .collective: return
    case .attention, .softmax(.attention):
      for access in op.accesses where access.tensor.role == .kv && !access.isWrite {
        bytes += access.bytes.count
      }
    case .expertFFN:
      for access in op.accesses where access.tensor.role == .weight { bytes += access.bytes.count }
    default:
      guard !device.isEpilogue(op.kind) else { return }
      try addShared(op, work: work)
    }
  }

  private mutating func addShared(_ op: Operator, work: OperatorWork) throws {
    let traffic = op.traffic.total.count
    bytes += traffic
    // Devices that divide the operator.
    let group = grid.tensor * grid.data
    var time = leastTime(traffic / group, perSecond: pins)
    if work.matrix > 0 {
      guard let rate = device.matrixRate(of: op.computeType) else {
        throw SystemError("device.xpu.matrix_rate has no peak for \(op.computeType.rawValue)")
      }
      time = max(time, leastTime(work.matrix / group, perSecond: rate.flopsPerSecond))
    }
    if let vectorRate {
      time = max(time, leastTime(work.vector / group, perSecond: vectorRate))
    }
    shared += time + device.launch(of: op.kind)
  }

  var time: Duration {
    let inside = device.pimBandwidth?.bytesPerSecond ?? 0
    var time = Duration(picoseconds: shared.picoseconds / grid.pipeline)
    time = max(time, leastTime(bytes, perSecond: devices * (pins + inside)))
    for (dtype, operations) in matrix {
      let xpu = device.matrixRate(of: dtype)?.flopsPerSecond ?? 0
      let pim = device.hasPIM(for: dtype) ? device.pimRate?.flopsPerSecond ?? 0 : 0
      time = max(time, leastTime(operations, perSecond: devices * (xpu + pim)))
    }
    return time
  }
}

extension XPUPIMSystem {
  public func lowerBound(_ fidelity: Fidelity) throws -> (any LowerBound)? {
    try check(fidelity)
    return HybridBound(
      device: device, grid: grid, devices: spec.devices,
      commandLevel: fidelity == .cycle ? memory?.peakBandwidth : nil)
  }
}
