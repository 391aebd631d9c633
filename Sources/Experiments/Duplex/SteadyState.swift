internal import DRAM
internal import Devices
internal import ReferenceTransformer
internal import Systems
internal import Units
internal import Workload

/// A closed loop of equal requests in its steady state.
struct ServingPoint: Hashable {
  var model: String
  var prompt: Int
  var output: Int
  var batch: Int

  /// Stages from one finished request to the next, at least one.
  var period: Int { max(1, output / batch) }

  /// The lengths of a stage: the requests stand evenly spread over their outputs, and in a mixed
  /// stage those that start process their prompts.
  func runs(isMixed: Bool) -> [RequestRun] {
    // With more requests than output tokens several start in each stage.
    let starting = isMixed ? max(1, batch / output) : 0
    var lengths: [(query: Int, kv: Int)] = []
    for slot in 0..<batch {
      if slot < starting {
        lengths.append((prompt, prompt))
      } else {
        let generated = max(1, min(output - 1, (2 * slot + 1) * output / (2 * batch)))
        lengths.append((1, prompt + generated))
      }
    }
    return makeRuns(lengths)
  }
}

/// What a system takes for the stages of a point, averaged over router draws.
struct SteadyState {
  var point: ServingPoint
  /// Seconds of a stage in which a prompt is processed.
  var mixed = 0.0
  /// Seconds of a stage in which all requests decode.
  var decode = 0.0
  /// Picojoules of each stage for each set of coefficients.
  var mixedEnergy: [Double] = []
  var decodeEnergy: [Double] = []
  /// Operations of each kind in a decode stage and the seconds that they take.
  var decodeWork: [OperatorKind: (flops: Double, seconds: Double)] = [:]

  private func mean(_ mixed: Double, _ decode: Double) -> Double {
    let period = Double(point.period)
    return (mixed + (period - 1) * decode) / period
  }

  /// Seconds of a stage.
  var stage: Double { mean(mixed, decode) }
  /// Generated tokens per second.
  var tokensPerSecond: Double { Double(point.batch) / stage }
  /// Finished requests per second.
  var requestsPerSecond: Double { tokensPerSecond / Double(point.output) }
  /// From the first prompt stage to the last token.
  var endToEnd: Double { mixed + Double(point.output - 1) * stage }
  /// The nearest-rank percentile of the time between tokens.
  func timeBetweenTokens(_ percent: Double) -> Double {
    let share = 1 / Double(point.period)
    let (low, high) = (min(mixed, decode), max(mixed, decode))
    let lowShare = mixed > decode ? 1 - share : share
    return percent / 100 <= lowShare + 1e-12 ? low : high
  }
  /// Picojoules of a generated token.
  func energyPerToken(set: Int = 0) -> Double? {
    guard mixedEnergy.indices.contains(set) else { return nil }
    return mean(mixedEnergy[set], decodeEnergy[set]) / Double(point.batch)
  }
}

/// Measures points on several systems with the same operators and router draws.
struct SteadyStateStudy {
  let architecture: TransformerArchitecture
  let systems: [(name: String, system: any TraceSystem)]
  let samples: Int
  let seed: UInt64
  let fidelity: Fidelity

  /// The steady state of every system at a point.
  func measure(_ point: ServingPoint) throws -> [String: SteadyState] {
    let capacity = point.prompt + point.output
    var emission = try StepEmission(
      ModelConfiguration(architecture: architecture), slots: point.batch,
      capacity: min(capacity, architecture.positions), fusion: .full,
      routing: Routing(.uniform, seed: seed))
    let header = TraceHeader(
      model: architecture.name, architecture: architecture.family.rawValue,
      layers: architecture.layers, dtype: architecture.dtype.rawValue, generator: "reproduce",
      seed: seed)
    var result: [String: SteadyState] = [:]
    for (name, _) in systems { result[name] = SteadyState(point: point) }
    for _ in 0..<samples {
      for isMixed in [true, false] {
        if !isMixed && point.period == 1 { continue }
        let operators = try emission.operators(
          phase: isMixed ? .mixed : .decode, runs: point.runs(isMixed: isMixed))
        for (name, system) in systems {
          let run = try system.run(
            OperatorSequence(operators), header: header,
            options: RunOptions(
              fidelity: fidelity, keepsOperators: !isMixed && name == "gpu", slowest: 0,
              channels: .symmetric))
          result[name]?.add(run, isMixed: isMixed, weight: 1 / Double(samples))
        }
      }
    }
    return result
  }
}

extension SteadyState {
  fileprivate mutating func add(_ run: SystemRun, isMixed: Bool, weight: Double) {
    let energies = run.energy.map { $0.parts.total * weight }
    if isMixed {
      mixed += run.makespan.seconds * weight
      mixedEnergy = SteadyState.sum(mixedEnergy, energies)
    } else {
      decode += run.makespan.seconds * weight
      decodeEnergy = SteadyState.sum(decodeEnergy, energies)
      for record in run.operators {
        var entry = decodeWork[record.kind] ?? (0, 0)
        entry.flops += Double(record.flops) * weight
        entry.seconds += (record.end - record.start).seconds * weight
        decodeWork[record.kind] = entry
      }
    }
  }

  private static func sum(_ left: [Double], _ right: [Double]) -> [Double] {
    left.isEmpty ? right : zip(left, right).map { $0 + $1 }
  }
}
