internal import DRAM
internal import Devices

/// Attention of a group of decode requests on the PIM units: keys, softmax on the vector units, values.
struct PIMLane {
  /// What one request is at.
  private struct Member {
    var share: ProductShare
    var keys: Flight
    var values = Flight(pieces: [])
    var nextSoftmax = 0
    var lastSoftmax = 0
    var storesLeft = 0
    /// Whether the keys' products were given to the channels.
    var hasKeys = false
    /// Writes that the keys wait for, and writes that the values wait for.
    var gate: Int?
    var operands: Int?
  }

  /// Blocks on a channel, by number there.
  private struct Placed {
    var channel: Int
    var next: Int
    var end: Int
  }

  /// Products of a member that were given to the channels.
  private struct Flight {
    var pieces: [Placed]
    /// The first piece with results that are not in yet.
    var head = 0
    var last = 0

    /// When the last result came, or nil while some are under way.
    mutating func done(_ memory: PIMMemory) -> Int? {
      while head < pieces.count {
        while pieces[head].next < pieces[head].end {
          guard let clock = memory.done(block: pieces[head].next, channel: pieces[head].channel)
          else { return nil }
          last = max(last, clock)
          pieces[head].next += 1
        }
        head += 1
      }
      return last
    }
  }

  /// Members that follow each other, with the first that waits for its writes, its softmax, its values, its result.
  ///
  /// With a barrier over the batch all are one line, in the order of the requests; otherwise each channel has its own.
  private struct Line {
    var members: Range<Int>
    var keys: Int
    var softmax: Int
    var values: Int
    var done: Int

    init(_ members: Range<Int>) {
      self.members = members
      keys = members.lowerBound
      softmax = members.lowerBound
      values = members.lowerBound
      done = members.lowerBound
    }
  }

  private enum Phase { case idle, keys, values }

  private let layout: AttentionLayout
  private let vector: VectorUnitSpec
  private let spec: PIMAttentionSpec
  private let traffic: NPUTraffic
  private let isComposite: Bool
  private let elementBytes: Int
  private let queriesPerHead: Int
  private var members: [Member] = []
  private var lines: [Line] = []
  private var phase = Phase.idle
  private var lastIssue = 0
  /// What is to be written: the probabilities of a head, or the result (no head).
  private var stores: [(clock: Int, member: Int, head: Int?, bytes: Int)] = []
  /// Reads of queries and newest keys and values, before anything else.
  private var sources: [Int] = []
  private var output: OperandPlaces.Matrix?
  private var storeHead = 0
  private var storeBatches: [Int] = []
  private var storesAccepted = 0
  private var vectorFree: [Int]
  private var end = 0
  private var dispatched = 0
  /// When the keys began, when the values began, and when all had ended.
  private(set) var keyStart = 0
  private(set) var valueStart = 0
  private(set) var vectorBusy = 0
  /// What the channels' clocks had gone on when the keys began, and when the values did (with the operator barrier).
  private(set) var timesAtKeys: [PIMTimes] = []
  private(set) var timesAtValues: [PIMTimes] = []
  private(set) var hostAtKeys: [PIMTimes] = []
  private(set) var hostAtValues: [PIMTimes] = []
  /// Clocks that the products take at least: the column steps of the fullest channel, but its last product.
  private(set) var bound = 0

  init(
    layout: AttentionLayout, npu: SystolicSpec, spec: PIMAttentionSpec, traffic: NPUTraffic,
    isComposite: Bool, elementBytes: Int, queriesPerHead: Int
  ) {
    self.layout = layout
    self.queriesPerHead = queriesPerHead
    vector = npu.vector
    self.spec = spec
    self.traffic = traffic
    self.isComposite = isComposite
    self.elementBytes = elementBytes
    vectorFree = [Int](repeating: 0, count: npu.vector.units)
  }

  var isActive: Bool { phase != .idle }

