public import SimulationCore
public import Units
public import Workload

/// The parameters of a device whose operators take the longest of their resource times.
///
/// It stands for any accelerator with matrix units, vector units and a memory of its own. It leaves
/// out tiles, partial waves, caches, row misses, refresh and the overlap of operators: each operator
/// has the device for itself. The cycle-level devices model those.
public struct RooflineDeviceSpec: Hashable, Sendable, Codable {
  /// Peak rate of matrix products by element type.
  public var matrixRate: [String: ComputeRate]
  /// Peak rate of pointwise and row-wise functions; vector work is free when it is left out.
  public var vectorRate: ComputeRate?
  /// The fixed cost of every operator; zero when left out.
  public var launch: Duration?
  /// Fixed costs of single kinds, which replace `launch`.
  public var launchByKind: [String: Duration]?

  /// At cycle fidelity, the bytes of one of the two buffers that tiles go through; `defaultTile`
  /// when left out.
  public var tile: ByteCount?

  /// 16 MiB (assumption): two of them fit the L2 or scratchpad of every preset (40 MB and more).
  public static let defaultTile = ByteCount(16 << 20)

  public init(
    matrixRate: [String: ComputeRate], vectorRate: ComputeRate? = nil, launch: Duration? = nil,
    launchByKind: [String: Duration]? = nil, tile: ByteCount? = nil
  ) {
    self.matrixRate = matrixRate
    self.vectorRate = vectorRate
    self.launch = launch
    self.launchByKind = launchByKind
    self.tile = tile
  }

  enum CodingKeys: String, CodingKey {
    case matrixRate = "matrix_rate"
    case vectorRate = "vector_rate"
    case launch
    case launchByKind = "launch_by_kind"
    case tile
  }
}

/// Why a specification or an operator cannot be used with a device.
public struct DeviceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: what is wrong and how to mend it.
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}

/// What an operator costs on a device: its time and what that time goes on.
public struct OperatorCost: Hashable, Sendable {
  /// The fixed cost before the operator starts to work.
  public var launch: Duration
  /// The time of the matrix units at their peak.
  public var matrix: Duration
  /// The time of the vector units at their peak.
  public var vector: Duration
  /// The time of the memory at its peak.
  public var memory: Duration
  /// The time of the links.
  public var link: Duration

  public init(
    launch: Duration = .zero, matrix: Duration = .zero, vector: Duration = .zero,
    memory: Duration = .zero, link: Duration = .zero
  ) {
    self.launch = launch
    self.matrix = matrix
    self.vector = vector
    self.memory = memory
    self.link = link
  }

  /// The fixed cost and the longest of the others, which overlap.
  public var duration: Duration { launch + max(max(matrix, vector), max(memory, link)) }

  /// What `duration` goes on; ties go to the memory, then to the links.
  public var causes: CauseLedger {
    var ledger = CauseLedger(.launch, launch)
    let work = duration - launch
    if memory == work {
      ledger.charge(work, to: .dramBus)
    } else if link == work {
      ledger.charge(work, to: .link)
    } else {
      ledger.charge(work, to: .compute)
    }
    return ledger
  }
}

/// A device at analytic fidelity: the roofline max(FLOPs / peak, bytes / bandwidth).
public struct RooflineDevice: Sendable {
  /// The parameters.
  public let spec: RooflineDeviceSpec
  /// The peak of the memory.
  public let bandwidth: Bandwidth
  private let matrixRates: [DataType: ComputeRate]
  private let launches: [OperatorKind: Duration]

  /// Makes a device.
  ///
  /// - Throws: `DeviceError` for a rate that is not positive, an element type or a kind that is
  ///   not known.
  public init(spec: RooflineDeviceSpec, bandwidth: Bandwidth) throws(DeviceError) {
    self.spec = spec
    self.bandwidth = bandwidth
    guard bandwidth.bytesPerSecond >= 1_000_000 else {
      throw DeviceError("memory.bandwidth must be at least 1 MB/s")
    }
    var rates: [DataType: ComputeRate] = [:]
    for (name, rate) in spec.matrixRate.sorted(by: { $0.key < $1.key }) {
      guard let dtype = DataType(rawValue: name) else {
        throw DeviceError(unknownName(name, "device.matrix_rate", DataType.allCases))
      }
      guard rate.flopsPerSecond > 0 else {
        throw DeviceError("device.matrix_rate.\(name) must be positive")
      }
      rates[dtype] = rate
    }
    matrixRates = rates
    if let tile = spec.tile, tile.count < 4_096 {
      throw DeviceError("device.tile is \(tile.text); it must be at least 4 KiB")
    }
    if let rate = spec.vectorRate, rate.flopsPerSecond <= 0 {
      throw DeviceError("device.vector_rate must be positive")
    }
    var launches: [OperatorKind: Duration] = [:]
    for kind in OperatorKind.allCases { launches[kind] = spec.launch ?? .zero }
    for (name, duration) in (spec.launchByKind ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard let kind = OperatorKind(rawValue: name) else {
        throw DeviceError(unknownName(name, "device.launch_by_kind", OperatorKind.allCases))
      }
      launches[kind] = duration
    }
    guard launches.values.allSatisfy({ $0 >= .zero && $0.picoseconds <= 1_000_000_000_000 }) else {
      throw DeviceError("device.launch and device.launch_by_kind must lie between 0 and 1 s")
    }
    self.launches = launches
  }

  /// The matrix peak of an element type, or nil when the device has none.
  public func matrixRate(of dtype: DataType) -> ComputeRate? { matrixRates[dtype] }

  /// The fixed cost of an operator of `kind`.
  public func launch(of kind: OperatorKind) -> Duration { launches[kind] ?? .zero }

  /// What `op` costs when every byte moves once at the peak of the memory.
  ///
  /// - Throws: `DeviceError` when the device has no matrix peak for the element type.
  public func cost(
    of op: Operator, work: OperatorWork, traffic: OperatorTraffic
  ) throws(DeviceError) -> OperatorCost {
    var cost = OperatorCost(launch: launches[op.kind] ?? .zero)
    if work.matrix > 0 {
      let dtype = op.computeType
      guard let rate = matrixRates[dtype] else {
        let known = matrixRates.keys.map(\.rawValue).sorted().joined(separator: ", ")
        throw DeviceError(
          "operator \(op.id) ('\(op.name)') computes in \(dtype.rawValue), for which "
            + "device.matrix_rate has no peak (it has \(known)); add one")
      }
      cost.matrix = rate.duration(computing: work.matrix)
    }
    if work.vector > 0, let rate = spec.vectorRate {
      cost.vector = rate.duration(computing: work.vector)
    }
    cost.memory = bandwidth.duration(moving: traffic.total)
    return cost
  }
}

private func unknownName<T: RawRepresentable<String>>(
  _ name: String, _ key: String, _ known: [T]
) -> String {
  let names = known.map(\.rawValue)
  let near = nearestName(to: name, among: names).map { "; did you mean '\($0)'?" } ?? ""
  return "\(key): '\(name)' is not one of \(names.joined(separator: ", "))\(near)"
}

extension Operator {
  /// The element type in which the matrix units work: that of the widest input.
  ///
  /// Weights in a narrower type than the activations are converted on the way in, so the wider
  /// type decides; index inputs do not count.
  public var computeType: DataType {
    var widest: DataType?
    for tensor in inputs where tensor.dtype.isFloatingPoint || tensor.role == .weight {
      if widest.map({ $0.bits < tensor.dtype.bits }) ?? true { widest = tensor.dtype }
    }
    return widest ?? outputs.first?.dtype ?? .f16
  }
}
