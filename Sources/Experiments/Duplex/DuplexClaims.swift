internal import Devices
internal import Systems
internal import Units
internal import Workload

/// The claims of the evaluation section, computed from measured points.
struct DuplexClaims {
  let table: MeasurementTable
  let systems: [String: any TraceSystem]

  private static let mixtral = "mixtral-8x7b"
  private static let glam = "glam-143b"
  private static let grok = "grok1-314b"

  var all: [PublishedClaim] {
    throughput + latency + bankPIM + energy + [utilization, experts, energyDelayArea]
  }

  private var moePoints: [ServingPoint] {
    [Self.mixtral, Self.glam, Self.grok].flatMap { table.grid($0) }
  }

  private func point(_ model: String, _ length: Int, _ batch: Int) -> ServingPoint {
    ServingPoint(model: model, prompt: length, output: length, batch: batch)
  }

  private func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(max(1, values.count))
  }

  private var throughput: [PublishedClaim] {
    let best = moePoints.map { table.gain("+pe+et", over: "gpu", $0) }
    let pe = moePoints.map { table.gain("+pe", over: "duplex", $0) }
    let et = moePoints.map { table.gain("+pe+et", over: "duplex", $0) }
    let wins = moePoints.count { table.gain("+pe+et", over: "2xgpu", $0) > 1 }
    let grokGain = mean(table.grid(Self.grok).map { table.gain("+pe+et", over: "gpu", $0) })
    let mixtralGain = mean(
      table.grid(Self.mixtral).map { table.gain("+pe+et", over: "gpu", $0) })
    let plain = DuplexReproduction.batches.map {
      table.gain("duplex", over: "gpu", point(Self.mixtral, 4096, $0))
    }
    let grid = "27 points of three mixture models"
    return [
      PublishedClaim(
        "E1", "throughput of +PE+ET over the GPU, greatest", published: 2.67,
        ours: best.max() ?? 0, unit: "x", assumption: grid),
      PublishedClaim(
        "E2", "throughput of +PE+ET over the GPU, average", published: 2.07, ours: mean(best),
        unit: "x", assumption: grid + ", arithmetic mean"),
      PublishedClaim(
        "E3", "plain Duplex over the GPU, Mixtral (4096, 4096), greatest", published: 2.51,
        ours: plain.max() ?? 0, unit: "x", assumption: "over batches 32, 64, 128"),
      PublishedClaim(
        "E4", "+PE over plain Duplex, average", published: 1.04, ours: mean(pe), unit: "x",
        assumption: grid),
      PublishedClaim(
        "E5", "+PE+ET over plain Duplex, greatest", published: 1.36, ours: et.max() ?? 0,
        unit: "x", assumption: grid),
      PublishedClaim(
        "E6", "beats twice the GPUs in most cases", published: "most",
        ours: "\(wins) of \(moePoints.count)", agrees: 2 * wins > moePoints.count,
        assumption: "+PE+ET, " + grid),
      PublishedClaim(
        "E7", "the gain of Grok-1 is smaller", published: "smaller",
        ours: "Grok-1 \(text(grokGain))x, Mixtral \(text(mixtralGain))x",
        agrees: grokGain < mixtralGain, assumption: "InfiniBand of 50 GB/s a device"),
    ]
  }

  private var latency: [PublishedClaim] {
    let glam = [512, 1024, 2048].map { point(Self.glam, $0, 64) }
    func change(_ other: String, _ of: (SteadyState) -> Double) -> [Double] {
      glam.map {
        100 * (of(table.state("+pe+et", $0)) / of(table.state(other, $0)) - 1)
      }
    }
    let endToEnd = moePoints.map {
      table.state("gpu", $0).endToEnd / table.state("+pe+et", $0).endToEnd
    }
    let open = ServingPoint(model: Self.mixtral, prompt: 4096, output: 512, batch: 128)
    let b64 = "+PE+ET at batch 64, first tokens without waiting"
    return [
      PublishedClaim(
        "E8", "GLaM median time between tokens against the GPU", published: -58.3,
        ours: mean(change("gpu") { $0.timeBetweenTokens(50) }), unit: " %", assumption: b64),
      PublishedClaim(
        "E9a", "GLaM Lin 512: p99 time between tokens against 2xGPU", published: -16.74,
        ours: change("2xgpu") { $0.timeBetweenTokens(99) }[0], unit: " %", assumption: b64),
      PublishedClaim(
        "E9b", "GLaM Lin 512: median time to the first token against 2xGPU", published: -26.17,
        ours: change("2xgpu", \.mixed)[0], unit: " %", assumption: b64),
      PublishedClaim(
        "E10a", "GLaM end-to-end time against the GPU", published: -60.20,
        ours: mean(change("gpu", \.endToEnd)), unit: " %", assumption: b64),
      PublishedClaim(
        "E10b", "GLaM end-to-end time against 2xGPU", published: -35.38,
        ours: mean(change("2xgpu", \.endToEnd)), unit: " %", assumption: b64),
      PublishedClaim(
        "E11", "end-to-end time of the GPU over +PE+ET, greatest", published: 2.57,
        ours: endToEnd.max() ?? 0, unit: "x", assumption: "27 points"),
      PublishedClaim(
        "E12a", "requests/s at which the GPU saturates, Mixtral (4096, 512)", published: 9,
        ours: table.state("gpu", open).requestsPerSecond, unit: "", within: 0.25,
        assumption: "rate of the closed loop of 128 requests"),
      PublishedClaim(
        "E12b", "requests/s at which Duplex saturates", published: 14,
        ours: table.state("+pe+et", open).requestsPerSecond, unit: "", within: 0.1,
        assumption: "rate of the closed loop of 128 requests, +PE+ET"),
    ]
  }

  private var bankPIM: [PublishedClaim] {
    let mixtral = table.grid(Self.mixtral)
    let over = mixtral.map { table.gain("+pe+et", over: "bank-pim", $0) }
    let small = point(Self.mixtral, 256, 64)
    let llama = point("llama3-70b", 1024, 32)
    let opt = point("opt-66b", 512, 32)
    func order(_ point: ServingPoint) -> (duplex: Double, bank: Double) {
      (
        table.gain("duplex", over: "gpu", point), table.gain("bank-pim", over: "gpu", point)
      )
    }
    let (llamaOrder, optOrder) = (order(llama), order(opt))
    return [
      PublishedClaim(
        "E13", "Bank-PIM over the GPU, Mixtral (4096, 4096) batch 32", published: 2.17,
        ours: table.gain("bank-pim", over: "gpu", point(Self.mixtral, 4096, 32)), unit: "x",
        within: 0.05, assumption: "one processor at a time, chosen by roofline time"),
      PublishedClaim(
        "E14a", "Bank-PIM over the GPU, Mixtral (256, 256) batch 64", published: 1.18,
        ours: table.gain("bank-pim", over: "gpu", small), unit: "x", within: 0.15,
        assumption: "as E13"),
      PublishedClaim(
        "E14b", "Duplex over the GPU at the same point", published: 2.05,
        ours: table.gain("+pe+et", over: "gpu", small), unit: "x", within: 0.15,
        assumption: "+PE+ET"),
      PublishedClaim(
        "E15a", "Duplex over Bank-PIM, Mixtral, greatest", published: 1.80,
        ours: over.max() ?? 0, unit: "x", assumption: "+PE+ET, 9 points"),
      PublishedClaim(
        "E15b", "Duplex over Bank-PIM, Mixtral, average", published: 1.49, ours: mean(over),
        unit: "x", assumption: "+PE+ET, 9 points"),
      PublishedClaim(
        "E16", "Llama 3 favours Duplex, OPT favours Bank-PIM", published: "so",
        ours: "Llama 3: \(text(llamaOrder.duplex))x and \(text(llamaOrder.bank))x; OPT: "
          + "\(text(optOrder.duplex))x and \(text(optOrder.bank))x over the GPU",
        agrees: llamaOrder.duplex > llamaOrder.bank && optOrder.bank > optOrder.duplex,
        assumption: "batch 32, (1024, 1024) and (512, 512)"),
    ]
  }

  private func energySaving(_ point: ServingPoint, set: Int) -> Double? {
    guard let gpu = table.state("gpu", point).energyPerToken(),
      let duplex = table.state("+pe+et", point).energyPerToken(set: set)
    else { return nil }
    return 100 * (duplex / gpu - 1)
  }

  private var energy: [PublishedClaim] {
    var claims: [PublishedClaim] = []
    let published = [(Self.mixtral, -33.28), (Self.glam, -42.03), (Self.grok, -34.59)]
    for (index, (model, value)) in published.enumerated() {
      let savings = table.grid(model).compactMap { energySaving($0, set: 0) }
      let other = table.grid(model).compactMap { energySaving($0, set: 1) }
      claims.append(
        PublishedClaim(
          "E17\(["a", "b", "c"][index])", "energy of a token against the GPU, greatest: \(model)",
          published: value, ours: savings.min() ?? 0, unit: " %", within: 5 / abs(value),
          assumption: "+PE+ET; with the path-by-path coefficient \(text(other.min() ?? 0)) %; no "
            + "link, static or refresh energy"))
    }
    let all = moePoints.compactMap { energySaving($0, set: 0) }
    claims.append(
      PublishedClaim(
        "E17d", "energy of a token against the GPU, average", published: -28.19,
        ours: mean(all), unit: " %", within: 5 / 28.19, assumption: "27 points"))
    claims.append(energyTrend)
    return claims
  }

  private var energyTrend: PublishedClaim {
    var grows = 0
    var shrinks = 0
    var pairs = (length: 0, batch: 0)
    for model in [Self.mixtral, Self.grok] {
      for batch in DuplexReproduction.batches {
        let row = [256, 1024, 4096].compactMap { energySaving(point(model, $0, batch), set: 0) }
        for (left, right) in zip(row, row.dropFirst()) {
          pairs.length += 1
          if right <= left { grows += 1 }
        }
      }
      for length in [256, 1024, 4096] {
        let row = DuplexReproduction.batches.compactMap {
          energySaving(point(model, length, $0), set: 0)
        }
        for (left, right) in zip(row, row.dropFirst()) {
          pairs.batch += 1
          if right >= left { shrinks += 1 }
        }
      }
    }
    return PublishedClaim(
      "E18", "the energy gain grows with length and shrinks with batch", published: "so",
      ours: "grows in \(grows) of \(pairs.length) steps of length, shrinks in \(shrinks) of "
        + "\(pairs.batch) steps of batch",
      agrees: grows == pairs.length && shrinks == pairs.batch,
      assumption: "Mixtral and Grok-1, +PE+ET")
  }

  private var utilization: PublishedClaim {
    var experts = 0.0
    var attention = 0.0
    for point in moePoints {
      let state = table.state("gpu", point)
      let devices = DuplexReproduction.models.first { $0.name == point.model }?.devices ?? 1
      let peak = 989.4e12 * Double(devices)
      func share(_ kind: OperatorKind) -> Double {
        guard let work = state.decodeWork[kind], work.seconds > 0 else { return 0 }
        return 100 * work.flops / work.seconds / peak
      }
      experts = max(experts, share(.expertFFN))
      attention = max(attention, share(.attention))
    }
    return PublishedClaim(
      "E19", "compute utilisation of the GPU in decode stages",
      published:
        "experts below 11 %, attention at most 2.06 %",
      ours: "experts at most \(text(experts)) %, attention at most \(text(attention)) %",
      agrees: experts < 11 && attention <= 2.06,
      assumption: "27 points; the time of experts includes their all-reduce")
  }

  private var experts: PublishedClaim {
    guard let duplex = systems["duplex"] as? XPUPIMSystem,
      let bank = systems["bank-pim"] as? XPUPIMSystem
    else { preconditionFailure("duplex and bank-pim are hybrid systems") }
    func last(_ isFaster: (Int) -> Bool) -> Int { (1...128).last(where: isFaster) ?? 0 }
    func time(_ system: XPUPIMSystem, _ tokens: Int) -> Duration {
      let cost = try? system.device.pimCost(
        .product(m: tokens, k: 4096, n: 14336, weights: .f16, activations: .f16), energy: nil)
      return cost?.duration ?? .zero
    }
    func xpu(_ tokens: Int) -> Duration {
      let cost = try? duplex.device.xpuCost(
        .product(m: tokens, k: 4096, n: 14336, weights: .f16, activations: .f16), dtype: .f16)
      return cost?.duration ?? .zero
    }
    let logic = last { time(duplex, $0) <= xpu($0) }
    let banks = last { time(bank, $0) <= time(duplex, $0) }
    return PublishedClaim(
      "X1", "tokens of an expert up to which Logic-PIM beats the xPU, and Bank-PIM Logic-PIM",
      published: "32 and 4", ours: "\(logic) and \(banks)", agrees: logic == 32 && banks == 4,
      assumption: "weights of 4096 x 14336 in FP16")
  }
}
