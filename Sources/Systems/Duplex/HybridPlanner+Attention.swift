internal import Devices
internal import SimulationCore
internal import Units
internal import Workload

/// What part of attention an operator does.
private enum AttentionWorkPart {
  case whole, scores, softmax, context
}

extension HybridPlanner {
  /// Attention: prefilling requests on the xPU, decoding ones where the schedule says.
  func planAttention(_ op: Operator) throws -> PlannedOperator {
    let attention: Attention
    let part: AttentionWorkPart
    switch op.operation {
    case .attention(let parameters):
      attention = parameters
      part =
        switch parameters.part {
        case .whole: .whole
        case .scores: .scores
        case .context: .context
        }
    case .softmax(.attention(let parameters)):
      attention = parameters
      part = .softmax
    default: preconditionFailure("not attention")
    }
    let dtype = op.computeType
    var planned = PlannedOperator()
    var prefill: [KernelCost] = []
    var decodeOnXPU: [KernelCost] = []
    var decodeOnPIM: [KernelCost] = []
    var work: [(prefill: KernelWork, decodeX: KernelWork, decodeP: KernelWork)] = []
    let shape = AttentionShape(op: op, attention: attention, part: part)
    for runs in RequestDivision.deal(op.requests, groups: grid.data) {
      let decoding = runs.filter { $0.isDecoding(in: op.phase) }
      let prompts = runs.filter { !$0.isDecoding(in: op.phase) }
      let kernels = (
        prefill: shape.work(prompts, devices: grid.tensor, chargesScores: scoresOnXPU(part)),
        decodeX: shape.work(decoding, devices: grid.tensor, chargesScores: scoresOnXPU(part)),
        decodeP: shape.pimWork(
          decoding, devices: grid.attentionTensor,
          chargesScores: device.spec.pim?.chargesScores ?? false)
      )
      work.append(kernels)
      prefill.append(try device.xpuCost(kernels.prefill, dtype: dtype))
      decodeOnXPU.append(try device.xpuCost(kernels.decodeX, dtype: dtype))
      if device.hasPIM(for: dtype) {
        decodeOnPIM.append(try device.pimCost(kernels.decodeP, energy: spec.energy?.first))
      }
    }
    let launch = device.launch(of: op.kind)
    let usesPIM = decodesOnPIM(xpu: decodeOnXPU, pim: decodeOnPIM)
    for kernels in work {
      planned.xpuWork += kernels.prefill * grid.tensor
      if usesPIM {
        planned.pimWork += kernels.decodeP * grid.attentionTensor
      } else {
        planned.xpuWork += kernels.decodeX * grid.tensor
      }
    }
    let prefillTask = PlannedTask(slowestOf: prefill, on: .xpu, launch: launch)
    if spec.schedule.chargesMigration ?? false, device.hasPIM(for: dtype) {
      try addMigration(shape, op, dtype: dtype, to: &planned)
    }
    guard usesPIM else {
      let both = zip(prefill, decodeOnXPU).map { [$0, $1] }
      planned.append(PlannedTask(slowestOfSums: both, on: .xpu, launch: launch))
      return planned
    }
    if spec.separatePIMDevices != nil { transferQueries(shape, op, to: &planned) }
    let decodeTask = PlannedTask(slowestOf: decodeOnPIM, on: .pim, launch: .zero)
    if spec.schedule.coprocessesAttention {
      appendTogether(xpu: prefillTask, pim: decodeTask, to: &planned)
    } else {
      planned.append(prefillTask)
      planned.append(decodeTask)
    }
    if spec.separatePIMDevices != nil { transferOutputs(shape, op, to: &planned) }
    return planned
  }

  /// A fused kernel keeps scores on the chip; operators of parts have them in memory anyway.
  private func scoresOnXPU(_ part: AttentionWorkPart) -> Bool {
    part != .whole || device.spec.chargesScores
  }

  private func decodesOnPIM(xpu: [KernelCost], pim: [KernelCost]) -> Bool {
    guard !pim.isEmpty else { return false }
    if spec.separatePIMDevices != nil { return true }
    switch spec.schedule.decodeAttention {
    case .xpu: return false
    case .pim: return true
    case .fastest:
      let onXPU = xpu.map(\.duration).max() ?? .zero
      return (pim.map(\.duration).max() ?? .zero) <= onXPU
    }
  }

  /// Keys and values of prompts leave the space of prompts: read and written once by the xPU.
  private func addMigration(
    _ shape: AttentionShape, _ op: Operator, dtype: DataType, to planned: inout PlannedOperator
  ) throws {
    guard shape.part == .whole || shape.part == .scores else { return }
    let tokens = RequestDivision.deal(op.requests, groups: grid.data).map { runs in
      runs.filter { !$0.isDecoding(in: op.phase) }.tokenCount
    }
    guard let most = tokens.max(), most > 0 else { return }
    let width =
      dividedUp(shape.attention.kvHeads, by: grid.tensor)
      * (shape.attention.headDim + shape.attention.valueDim)
    func work(_ tokens: Int) -> KernelWork {
      let bytes = shape.cached.bytes(tokens * width)
      return KernelWork(read: bytes, written: bytes)
    }
    planned.append(PlannedTask(.xpu, try device.xpuCost(work(most), dtype: dtype)))
    planned.xpuWork += work(tokens.reduce(0, +)) * grid.tensor
  }

