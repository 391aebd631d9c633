internal import Devices
internal import SimulationCore
public import Systems
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
  public var system: any TraceSystem
  /// Fidelity and what the result keeps.
  public var options: RunOptions
  /// Whether a model that does not fit the memory is run all the same.
  public var allowsOversubscription: Bool

  public init(
    system: any TraceSystem, options: RunOptions = RunOptions(),
    allowsOversubscription: Bool = false
  ) {
    self.system = system
    self.options = options
    self.allowsOversubscription = allowsOversubscription
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
    var options = options
    options.allowsOversubscription = allowsOversubscription
    let run = try system.run(source, header: header, options: options)
    try check(run.footprint)
    try check(run)
    let peak = DataType(rawValue: header.dtype).flatMap { dtype in
      system.matrixPeak(of: dtype).map { ComputePeak(dtype: dtype, rate: $0) }
    }
    return SimulationResult(
      system: system.name, model: header.model, trace: trace,
      fidelity: options.fidelity.rawValue, clock: system.clock,
      peakBandwidth: run.peakBandwidth ?? system.peakBandwidth,
      capacity: system.capacity, peakCompute: peak, run: run)
  }

  private func check(_ run: SystemRun) throws {
    guard !allowsOversubscription, let refusal = run.spaceRefusal(system: system.name) else {
      return
    }
    throw refusal
  }

  private func check(_ footprint: Footprint) throws {
    guard !allowsOversubscription, footprint.total > system.capacity else { return }
    throw SimulationRefusal(
      description:
        "the trace needs \(footprint.total.count) bytes (weights \(footprint.weights.count), KV "
        + "\(footprint.kv.count), state \(footprint.state.count), activations "
        + "\(footprint.activations.count)) and the memory of '\(system.name)' holds "
        + "\(system.capacity.count) (\(system.capacity.text)); use a larger memory or "
        + "--allow-oversubscription")
  }
}
