internal import DRAM
internal import Devices
public import Units
public import Workload

/// What no run of a trace at cycle fidelity can be faster than.
///
/// Operators run one after the other, so this is the dependence path at peak rates: each takes at least its launch and
/// the longer of its arithmetic and its bytes at the rate of the memory's data buses. The sum is never below the total
/// of any one resource. Proof for the memory: every byte takes its share of a data bus, and the buses together carry
/// no more than the peak; row misses, refresh and turnarounds only add. Rates round down to whole bytes a second and
/// times to whole picoseconds, so a picosecond an operator is given back.
public struct CycleBound: LowerBound {
  private let device: any TiledDevice
  private let link: LinkSpec?
  private let name: String
  private let peak: Bandwidth
  private var sum = Duration.zero
  private var count = 0

  init(device: any TiledDevice, link: LinkSpec?, name: String, peak: Bandwidth) {
    self.device = device
    self.link = link
    self.name = name
    self.peak = peak
  }

  /// The bound of the operators so far.
  public var time: Duration {
    Duration(picoseconds: max(sum.picoseconds - count, 0))
  }

  /// Adds an operator.
  ///
  /// - Throws: `DeviceError` or `SystemError` when it cannot run on the system.
  public mutating func add(_ op: Operator) throws {
    count += 1
    if case .collective(let collective) = op.operation {
      guard let link else { throw SystemError.missingLink(op, system: name) }
      sum += link.duration(of: collective)
      return
    }
    add(
      try device.tiledCost(of: op, work: op.work, traffic: op.traffic).cost,
      bytes: op.traffic.total,
      counted: true)
  }

  /// Adds an operator of known cost.
  mutating func add(_ cost: OperatorCost, bytes: ByteCount, counted: Bool = false) {
    if !counted { count += 1 }
    let arithmetic = max(cost.matrix, cost.vector)
    sum += cost.launch + max(arithmetic, peak.duration(moving: bytes))
  }

  /// Adds a collective of known time.
  mutating func add(link duration: Duration) {
    count += 1
    sum += duration
  }
}

extension RooflineSystem {
  /// An empty bound for traces of this system at cycle fidelity; nil without a command-level memory.
  ///
  /// - Throws: `MemoryError` when the standard or the mapping is wrong.
  public func cycleBound() throws -> CycleBound? {
    guard let dram = spec.memory.dram, let standard else { return nil }
    let compiled = try CompiledStandard(standard)
    let mapping = try AddressMapping(dram.mapping, standard: standard, channels: dram.channels)
    return CycleBound(
      device: device, link: spec.link, name: name,
      peak: compiled.peakBandwidth(channels: mapping.channels))
  }
}
