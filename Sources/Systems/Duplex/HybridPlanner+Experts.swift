internal import Devices
internal import SimulationCore
internal import Units
internal import Workload

/// One expert with some tokens on each processor of one device.
struct ExpertCost {
  var xpu = CauseLedger()
  var pim = CauseLedger()
  var xpuWork = KernelWork()
  var pimWork = KernelWork()
  var xpuCommands = CommandTally()
  var pimCommands = CommandTally()
}

/// What experts cost, by their tokens; experts of the same shape share the answers.
struct ExpertTimeCache {
  struct Shape: Hashable {
    var hidden: Int
    var intermediate: Int
    var matrices: Int
    var function: ActivationFunction
    var weights: DataType
    var activations: DataType
    var compute: DataType
  }

  private var shape: Shape?
  private var costs: [Int: ExpertCost] = [:]

  mutating func cost(
    tokens: Int, shape: Shape, make: () throws -> ExpertCost
  ) rethrows -> ExpertCost {
    if shape != self.shape {
      self.shape = shape
      costs.removeAll(keepingCapacity: true)
    }
    if let known = costs[tokens] { return known }
    let cost = try make()
    costs[tokens] = cost
    return cost
  }
}

extension HybridPlanner {
  /// The networks of a mixture: experts dealt to groups of devices, each divided over its group.
  mutating func planExperts(_ op: Operator, _ ffn: ExpertFFN) throws -> PlannedOperator {
    let experts = ffn.tokensPerExpert.count
    let groups = try grid.expertGroups(experts: experts)
    let parts = grid.expertDevices / groups
    let activations = op.inputs.first { $0.role == .activation }?.dtype ?? op.computeType
    let shape = ExpertTimeCache.Shape(
      hidden: ffn.hidden, intermediate: dividedUp(ffn.intermediate, by: parts),
      matrices: ffn.matrices, function: ffn.function,
      weights: op.inputs.first { $0.role == .weight }?.dtype ?? activations,
      activations: activations, compute: op.computeType)
    var planned = PlannedOperator()
    let tokens = op.inputs.first { $0.role == .activation }?.shape.first ?? op.requests.tokenCount
    addScatter(ffn, groups: groups, tokens: tokens, dtype: activations, to: &planned)

    var xpu: [CauseLedger] = []
    var pim: [CauseLedger] = []
    var tokensOnPIM = 0
    var optimum = Duration.zero
    let turn = footprint.turn(ofExperts: op)
    planned.xpuSpaces = [Int](repeating: 0, count: spaces.count)
    planned.pimSpaces = planned.xpuSpaces
    // Where the experts lie on the devices that take longest.
    var slowest = (time: Duration.zero, xpu: [Double](), pim: [Double]())
    for group in 0..<groups {
      let first = dividedUp(group * experts, by: groups)
      let last = dividedUp((group + 1) * experts, by: groups)
      let local = Array(ffn.tokensPerExpert[first..<last])
      var costs: [ExpertCost] = []
      for count in local { costs.append(try cost(tokens: count, shape)) }
      let onPIM = try choose(local, costs, dtype: shape.compute, shape: shape)
      var sums = (xpu: CauseLedger(), pim: CauseLedger())
      var places = (
        xpu: [Double](repeating: 0, count: spaces.count),
        pim: [Double](repeating: 0, count: spaces.count)
      )
      for index in local.indices {
        let space = spaces.ofExpert(index, of: local.count, turn: turn)
        if onPIM[index] {
          sums.pim.add(costs[index].pim)
          planned.pimWork += costs[index].pimWork * parts
          planned.commands += costs[index].pimCommands * parts
          planned.pimSpaces[space] += costs[index].pimWork.bytes * parts
          places.pim[space] += Double(costs[index].pim.total.picoseconds)
          tokensOnPIM += local[index]
        } else {
          sums.xpu.add(costs[index].xpu)
          planned.xpuWork += costs[index].xpuWork * parts
          planned.commands += costs[index].xpuCommands * parts
          planned.xpuSpaces[space] += costs[index].xpuWork.bytes * parts
          places.xpu[space] += Double(costs[index].xpu.total.picoseconds)
        }
      }
      let time = max(sums.xpu.total, sums.pim.total)
      if time > slowest.time { slowest = (time, places.xpu, places.pim) }
      xpu.append(sums.xpu)
      pim.append(sums.pim)
      if showsOptimum { optimum = max(optimum, self.optimum(costs) ?? .zero) }
    }
    if showsOptimum, spec.schedule.coprocessesExperts, device.hasPIM(for: shape.compute) {
      let chosen = zip(xpu, pim).map { max($0.total, $1.total) }.max() ?? .zero
      expertLoad.addDivision(chosen: chosen, optimum: optimum)
    }
    try addExpertTasks(xpu: xpu, pim: pim, spaces: (slowest.xpu, slowest.pim), to: &planned)
    if spec.schedule.reducesStacks, tokensOnPIM > 0 {
      try addStackReduction(tokensOnPIM, groups: groups, shape, to: &planned)
    }
    addGather(
      ffn, groups: groups, parts: parts, tokens: tokens, dtype: activations, requests: op.requests,
      to: &planned)
    return planned
  }

