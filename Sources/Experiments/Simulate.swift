internal import Devices
internal import SimulationCore
internal import Systems
internal import Units
public import Workload

/// Why a simulation that could be run was refused.
public struct SimulationRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: what is wrong and how to mend it.
  public let description: String
}

/// Runs a trace on a system and makes the result.
public struct Simulate: Sendable {
  /// The system.
  public var system: LoadedSystem
  /// Whether a model that does not fit the memory is run all the same.
  public var allowsOversubscription: Bool
  /// Whether the result lists every operator.
  public var keepsOperators: Bool

  public init(
    system: LoadedSystem, allowsOversubscription: Bool = false, keepsOperators: Bool = true
  ) {
    self.system = system
    self.allowsOversubscription = allowsOversubscription
    self.keepsOperators = keepsOperators
  }

  /// Simulates the operators of `source`.
  ///
  /// - Parameters:
  ///   - header: the header of the trace.
  ///   - trace: the trace as the user named it, for the result.
  /// - Throws: what the source throws; `SystemError` or `DeviceError` when an operator cannot run on
  ///   the system; `SimulationRefusal` when the trace's tensors do not fit the memory.
  public func run(
    _ source: consuming some OperatorSource & ~Copyable, header: TraceHeader, trace: String
  ) throws -> SimulationResult {
    switch system {
    case .roofline(let roofline):
      let run = try roofline.run(source, keepsOperators: keepsOperators)
      let capacity = roofline.spec.memory.capacity
      try check(run.footprint, capacity: capacity, name: roofline.spec.name)
      let dtype = DataType(rawValue: header.dtype)
      let peak = dtype.flatMap { dtype in
        roofline.device.matrixRate(of: dtype).map { ComputePeak(dtype: dtype, rate: $0) }
      }
      return SimulationResult(
        system: roofline.spec.name, model: header.model, trace: trace, fidelity: "analytic",
        clock: ClockDomain(
          name: roofline.spec.clock.name, frequency: roofline.spec.clock.frequency),
        peakBandwidth: roofline.spec.memory.bandwidth, capacity: capacity, peakCompute: peak,
        run: run)
    }
  }

  private func check(_ footprint: Footprint, capacity: ByteCount, name: String) throws {
    guard !allowsOversubscription, footprint.total > capacity else { return }
    throw SimulationRefusal(
      description:
        "the trace needs \(footprint.total.count) bytes (weights \(footprint.weights.count), KV "
        + "\(footprint.kv.count), state \(footprint.state.count), activations "
        + "\(footprint.activations.count)) and the memory of '\(name)' holds \(capacity.count) "
        + "(\(capacity.text)); use a larger memory or --allow-oversubscription")
  }
}