  /// Lets the next start wait for a batch of reads.
  mutating func wait(for batch: Int) { sources.append(batch) }

  /// Starts the keys of `requests` at `clock`, which the memory has reached.
  ///
  /// After reads that it waits for, what they bring is written first, and each request's keys wait for its own
  /// writes. Results go to the rows of `output`, where there are any.
  mutating func begin(
    _ requests: [ProductShare], at clock: Int, memory: PIMMemory,
    output: OperandPlaces.Matrix? = nil
  ) {
    precondition(phase == .idle, "attention starts while another runs")
    members.removeAll(keepingCapacity: true)
    phase = .keys
    keyStart = clock
    valueStart = clock
    end = clock
    dispatched = clock
    lastIssue = clock
    stores.removeAll(keepingCapacity: true)
    storeHead = 0
    storeBatches.removeAll(keepingCapacity: true)
    storesAccepted = 0
    timesAtKeys = memory.productTimes
    // Products wait for what the host writes only where operands have addresses.
    hostAtKeys = traffic.has(.addresses) ? memory.hostTimes : []
    timesAtValues.removeAll()
    bound = leastClocks(requests, memory)
    self.output = output
    for request in requests { members.append(Member(share: request, keys: Flight(pieces: []))) }
    makeLines()
    if sources.isEmpty {
      for index in lines.indices {
        for member in lines[index].members { startKeys(member, memory) }
        lines[index].keys = lines[index].members.upperBound
      }
    }
    if members.isEmpty { phase = .idle }
  }

  private mutating func makeLines() {
    lines.removeAll(keepingCapacity: true)
    var start = 0
    for index in members.indices where index + 1 < members.count {
      guard spec.barrier == .request, spec.mapping == .request,
        members[index].share.channel != members[index + 1].share.channel
      else { continue }
      lines.append(Line(start..<index + 1))
      start = index + 1
    }
    if start < members.count { lines.append(Line(start..<members.count)) }
  }

  private mutating func startKeys(_ member: Int, _ memory: PIMMemory) {
    members[member].hasKeys = true
    members[member].keys = Flight(
      pieces: members[member].share.keys.map { add($0, memory: memory) })
  }

  /// Writes what was read for the requests, and starts the keys of those whose writes are done.
  private mutating func writeIn(_ memory: PIMMemory, _ port: inout TrafficPort) {
    if !sources.isEmpty {
      guard sources.allSatisfy({ memory.done($0) != nil }) else { return }
      sources.removeAll()
      for member in members.indices {
        let share = members[member].share
        let batch = memory.makeBatch(.demand)
        port.add(share.append, reads: nil, writes: batch, memory)
        port.add(
          share.queries, bytes: share.queryBytes, .queries, isWrite: true, to: batch, memory)
        members[member].gate = batch
      }
    }
    for index in lines.indices {
      while lines[index].keys < lines[index].members.upperBound {
        let member = lines[index].keys
        if let gate = members[member].gate, !isWritten(gate, member, memory) { break }
        startKeys(member, memory)
        lines[index].keys += 1
      }
    }
  }

  /// Whether a batch of writes has left the queues of a member's channels; sees to it that it does.
  private func isWritten(_ batch: Int, _ member: Int, _ memory: PIMMemory) -> Bool {
    var isDone = true
    for channel in members[member].share.channels
    where memory.done(batch, channel: channel) == nil {
      memory.drainWrites(channel: channel)
      isDone = false
    }
    return isDone
  }

  private func leastClocks(_ requests: [ProductShare], _ memory: PIMMemory) -> Int {
    var steps = [Int](repeating: 0, count: memory.channelCount)
    var longest = 0
    for piece in requests.lazy.flatMap({ $0.keys + $0.values }) {
      for block in piece.blocks {
        steps[piece.channel] += block.rows * block.products * block.columns
        longest = max(longest, block.columns)
      }
    }
    return max(0, (steps.max() ?? 0) - longest) * memory.computeInterval
  }

