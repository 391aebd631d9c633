internal import Devices
internal import Units
internal import Workload

/// The bound of a roofline system at analytic fidelity.
///
/// Such a system runs all operators but collectives one after the other on one device, and each takes at least the time
/// of its bytes at the memory's peak, of its matrix products at the peak of their element type, and of its vector work
/// at the vector peak. So the whole takes at least the largest of the three sums.
struct RooflineBound: LowerBound {
  private let device: RooflineDevice
  private var bytes = 0
  private var matrix: [DataType: Int] = [:]
  private var vector = 0
  private var launch = Duration.zero

  init(device: RooflineDevice) {
    self.device = device
  }

  mutating func add(_ op: Operator) throws {
    if case .collective = op.operation { return }
    let work = op.work
    bytes += op.traffic.total.count
    if work.matrix > 0 {
      // Without a peak the run fails; nothing is proven about its time.
      guard device.matrixRate(of: op.computeType) != nil else {
        throw SystemError("device.matrix_rate has no peak for \(op.computeType.rawValue)")
      }
      matrix[op.computeType, default: 0] += work.matrix
    }
    vector += work.vector
    // An operator of which nothing but its duration is known takes that instead.
    if op.measured == nil || work.flops > 0 || op.traffic.total > .zero {
      launch += device.launch(of: op.kind)
    }
  }

  var time: Duration {
    var products = Duration.zero
    for (dtype, operations) in matrix {
      products += leastTime(
        operations, perSecond: device.matrixRate(of: dtype)?.flopsPerSecond ?? 0)
    }
    let memory = leastTime(bytes, perSecond: device.bandwidth.bytesPerSecond)
    let rows = leastTime(vector, perSecond: device.spec.vectorRate?.flopsPerSecond ?? 0)
    return launch + max(memory, max(products, rows))
  }
}

extension RooflineSystem {
  public func lowerBound(_ fidelity: Fidelity) throws -> (any LowerBound)? {
    try check(fidelity)
    return fidelity == .cycle ? try cycleBound() : RooflineBound(device: device)
  }
}
