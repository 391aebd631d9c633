internal import DRAM
internal import Devices
internal import Workload

extension StageExecutor {
  private var traffic: NPUTraffic { system.spec.npu.traffic }
  private var isOnPIM: Bool { system.spec.attention.unit == .pim }

  /// Requests of a group whose attention the NPU runs, in the order of their rows.
  private func onNPU(_ group: Group) -> [Request] {
    isOnPIM ? group.prompts : group.prompts + group.decodes
  }

  /// Bytes of a token's queries and keys on one device.
  private func tokenBytes(of op: Operator) -> (query: Int, key: Int) {
    let layout = layout(of: op)
    let key = layout.heads * layout.headDimension * op.computeBytes
    return (key * queriesPerHead(of: op), key)
  }

  /// Starts attention: on the PIM units what they can do, the rest as work of the NPU.
  mutating func startAttention(_ work: AttentionWork, _ queue: inout Queue) throws -> PIMLane? {
    let spec = system.spec
    if !onNPU(work.group).isEmpty {
      if traffic.has(.appends) && work.append != nil { queue.attention.append(.append(work)) }
      queue.attention.append(.attention(work))
    }
    guard isOnPIM, !work.group.decodes.isEmpty else { return nil }
    let layout = layout(of: work.op)
    var lane = PIMLane(
      layout: layout, npu: spec.npu, spec: spec.attention, traffic: traffic,
      isComposite: system.compiled.standard.pim?.commands.composite != nil,
      elementBytes: work.op.computeBytes, queriesPerHead: queriesPerHead(of: work.op))
    if traffic.has(.addresses) {
      try start(&lane, work)
      return lane
    }
    appendTokens(work)
    let division = ProductDivision(
      layout: layout, channelCount: memory.channelCount, mapping: spec.attention.mapping,
      isEven: options.ideal.contains(.balance), queriesPerHead: queriesPerHead(of: work.op))
    lane.begin(
      try division.shares(
        of: work.group.decodes.map { ($0.tokens, $0.channel) }, memory: memory),
      at: memory.clock, memory: memory)
    return lane
  }

  /// Starts a lane whose operands, keys and values have addresses: what it needs is read, then written where it belongs.
  private mutating func start(_ lane: inout PIMLane, _ work: AttentionWork) throws {
    let layer = work.op.layer ?? 0
    let rows = try rowMap(of: work)
    let appends = traffic.has(.appends) && work.append != nil
    let places = try places(ofAttention: work)
    rows.startOperands()
    let source = memory.makeBatch(.demand)
    let first = work.group.promptTokens
    let count = work.group.decodes.reduce(0) { $0 + $1.query }
    let bytes = tokenBytes(of: work.op)
    if traffic.has(.queries) {
      let batch = device.port.access(
        NPUPiece(.input, row: first, bytes: bytes.query, rows: count), places, isWrite: false,
        .demand, memory)
      lane.wait(for: batch)
    }
    if appends {
      let batch = device.port.access(
        NPUPiece(.newest, row: first, bytes: 2 * bytes.key, rows: count), places, isWrite: false,
        .demand, memory)
      lane.wait(for: batch)
    }
    var shares: [ProductShare] = []
    for request in work.group.decodes {
      let key = KeyValueMap.Key(layer: layer, request: request.number)
      try rows.reserve(key, channel: request.channel, tokens: request.kv)
      var share = try rows.share(
        key, tokens: request.tokens, kept: request.kv - request.query,
        queriesPerHead: queriesPerHead(of: work.op))
      if appends, let plan = rows.append(key, tokens: request.kv - request.query..<request.kv) {
        share.append = plan
        device.port.add(plan, reads: source, writes: nil, memory)
      }
      // Before the products, which would keep the host from the channel.
      device.port.add(
        share.tail, bytes: share.tailReadBytes, .stagedValues, isWrite: false, to: source, memory)
      if !traffic.has(.queries) {
        share.queries = []
        share.queryBytes = 0
      }
      shares.append(share)
    }
    if options.ideal.contains(.balance) {
      let division = ProductDivision(
        layout: layout(of: work.op), channelCount: memory.channelCount, mapping: .request,
        isEven: true, queriesPerHead: queriesPerHead(of: work.op))
      try division.balance(&shares, memory: memory)
    }
    lane.wait(for: source)
    var output = places.output
    output?.firstRow += first
    lane.begin(shares, at: memory.clock, memory: memory, output: output)
  }

