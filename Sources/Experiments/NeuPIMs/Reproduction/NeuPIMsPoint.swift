internal import ReferenceTransformer
internal import Systems
internal import Units
internal import Workload

/// One batch of a model on a number of devices.
struct NeuPIMsPoint: Hashable, Sendable {
  var model: String
  var tensor: Int
  var dataset: RequestDataset
  var batch: Int
  var seed: UInt64
  var machines: [NeuPIMsReproduction.Machine]

  /// The same point whatever runs it.
  var withoutMachines: NeuPIMsPoint {
    var point = self
    point.machines = []
    return point
  }

  /// A steady-state layer on every machine.
  func measure() throws -> [NeuPIMsReproduction.Machine: LayerMeasurement] {
    let one = try trace(layers: 1)
    let two = try trace(layers: 2)
    var result: [NeuPIMsReproduction.Machine: LayerMeasurement] = [:]
    for machine in machines {
      let (preset, overrides) = machine.configuration(tensor: tensor)
      let system = try SystemLoader.load(
        SystemLoader.configuration(preset, overrides: overrides))
      result[machine] = try measure(system, one, two)
    }
    return result
  }

  private typealias Trace = (header: TraceHeader, operators: [Operator])

  private func trace(layers: Int) throws -> Trace {
    var request = EmitRequest(model: model)
    request.batch = batch
    request.lengths = dataset
    request.seed = seed
    request.layers = layers
    request.fuse = .full
    return try request.emit()
  }

  private func measure(
    _ system: any TraceSystem, _ one: Trace, _ two: Trace
  ) throws -> LayerMeasurement {
    func run(_ trace: Trace) throws -> SystemRun {
      try system.run(
        OperatorSequence(trace.operators), header: trace.header,
        options: RunOptions(fidelity: .cycle, keepsOperators: false, slowest: 0))
    }
    guard let npu = system as? NeuPIMsSystem else {
      // The second layer is what two take longer than one.
      let layer = try run(two).makespan - run(one).makespan
      return LayerMeasurement(seconds: layer.seconds)
    }
    let isInterleaved = npu.spec.attention.interleaves
    let trace = isInterleaved ? two : one
    let result = try run(trace)
    func span(_ first: String, _ last: String) -> Double? {
      guard let start = result.stages.first(where: { $0.name == first })?.start,
        let end = result.stages.first(where: { $0.name == last })?.end
      else { return nil }
      return (end - start).seconds
    }
    let steady = isInterleaved ? span("C", "D") : nil
    guard let seconds = steady ?? span("A", "E") else {
      throw SystemError("'\(system.name)' gave no stages of a layer")
    }
    return LayerMeasurement(
      seconds: seconds, npuUse: npuUse(trace, npu, seconds: seconds),
      pimUse: pimUse(result, npu, layers: isInterleaved ? 2 : 1, seconds: seconds),
      memoryPower: power(result), plainMemoryPower: power(result, isPlain: true))
  }

  /// Operations of a layer's matrix products over what the arrays can do in its time.
  private func npuUse(_ trace: Trace, _ system: NeuPIMsSystem, seconds: Double) -> Double? {
    let work = trace.operators.filter { op in
      switch op.operation {
      case .gemm, .gemv: op.layer == 0
      default: false
      }
    }.reduce(0.0) { $0 + Double($1.work.matrix) }
    return system.matrixPeak(of: .f16).map { work / (Double($0.flopsPerSecond) * seconds) }
  }

  /// Bytes that the multipliers took from their rows, over what all banks give in the time of a layer.
  private func pimUse(
    _ run: SystemRun, _ system: NeuPIMsSystem, layers: Int, seconds: Double
  ) -> Double? {
    guard let pim = run.pim, system.spec.attention.unit == .pim else { return nil }
    let peak = Double(pim.internalPeak.bytesPerSecond)
    return Double(pim.internalTraffic.total.count) / Double(layers) / (peak * seconds)
  }

  /// Watts of the memory of one device; `isPlain` leaves out what a memory without PIM does not have.
  private func power(_ run: SystemRun, isPlain: Bool = false) -> Double? {
    guard let pim = run.pim, run.makespan > .zero else { return nil }
    let terms = pim.energy.filter { !isPlain || !$0.name.hasPrefix("pim_") }
    let joules = terms.reduce(0) { $0 + $1.energy.picojoules } * 1e-12 / Double(tensor)
    return joules / run.makespan.seconds
  }
}

/// What a steady-state layer took on a machine.
struct LayerMeasurement: Sendable {
  var seconds: Double
  /// Fractions of peaks, where there is an NPU or PIM.
  var npuUse: Double?
  var pimUse: Double?
  /// Watts of the memory of a device, with and without what PIM adds.
  var memoryPower: Double?
  var plainMemoryPower: Double?
}

/// Measured points by machine, averaged over samples.
struct NeuPIMsTable {
  typealias Machine = NeuPIMsReproduction.Machine

  /// A point whatever its sample.
  struct Key: Hashable {
    var model: String
    var tensor: Int
    var dataset: RequestDataset
    var batch: Int
  }

  private var entries: [Key: [Machine: [LayerMeasurement]]] = [:]

  mutating func add(_ measured: [Machine: LayerMeasurement], at point: NeuPIMsPoint) {
    let key = Key(
      model: point.model, tensor: point.tensor, dataset: point.dataset, batch: point.batch)
    for (machine, value) in measured {
      entries[key, default: [:]][machine, default: []].append(value)
    }
  }

  /// All points, in a fixed order.
  var keys: [Key] {
    entries.keys.sorted {
      ($0.model, $0.tensor, $0.dataset.rawValue, $0.batch)
        < ($1.model, $1.tensor, $1.dataset.rawValue, $1.batch)
    }
  }

  /// The mean of a figure over the samples of a point; nil where it was not measured.
  func mean(
    _ figure: (LayerMeasurement) -> Double?, _ machine: Machine, _ key: Key
  ) -> Double? {
    guard let samples = entries[key]?[machine] else { return nil }
    let values = samples.compactMap(figure)
    return values.isEmpty ? nil : values.sorted().reduce(0, +) / Double(values.count)
  }

  /// How much faster a machine is than another.
  func gain(_ machine: Machine, over other: Machine, _ key: Key) -> Double? {
    guard let fast = mean({ $0.seconds }, machine, key), let slow = mean({ $0.seconds }, other, key)
    else { return nil }
    return slow / fast
  }

  /// Everything measured, a row a point and machine.
  var rows: [ReproductionPoint] {
    keys.flatMap { key in
      Machine.allCases.compactMap { machine -> ReproductionPoint? in
        guard let seconds = mean({ $0.seconds }, machine, key) else { return nil }
        var values = [("layer_us", seconds * 1e6)]
        for (name, value) in [
          ("npu_use", mean(\.npuUse, machine, key)), ("pim_use", mean(\.pimUse, machine, key)),
          ("memory_watts", mean(\.memoryPower, machine, key)),
        ] {
          if let value { values.append((name, value)) }
        }
        return ReproductionPoint(
          labels: [
            ("model", key.model), ("devices", "\(key.tensor)"), ("requests", key.dataset.rawValue),
            ("batch", "\(key.batch)"),
            ("system", machine.rawValue),
          ], values: values)
      }
    }
  }
}