  private mutating func add(_ piece: ProductShare.Piece, memory: PIMMemory) -> Placed {
    let (blocks, channel) = (piece.blocks, piece.channel)
    func placed(_ first: Int) -> Placed {
      Placed(channel: channel, next: first, end: first + blocks.count)
    }
    guard spec.dispatchesOneAClock else { return placed(memory.add(blocks, channel: channel)) }
    dispatched = max(dispatched, memory.clock)
    var starts: [Int] = []
    for block in blocks {
      starts.append(dispatched)
      dispatched += block.instructionCount(isComposite: isComposite)
    }
    return placed(memory.add(blocks, channel: channel, dispatch: starts))
  }

  /// Works through the turn that ends at the memory's clock; returns when everything ended, if it did.
  mutating func turn(_ memory: PIMMemory, port: inout TrafficPort) -> Int? {
    guard phase != .idle else { return nil }
    writeIn(memory, &port)
    for line in lines.indices { runSoftmax(line, memory) }
    writeOut(memory, &port)
    startValues(memory)
    var isDone = true
    for line in lines.indices where !finish(line, memory) { isDone = false }
    guard isDone else { return nil }
    writeOut(memory, &port)
    guard storeHead == stores.count, let accepted = lastAccepted(memory) else { return nil }
    phase = .idle
    return max(end, accepted)
  }

  /// Takes the results of a line that are there; tells whether that were all.
  private mutating func finish(_ line: Int, _ memory: PIMMemory) -> Bool {
    // With a barrier results are taken when all values were started, as the authors' simulator does.
    if spec.barrier == .operator && lines[line].values < lines[line].members.upperBound {
      return false
    }
    while lines[line].done < lines[line].values {
      let member = lines[line].done
      guard var clock = members[member].values.done(memory) else { return false }
      let tail = tailClocks(members[member].share)
      vectorBusy += tail
      if tail > 0 { clock = max(clock, members[member].lastSoftmax + tail) }
      end = max(end, clock)
      storeResult(member, at: spec.barrier == .operator ? end : clock)
      lines[line].done += 1
    }
    return lines[line].done == lines[line].members.upperBound
  }

  /// Clocks of the vector units for the staged values: a product an element and query, all units together.
  private func tailClocks(_ share: ProductShare) -> Int {
    let products = share.tailBytes / elementBytes * queriesPerHead
    return (products + vector.units * vector.lanes - 1) / (vector.units * vector.lanes)
  }

  /// Softmax of each head in the order of a line, one issued a clock, as the keys' results arrive.
  private mutating func runSoftmax(_ line: Int, _ memory: PIMMemory) {
    let limit = memory.clock
    while lines[line].softmax < lines[line].keys {
      let softmaxHead = lines[line].softmax
      guard members[softmaxHead].hasKeys, let ready = members[softmaxHead].keys.done(memory) else {
        return
      }
      let tokens = members[softmaxHead].share.tokens
      let clocks = vector.clocks(.softmax, count: tokens)
      let bytes = members[softmaxHead].share.probabilityBytes ?? tokens * elementBytes
      while members[softmaxHead].nextSoftmax < layout.heads * queriesPerHead {
        let issue = max(lastIssue + 1, ready)
        if issue > limit { return }
        lastIssue = issue
        var begin = issue
        if traffic.has(.vectorRows) {
          var unit = 0
          for index in vectorFree.indices where vectorFree[index] < vectorFree[unit] {
            unit = index
          }
          begin = max(issue, vectorFree[unit])
          vectorFree[unit] = begin + clocks
        }
        vectorBusy += clocks
        let head = members[softmaxHead].nextSoftmax
        members[softmaxHead].nextSoftmax += 1
        members[softmaxHead].lastSoftmax = max(members[softmaxHead].lastSoftmax, begin + clocks)
        end = max(end, begin + clocks)
        stores.append((clock: begin + clocks, member: softmaxHead, head: head, bytes: bytes))
        members[softmaxHead].storesLeft += 1
      }
      lines[line].softmax += 1
    }
  }

