public import Configuration
internal import SimulationCore
public import Systems
public import Units
internal import Workload

/// A peak that a result's fractions refer to.
public struct ComputePeak: Hashable, Sendable {
  /// The element type whose matrix peak it is.
  public var dtype: DataType
  /// The peak.
  public var rate: ComputeRate
}

/// The outcome of one simulation: what `orrery simulate` prints, writes and stores.
///
/// `docs/results.md` documents each key of the JSON form.
public struct SimulationResult: Sendable {
  /// The version of the JSON form.
  public static let schema = "orrery.result/1"

  /// The name of the system.
  public var system: String
  /// The name of the model in the trace's header.
  public var model: String
  /// The trace as the user named it.
  public var trace: String
  /// How closely hardware is modelled: `analytic` or `cycle`.
  public var fidelity: String
  /// The clock that cycles are counted in.
  public var clock: ClockDomain
  /// The peak rate of the memory.
  public var peakBandwidth: Bandwidth
  /// The capacity of the memory.
  public var capacity: ByteCount
  /// The matrix peak that FLOP/s are compared with, when the system has one for the trace's type.
  public var peakCompute: ComputePeak?
  /// The run itself.
  public var run: SystemRun
  /// The resolved configuration of the system, for the record; nil leaves it out of the JSON.
  public var configuration: ConfigurationNode?

  /// The simulated time.
  public var time: Duration { run.makespan }

  /// Simulated cycles of `clock`.
  public var cycles: Cycles { clock.cycles(covering: run.makespan) }

  /// Generated tokens per second; nil when no token was generated or no time passed.
  public var tokensPerSecond: Double? {
    run.tokens > 0 ? perSecond(Double(run.tokens)) : nil
  }

  /// Bytes moved per second; nil when no time passed.
  public var bandwidth: Double? { perSecond(Double(run.traffic.total.count)) }

  /// Achieved over peak bandwidth.
  public var bandwidthFraction: Double? {
    bandwidth.map { $0 / Double(peakBandwidth.bytesPerSecond) }
  }

  /// Operations per second, vector work included; nil when no time passed.
  public var flopsPerSecond: Double? { perSecond(Double(run.work.flops)) }

  /// Achieved over peak rate.
  public var computeFraction: Double? {
    guard let flopsPerSecond, let peakCompute else { return nil }
    return flopsPerSecond / Double(peakCompute.rate.flopsPerSecond)
  }

  /// The busy share of each unit.
  public var utilization: [(unit: String, fraction: Double)] {
    guard time > .zero else { return [] }
    return run.units.filter { $0.busy > .zero || $0.name != "link" }.map {
      ($0.name, Double($0.busy.picoseconds) / Double(time.picoseconds))
    }
  }

  private func perSecond(_ amount: Double) -> Double? {
    time > .zero ? amount / Double(time.picoseconds) * 1e12 : nil
  }
}
