internal import Devices
internal import SimulationCore
internal import Units
internal import Workload

/// Shards operators of one logical device over a machine and picks the processor of each part.
///
/// Matrices are divided by data flow: a product of a whole input splits its columns, a product of a
/// split input splits its rows and is followed by an all-reduce. Values between the two stay split.
struct HybridPlanner {
  let spec: XPUPIMSystemSpec
  let device: HybridDevice
  let grid: DeviceGrid
  let spaces: DeviceSpaces
  /// Activations of the current step that lie split over the tensor-parallel devices.
  private var split: Set<Int> = []
  private var step = -1
  var footprint: HybridFootprint
  /// Tokens of the fullest expert over the mean, summed over layers of experts.
  var expertLoad = ExpertLoadRecord()
  /// Whether the best division of experts is worked out beside the chosen one.
  let showsOptimum: Bool
  var expertTimes = ExpertTimeCache()

  init(
    spec: XPUPIMSystemSpec, device: HybridDevice, grid: DeviceGrid, options: RunOptions
  ) throws(SystemError) {
    self.spec = spec
    self.device = device
    self.grid = grid
    spaces = try DeviceSpaces(spec: spec, device: device)
    showsOptimum = options.slowest > 0
    footprint = HybridFootprint(
      grid: grid, spaces: spaces, keepsPlacements: options.keepsOperators)
  }

  /// Notes the pipeline stage of the operators that follow.
  mutating func enter(stage: Int) { footprint.stage = stage }

  /// The tasks of `op`.
  ///
  /// - Throws: `DeviceError` or `SystemError` when the machine cannot run it.
  mutating func plan(_ op: Operator) throws -> PlannedOperator {
    if op.step != step {
      step = op.step
      split.removeAll(keepingCapacity: true)
    }
    switch op.operation {
    case .collective(let collective):
      var planned = PlannedOperator()
      planned.append(.link(link(spanning: collective.group.count).duration(of: collective)))
      planned.linkBytes = collective.bytes * collective.group.count
      return planned
    case .expertFFN(let ffn):
      try footprint.addExperts(op, groups: grid.expertGroups(experts: ffn.tokensPerExpert.count))
      expertLoad.add(ffn.tokensPerExpert)
      return try planExperts(op, ffn)
    case .attention, .softmax(.attention):
      footprint.add(op, weightsDivided: true, isSplit: isSplit(op))
      for tensor in op.outputs { split.insert(tensor.id) }
      return try planAttention(op)
    default:
      return try planShared(op)
    }
  }

  /// Whether an input of `op` lies split.
  private func isSplit(_ op: Operator) -> Bool {
    op.inputs.contains { $0.role == .activation && split.contains($0.id) }
  }

  /// Operators whose work every device does on its share.
  private mutating func planShared(_ op: Operator) throws -> PlannedOperator {
    let inputIsSplit = isSplit(op)
    let (isDivided, outputIsSplit, needsSum) = division(of: op, inputIsSplit: inputIsSplit)
    footprint.add(op, weightsDivided: isDivided, isSplit: inputIsSplit || outputIsSplit)
    if outputIsSplit {
      for tensor in op.outputs where tensor.role == .activation { split.insert(tensor.id) }
    }
    var planned = PlannedOperator()
    let share = RequestDivision.share(of: op, groups: grid.data)
    func ofFullest(_ value: Int) -> Int {
      grid.data == 1
        ? value
        : scaledUp(value, by: share.most, over: share.all)
    }
    if !device.isEpilogue(op.kind) {
      let divisor = isDivided ? grid.tensor : 1
      let work = op.work
      var kernel = KernelWork(
        matrix: ofFullest(dividedUp(work.matrix, by: divisor)),
        vector: ofFullest(dividedUp(work.vector, by: divisor)))
      for access in op.accesses {
        let bytes = sharedBytes(
          access, isDivided: isDivided, outputIsSplit: outputIsSplit, ofFullest: ofFullest)
        if access.isWrite { kernel.written += bytes } else { kernel.read += bytes }
      }
      kernel.shape = productShape(of: op, inputIsSplit: inputIsSplit, ofFullest: ofFullest)
      kernel = device.onXPU(kernel)
      let cost = try device.xpuCost(kernel, dtype: op.computeType)
      planned.append(PlannedTask(.xpu, cost, launch: device.launch(of: op.kind)))
      planned.xpuWork += kernel * (grid.tensor * grid.data)
      planned.commands += cost.commands * (grid.tensor * grid.data)
    }
    if spec.separatePIMDevices != nil, isAppend(op) {
      addTransfer(op.outputs.reduce(0) { $0 + op.bytesWritten(of: $1).count }, to: &planned)
    }
    if needsSum, grid.tensor > 1 {
      let bytes = ofFullest(op.outputs.reduce(0) { $0 + $1.bytes.count })
      addAllReduce(bytes, to: &planned)
    }
    return planned
  }