  /// Sends what is due: probabilities, results.
  private mutating func writeOut(_ memory: PIMMemory, _ port: inout TrafficPort) {
    while storeHead < stores.count, stores[storeHead].clock <= memory.clock {
      let store = stores[storeHead]
      storeHead += 1
      members[store.member].storesLeft -= 1
      if let head = store.head {
        writeProbabilities(head, of: store.member, bytes: store.bytes, memory, &port)
      } else if let output {
        let batch = memory.makeBatch(.demand)
        let row = output.base + (output.firstRow + store.member) * output.rowBytes
        let bursts = memory.add(
          Extent(offset: row + output.column, length: store.bytes), to: batch, isWrite: true)
        port.count(store.bytes, bursts: bursts, .results, isWrite: true)
        storeBatches.append(batch)
      } else {
        storeBatches.append(port.stripe(store.bytes, .results, isWrite: true, .demand, memory))
      }
    }
  }

  private mutating func writeProbabilities(
    _ head: Int, of member: Int, bytes: Int, _ memory: PIMMemory, _ port: inout TrafficPort
  ) {
    guard members[member].share.probabilityBytes != nil else {
      storeBatches.append(port.stripe(bytes, .probabilities, isWrite: true, .demand, memory))
      return
    }
    // All heads of a request are one batch.
    let batch = members[member].operands ?? memory.makeBatch(.demand)
    if members[member].operands == nil { storeBatches.append(batch) }
    members[member].operands = batch
    port.add(
      members[member].share.probabilities[head], bytes: bytes, .probabilities, isWrite: true,
      to: batch, memory)
  }

  private mutating func lastAccepted(_ memory: PIMMemory) -> Int? {
    var last = 0
    while storesAccepted < storeBatches.count {
      guard let clock = memory.accepted(storeBatches[storesAccepted]) else { return nil }
      last = max(last, clock)
      end = max(end, clock)
      storesAccepted += 1
    }
    return last
  }

  /// Adds the products with values whose probabilities are there.
  private mutating func startValues(_ memory: PIMMemory) {
    if spec.barrier == .operator && phase == .keys {
      guard lines.allSatisfy({ $0.softmax == $0.members.upperBound }), storeHead == stores.count,
        end <= memory.clock, lastAccepted(memory) != nil
      else { return }
    }
    for line in lines.indices {
      while lines[line].values < lines[line].softmax,
        startValues(of: lines[line].values, memory)
      {
        lines[line].values += 1
      }
    }
  }

  /// Adds one member's products with values, unless something is missing.
  private mutating func startValues(of index: Int, _ memory: PIMMemory) -> Bool {
    let member = members[index]
    if spec.barrier == .request && (member.storesLeft > 0 || member.lastSoftmax > memory.clock) {
      return false
    }
    if let operands = member.operands, !isWritten(operands, index, memory) { return false }
    if phase == .keys {
      phase = .values
      valueStart = memory.clock
      if spec.barrier == .operator {
        timesAtValues = memory.productTimes
        hostAtValues = traffic.has(.addresses) ? memory.hostTimes : []
      }
    }
    members[index].values = Flight(pieces: member.share.values.map { add($0, memory: memory) })
    return true
  }

  /// The result of one request: with complete traffic always written, as released only when it was added up.
  private mutating func storeResult(_ member: Int, at clock: Int) {
    let parts = (members[member].share.tokens + layout.rowElements - 1) / layout.rowElements
    let bytes = layout.heads * queriesPerHead * layout.headDimension * elementBytes
    if traffic.has(.results) {
      stores.append((clock: clock, member: member, head: nil, bytes: bytes))
    } else if parts > 1 {
      stores.append((clock: clock, member: member, head: nil, bytes: bytes * 4))
    }
  }
}