  private func transferQueries(
    _ shape: AttentionShape, _ op: Operator, to planned: inout PlannedOperator
  ) {
    let tokens = op.requests.filter { $0.isDecoding(in: op.phase) }.tokenCount
    guard tokens > 0, shape.part == .whole || shape.part == .scores else { return }
    addTransfer(
      shape.activations.bytes(tokens * shape.attention.heads * shape.attention.headDim),
      to: &planned)
  }

  private func transferOutputs(
    _ shape: AttentionShape, _ op: Operator, to planned: inout PlannedOperator
  ) {
    let tokens = op.requests.filter { $0.isDecoding(in: op.phase) }.tokenCount
    guard tokens > 0, shape.part == .whole || shape.part == .context else { return }
    addTransfer(
      shape.activations.bytes(tokens * shape.attention.heads * shape.attention.valueDim),
      to: &planned)
  }
}

/// The sizes of an attention operator that its work follows from.
private struct AttentionShape {
  let attention: Attention
  let part: AttentionWorkPart
  /// The element type of queries, scores and outputs.
  let activations: DataType
  /// The element type of keys and values.
  let cached: DataType

  init(op: Operator, attention: Attention, part: AttentionWorkPart) {
    self.attention = attention
    self.part = part
    activations = op.inputs.first { $0.role == .activation }?.dtype ?? op.computeType
    cached = op.inputs.first { $0.role == .kv }?.dtype ?? activations
  }

  /// The work of one of `devices` that divide the heads.
  func work(_ runs: [RequestRun], devices: Int, chargesScores: Bool) -> KernelWork {
    if runs.isEmpty { return KernelWork() }
    let heads = dividedUp(attention.heads, by: devices)
    let kvHeads = dividedUp(attention.kvHeads, by: devices)
    let scores = heads * attention.pairs(of: runs)
    let keys = kvHeads * runs.reduce(0) { $0 + $1.count * attention.keysRead(of: $1) }
    let queries = heads * runs.tokenCount
    let scoreBytes = chargesScores ? activations.bytes(scores) : 0
    var work = KernelWork()
    if part == .whole || part == .scores {
      work.matrix += 2 * scores * attention.headDim
      work.read += activations.bytes(queries * attention.headDim)
      work.read += cached.bytes(keys * attention.headDim)
      work.written += scoreBytes
    }
    if part == .whole || part == .context {
      work.matrix += 2 * scores * attention.valueDim
      work.read += scoreBytes + cached.bytes(keys * attention.valueDim)
      work.written += activations.bytes(queries * attention.valueDim)
    }
    if part == .whole || part == .softmax {
      work.vector += VectorCost.score(attention.function) * scores
    }
    if part == .softmax {
      work.read += scoreBytes
      work.written += scoreBytes
    }
    return work
  }

  /// The same in the memory: keys and values only, unless everything is charged.
  func pimWork(_ runs: [RequestRun], devices: Int, chargesScores: Bool) -> KernelWork {
    var work = work(runs, devices: devices, chargesScores: chargesScores)
    if chargesScores { return work }
    let kvHeads = dividedUp(attention.kvHeads, by: devices)
    let keys = kvHeads * runs.reduce(0) { $0 + $1.count * attention.keysRead(of: $1) }
    work.written = 0
    work.read = 0
    if part == .whole || part == .scores { work.read += cached.bytes(keys * attention.headDim) }
    if part == .whole || part == .context { work.read += cached.bytes(keys * attention.valueDim) }
    return work
  }
}

extension PlannedTask {
  /// The task of the slowest of several devices; what it takes beyond their mean is imbalance.
  init(slowestOf costs: [KernelCost], on unit: HybridUnit, launch: Duration) {
    self.init(slowestOfSums: costs.map { [$0] }, on: unit, launch: launch)
  }

  /// The same when each device runs several kernels one after the other.
  init(slowestOfSums devices: [[KernelCost]], on unit: HybridUnit, launch: Duration) {
    var ledgers: [CauseLedger] = []
    for costs in devices {
      var ledger = CauseLedger()
      for cost in costs { ledger.add(cost.causes) }
      ledgers.append(ledger)
    }
    self.init(slowestOf: ledgers, on: unit, launch: launch)
  }

  /// The same from what each device spends its time on.
  init(slowestOf ledgers: [CauseLedger], on unit: HybridUnit, launch: Duration) {
    var slowest = CauseLedger()
    var sum = 0
    for ledger in ledgers {
      sum += ledger.total.picoseconds
      if ledger.total > slowest.total { slowest = ledger }
    }
    let mean = Duration(picoseconds: dividedUp(sum, by: max(1, ledgers.count)))
    let time = slowest.total
    var causes = slowest.scaled(to: min(mean, time))
    causes.charge(time - causes.total, to: .loadImbalance)
    let fixed = time > .zero ? launch : .zero
    causes.charge(fixed, to: .launch)
    self.init(unit: unit, duration: time + fixed, causes: causes)
  }
}