  /// The least time in which both processors can do a device's experts; nil where there are too many.
  private func optimum(_ costs: [ExpertCost]) -> Duration? {
    let times = ExpertTimes(xpu: costs.map(\.xpu.total), pim: costs.map(\.pim.total))
    return ExpertSplit.optimal(times: times).map { times.makespan(onPIM: $0) }
  }

  /// Both processors at once, each as long as its slowest device; or one after the other, as long as
  /// the slowest device takes for both.
  private func addExpertTasks(
    xpu: [CauseLedger], pim: [CauseLedger], spaces: (xpu: [Double], pim: [Double]),
    to planned: inout PlannedOperator
  ) throws {
    let launch = device.launch(of: .expertFFN)
    if spec.schedule.coprocessesExperts {
      try appendTogether(
        xpu: PlannedTask(slowestOf: xpu, on: .xpu, launch: launch),
        pim: PlannedTask(slowestOf: pim, on: .pim, launch: .zero),
        spaces: spaces,
        to: &planned)
      return
    }
    var slowest = 0
    var sums = [Duration](repeating: .zero, count: xpu.count)
    for index in xpu.indices {
      sums[index] = xpu[index].total + pim[index].total
      if sums[index] > sums[slowest] { slowest = index }
    }
    guard let longest = sums.max(), longest > .zero else { return }
    let mean = dividedUp(sums.reduce(0) { $0 + $1.picoseconds }, by: sums.count)
    // The excess over the mean is imbalance, in both parts alike.
    for (unit, ledger) in [(HybridUnit.xpu, xpu[slowest]), (.pim, pim[slowest])] {
      let share = ledger.total.picoseconds
      if share == 0 { continue }
      let (useful, _) = longest.picoseconds.dividingFullWidth(share.multipliedFullWidth(by: mean))
      var causes = ledger.scaled(to: Duration(picoseconds: min(share, useful)))
      causes.charge(ledger.total - causes.total, to: .loadImbalance)
      let fixed = unit == .xpu ? launch : .zero
      causes.charge(fixed, to: .launch)
      planned.append(
        PlannedTask(unit: unit, duration: ledger.total + fixed, causes: causes))
    }
  }

  /// What an expert with `tokens` costs on each processor.
  private mutating func cost(
    tokens: Int, _ shape: ExpertTimeCache.Shape
  ) throws -> ExpertCost {
    let device = device
    let energy = spec.energy?.first
    let inBundles = device.spec.pim != nil && spec.commandLevel?.expertsInBundles ?? true
    return try expertTimes.cost(tokens: tokens, shape: shape) {
      var cost = ExpertCost()
      if tokens == 0 { return cost }
      let up = KernelWork.product(
        m: tokens, k: shape.hidden, n: shape.intermediate, weights: shape.weights,
        activations: shape.activations)
      let down = KernelWork.product(
        m: tokens, k: shape.intermediate, n: shape.hidden, weights: shape.weights,
        activations: shape.activations)
      let isGated = shape.matrices == 3
      let elements = tokens * shape.intermediate
      let operations = (VectorCost.activation(shape.function) + (isGated ? 1 : 0)) * elements
      let hasPIM = device.hasPIM(for: shape.compute)
      for (kernel, count) in [(up, shape.matrices - 1), (down, 1)] {
        let work = device.onXPU(kernel)
        let onXPU = try device.xpuCost(work, dtype: shape.compute, isBundled: inBundles)
        for _ in 0..<count { cost.xpu.add(onXPU.causes) }
        cost.xpuWork += work * count
        cost.xpuCommands += onXPU.commands * count
        if hasPIM {
          let onPIM = try device.pimCost(kernel, energy: energy)
          for _ in 0..<count { cost.pim.add(onPIM.causes) }
          cost.pimWork += kernel * count
          cost.pimCommands += onPIM.commands * count
        }
      }
      // The units on the logic die apply the activation on the way; the xPU runs another kernel,
      // unless the product does it.
      cost.pimWork.vector += operations
      cost.xpuWork.vector += operations
      if !device.isEpilogue(.activation) {
        let pass = KernelWork(
          vector: operations, read: shape.activations.bytes((isGated ? 2 : 1) * elements),
          written: shape.activations.bytes(elements))
        let onXPU = try device.xpuCost(pass, dtype: shape.compute)
        cost.xpu.add(onXPU.causes)
        cost.xpuWork.read += pass.read
        cost.xpuWork.written += pass.written
        cost.xpuCommands += onXPU.commands
      }
      return cost
    }
  }