  /// Writes the newest keys and values where operands have no address: over all channels.
  ///
  /// A key is one piece of a row. A value lies across rows, one element in each: masked writes send a burst for each
  /// element, a staging buffer collects as many tokens as a burst has elements.
  private mutating func appendTokens(_ work: AttentionWork) {
    guard traffic.has(.appends), work.append != nil else { return }
    let elements = tokenBytes(of: work.op).key / work.op.computeBytes
    let bytes = elements * work.op.computeBytes
    let tokens = work.group.decodes.count
    let value = system.spec.attention.append == .masked ? elements * memory.burstBytes : bytes
    _ = device.port.stripe(tokens * bytes, .keyAppends, isWrite: true, .demand, memory)
    _ = device.port.stripe(tokens * value, .valueAppends, isWrite: true, .demand, memory)
  }

  /// The rows of keys and values of an operator's shape.
  mutating func rowMap(of work: AttentionWork) throws -> KeyValueMap {
    let op = work.op
    let layout = layout(of: op)
    if case .rows(let map) = device.stores[layout] { return map }
    let spec = system.spec.attention
    let map = KeyValueMap(
      rows: device.map.rows, layout: layout, elementBytes: op.computeBytes, memory: memory,
      mapping: spec.mapping,
      isStaged: spec.append == .staged && traffic.has(.appends) && work.append != nil)
    device.stores[layout] = .rows(map)
    return map
  }

  /// What keeps the keys and values of an operator, with room for the requests that the NPU attends to.
  private mutating func store(of work: AttentionWork) throws -> KeyValueStore {
    let layout = layout(of: work.op)
    let layer = work.op.layer ?? 0
    if isOnPIM {
      let rows = try rowMap(of: work)
      for request in work.group.prompts {
        let key = KeyValueMap.Key(layer: layer, request: request.number)
        try rows.reserve(key, channel: request.channel, tokens: request.kv)
      }
      return .rows(rows)
    }
    let blocks: KeyValueBlocks
    if case .blocks(let known) = device.stores[layout] {
      blocks = known
    } else {
      blocks = KeyValueBlocks(
        rows: device.map.rows, heads: layout.heads,
        headBytes: layout.headDimension * work.op.computeBytes)
      device.stores[layout] = .blocks(blocks)
    }
    for request in onNPU(work.group) {
      let key = KeyValueMap.Key(layer: layer, request: request.number)
      try blocks.reserve(key, tokens: request.kv)
    }
    return .blocks(blocks)
  }

  /// Frees what a request that is over has.
  func release(_ request: Int) {
    for store in device.stores.values {
      switch store {
      case .rows(let map): map.release(request: request)
      case .blocks(let blocks): blocks.release(request: request)
      }
    }
  }

  private mutating func places(ofAttention work: AttentionWork) throws -> OperandPlaces {
    let bytes = tokenBytes(of: work.op)
    return try device.map.places(
      of: work.op, append: work.append, queryBytes: bytes.query, keyBytes: bytes.key,
      tokens: work.group.batchTokens, firstRow: work.group.firstRow)
  }

  /// Where an item's operands lie; nil where traffic has no addresses.
  mutating func places(of item: Item) throws -> OperandPlaces? {
    guard traffic.has(.addresses) else { return nil }
    switch item {
    case .task(let work):
      return try device.map.places(
        of: work.task, tokens: work.group.batchTokens, firstRow: work.group.firstRow)
    case .attention(let work), .append(let work):
      var places = try places(ofAttention: work)
      places.requests = OperandPlaces.Requests(
        map: try store(of: work), layer: work.op.layer ?? 0,
        list: onNPU(work.group).map { ($0.number, $0.query, $0.kv) })
      return places
    }
  }

  /// The NPU program of an item.
  func program(of item: Item) -> NPUProgram {
    let spec = system.spec
    switch item {
    case .task(let work):
      let tokens = work.task.isPerRequest ? work.group.requests : work.group.tokens
      return work.task.program(tokens: tokens, spec: spec.npu, traffic: traffic)
    case .attention(let work):
      let layout = layout(of: work.op)
      return .attention(
        lengths: onNPU(work.group).map { ($0.query, $0.tokens) }, heads: layout.heads,
        queriesPerHead: queriesPerHead(of: work.op), headDimension: layout.headDimension,
        elementBytes: work.op.computeBytes, spec: spec.npu)
    case .append(let work):
      let layout = layout(of: work.op)
      return .append(
        tokens: onNPU(work.group).map(\.query), elementBytes: work.op.computeBytes,
        elements: layout.heads * layout.headDimension)
    }
  }
}
