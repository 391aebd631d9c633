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
  mutating func planAttention(_ op: Operator) throws -> PlannedOperator {
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
    for (group, kernels) in work.enumerated() {
      planned.xpuWork += kernels.prefill * grid.tensor
      planned.commands += prefill[group].commands * grid.tensor
      if usesPIM {
        planned.pimWork += kernels.decodeP * grid.attentionTensor
        planned.commands += decodeOnPIM[group].commands * grid.attentionTensor
      } else {
        planned.xpuWork += kernels.decodeX * grid.tensor
        planned.commands += decodeOnXPU[group].commands * grid.tensor
      }
    }
    let cache = cacheShares(of: op, attention)
    if usesPIM {
      planned.pimSpaces = divided(planned.pimWork.bytes, in: cache)
    } else {
      let cached = work.reduce(0) { $0 + shape.cacheBytes(of: $1.decodeX, $1.decodeP) }
      planned.xpuSpaces = divided(cached * grid.tensor, in: cache)
    }
    notePrompts(of: op, shape)
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
      // What prompts need lies in their space.
      var prompts = [Double](repeating: 0, count: spaces.count)
      prompts[spaces.ofPrompts] = 1
      try appendTogether(
        xpu: prefillTask, pim: decodeTask, spaces: (prompts, cache), to: &planned)
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
    for count in tokens {
      let cost = try device.xpuCost(work(count), dtype: dtype)
      planned.commands += cost.commands * grid.tensor
    }
  }

  /// Keys and values of prompts wait in their space until they move to the cache.
  private mutating func notePrompts(of op: Operator, _ shape: AttentionShape) {
    let tokens = RequestDivision.deal(op.requests, groups: grid.data).map { runs in
      runs.filter { !$0.isDecoding(in: op.phase) }.tokenCount
    }
    guard let most = tokens.max(), most > 0 else { return }
    let heads = grid.kvHeads(of: shape.attention.kvHeads)
    footprint.note(
      prompts: shape.cached.bytes(
        most * heads * (shape.attention.headDim + shape.attention.valueDim)), of: op)
  }

  /// The parts of the keys and values that decoding requests read in each memory space.
  private mutating func cacheShares(of op: Operator, _ attention: Attention) -> [Double] {
    var shares = [Double](repeating: 0, count: spaces.count)
    if spaces.count == 1 { return [1] }
    for tensor in op.inputs where tensor.role == .kv {
      let turn = footprint.turn(ofCache: tensor.id)
      for run in op.requests where run.isDecoding(in: op.phase) {
        let keys = Double(attention.keysRead(of: run))
        for slot in run.slot..<run.slot + run.count {
          shares[spaces.ofCache(slot: slot / grid.data, turn: turn)] += keys
        }
      }
    }
    return shares
  }

  /// So many bytes in proportion to `shares`, whole bytes that sum to them; over all alike without shares.
  func divided(_ bytes: Int, in shares: [Double]) -> [Int] {
    let all = shares.reduce(0, +)
    guard all > 0 else { return spaces.spread(bytes) }
    var result: [Int] = []
    var before = 0
    var sum = 0.0
    for share in shares {
      sum += share
      let end = min(bytes, Int((Double(bytes) * (sum / all)).rounded()))
      result.append(end - before)
      before = end
    }
    result[result.count - 1] += bytes - before
    return result
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
  /// The part of the key-value heads that is read, where a router picks heads.
  private let read: (heads: Int, of: Int)

  init(op: Operator, attention: Attention, part: AttentionWorkPart) {
    self.attention = attention
    self.part = part
    activations = op.inputs.first { $0.role == .activation }?.dtype ?? op.computeType
    cached = op.inputs.first { $0.role == .kv }?.dtype ?? activations
    read = (
      attention.kvHeadsRead?.reduce(0, +) ?? 1,
      attention.kvHeadsRead == nil ? 1 : op.requests.requestCount * attention.kvHeads
    )
  }

  /// Rows of one head's keys that one of `devices` reads.
  private func rows(_ runs: [RequestRun], devices: Int) -> Int {
    let keys = runs.reduce(0) { $0 + $1.count * attention.keysRead(of: $1) }
    let all = dividedUp(attention.kvHeads, by: devices) * keys
    return read.heads == read.of
      ? all : dividedUp(all * read.heads, by: read.of)
  }

  /// The work of one of `devices` that divide the heads.
  func work(_ runs: [RequestRun], devices: Int, chargesScores: Bool) -> KernelWork {
    if runs.isEmpty { return KernelWork() }
    let heads = dividedUp(attention.queryHeads, by: devices)
    let scores = heads * attention.pairs(of: runs)
    let keys = rows(runs, devices: devices)
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

  /// Of what the xPU reads, the keys and values: all that PIM would, when it is not charged with scores.
  func cacheBytes(of onXPU: KernelWork, _ onPIM: KernelWork) -> Int {
    min(onXPU.read, onPIM.read)
  }

  /// The same in the memory: keys and values only, unless everything is charged.
  func pimWork(_ runs: [RequestRun], devices: Int, chargesScores: Bool) -> KernelWork {
    var work = work(runs, devices: devices, chargesScores: chargesScores)
    if chargesScores { return work }
    let keys = rows(runs, devices: devices)
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