  /// Which of a device's experts go to PIM.
  private func choose(
    _ tokens: [Int], _ costs: [ExpertCost], dtype: DataType, shape: ExpertTimeCache.Shape
  ) throws -> [Bool] {
    let schedule = spec.schedule
    let isApart = spec.separatePIMDevices != nil
    guard device.hasPIM(for: dtype) else {
      guard !isApart else {
        throw SystemError(
          "system '\(spec.name)' keeps experts on PIM devices, which do not multiply "
            + dtype.rawValue)
      }
      return tokens.map { _ in false }
    }
    if isApart || schedule.experts == .pim { return tokens.map { _ in true } }
    if schedule.experts == .xpu { return tokens.map { _ in false } }
    guard schedule.coprocessesExperts else {
      return costs.map { $0.pim.total <= $0.xpu.total }
    }
    let times = ExpertTimes(xpu: costs.map(\.xpu.total), pim: costs.map(\.pim.total))
    switch schedule.expertSplit {
    case .fewestToPIM:
      return ExpertSplit.fewestToPIM(
        tokens: tokens, times: times, spaces: schedule.memorySpaces ?? 0)
    case .mostToXPU:
      return ExpertSplit.mostToXPU(
        tokens: tokens, estimate: estimate(dtype: dtype), spaces: schedule.memorySpaces ?? 0)
    case .optimal:
      guard let choice = ExpertSplit.optimal(times: times) else {
        throw SystemError(
          "schedule.expert_split: optimal takes at most \(ExpertSplit.optimalLimit) experts a "
            + "device, here are \(tokens.count); use another rule")
      }
      return choice
    }
  }

  private func estimate(dtype: DataType) -> ExpertEstimate {
    let bandwidth = Double(device.bandwidth.bytesPerSecond)
    let pimBandwidth = Double(device.pimBandwidth?.bytesPerSecond ?? 1)
    let pimRate = Double(device.pimRate?.flopsPerSecond ?? 1)
    let xpuRate = Double(device.matrixRate(of: dtype)?.flopsPerSecond ?? 1)
    // Operations per weight byte: a token does two operations for each element.
    let perByte = 2 * 8 / Double(dtype.bits)
    return ExpertEstimate(
      bandwidthMultiple: pimBandwidth / bandwidth, pimRidge: pimRate / pimBandwidth / perByte,
      xpuRidge: xpuRate / bandwidth / perByte,
      efficiency: spec.schedule.splitEfficiency ?? 0.75)
  }

  /// The xPU adds the parts that the stacks of a device have computed.
  private func addStackReduction(
    _ tokens: Int, groups: Int, _ shape: ExpertTimeCache.Shape,
    to planned: inout PlannedOperator
  ) throws {
    let elements = dividedUp(tokens, by: groups) * shape.hidden
    let kernel = KernelWork(
      vector: device.spec.stacks * elements,
      read: shape.activations.bytes(device.spec.stacks * elements),
      written: shape.activations.bytes(elements))
    let cost = try device.xpuCost(kernel, dtype: shape.compute)
    planned.append(PlannedTask(.xpu, cost))
    planned.xpuWork += kernel * grid.expertDevices
    planned.commands += cost.commands * grid.expertDevices
  }
}