  /// The product that one device does of a matrix product; nil for other kinds.
  private func productShape(
    of op: Operator, inputIsSplit: Bool, ofFullest: (Int) -> Int
  ) -> ProductShape? {
    let product: MatrixProduct
    switch op.operation {
    case .gemm(let whole), .gemv(let whole): product = whole
    default: return nil
    }
    let k = inputIsSplit ? dividedUp(product.k, by: grid.tensor) : product.k
    let n = inputIsSplit ? product.n : dividedUp(product.n, by: grid.tensor)
    let m = ofFullest(product.m)
    let rows = op.inputs.first { $0.role == .activation }?.dtype ?? op.computeType
    let columns = op.inputs.first { $0.role == .weight }?.dtype ?? rows
    return ProductShape(
      m: m, k: k, n: n, rowBytes: rows.bytes(m * k), columnBytes: columns.bytes(k * n))
  }

  /// Bytes of one access on the fullest device.
  private func sharedBytes(
    _ access: TensorAccess, isDivided: Bool, outputIsSplit: Bool, ofFullest: (Int) -> Int
  ) -> Int {
    let bytes = access.bytes.count
    switch access.tensor.role {
    case .weight: return isDivided ? dividedUp(bytes, by: grid.tensor) : bytes
    case .kv, .state: return ofFullest(dividedUp(bytes, by: grid.tensor))
    case .activation:
      let isPart = access.isWrite ? outputIsSplit : split.contains(access.tensor.id)
      return ofFullest(isPart ? dividedUp(bytes, by: grid.tensor) : bytes)
    }
  }

  /// Whether the devices divide the work, whether the result stays split, and whether parts must be
  /// summed.
  private func division(
    of op: Operator, inputIsSplit: Bool
  ) -> (isDivided: Bool, outputIsSplit: Bool, needsSum: Bool) {
    switch op.operation {
    case .gemm, .gemv:
      return inputIsSplit ? (true, false, true) : (true, true, false)
    case .head: return (true, true, false)
    case .embedding: return (true, false, !device.isEpilogue(.embedding))
    default: return inputIsSplit ? (true, true, false) : (false, false, false)
    }
  }

  private func isAppend(_ op: Operator) -> Bool {
    if case .memoryMove(let move) = op.operation { return move.function == .kvAppend }
    return false
  }

  /// An all-reduce of `bytes` among tensor-parallel devices.
  func addAllReduce(_ bytes: Int, to planned: inout PlannedOperator) {
    guard grid.tensor > 1 else { return }
    let collective = Collective(
      function: .allReduce, group: Array(0..<grid.tensor), bytes: bytes)
    planned.append(.link(spec.link.duration(of: collective)))
    // Each device sends 2(d-1) shares of bytes/d.
    planned.linkBytes += 2 * (grid.tensor - 1) * bytes * grid.data
  }

  /// A move of `bytes` between xPU devices and the PIM devices apart from them, over all links.
  func addTransfer(_ bytes: Int, to planned: inout PlannedOperator) {
    let lanes = max(1, min(grid.tensor, grid.attentionTensor))
    let time =
      spec.link.latency
      + spec.link.bandwidth.duration(moving: ByteCount(dividedUp(bytes, by: lanes)))
    planned.append(.link(time))
    planned.linkBytes += bytes
  }

  /// The links that join a group of devices.
  func link(spanning devices: Int) -> LinkSpec {
    devices <= grid.node ? spec.link : (spec.nodeLink ?? spec.link)
  }
}

/// value · numerator / denominator, rounded up, without overflow on the way.
private func scaledUp(_ value: Int, by numerator: Int, over denominator: Int) -> Int {
  let (quotient, remainder) = denominator.dividingFullWidth(
    value.multipliedFullWidth(by: numerator))
  return quotient + (remainder > 0 ? 1 : 0)
}
