internal import DRAM
internal import Devices

/// Attention of a group of decode requests on the PIM units: keys, softmax on the vector units, values.
struct PIMLane {
  /// What one request is at.
  private struct Member {
    var tokens: Int
    var channel: Int
    var firstKey: Int
    var firstValue = -1
    var nextSoftmax = 0
    var lastSoftmax = 0
    var storesLeft = 0
  }

  private enum Phase { case idle, keys, values }

  private let layout: AttentionLayout
  private let vector: VectorUnitSpec
  private let spec: PIMAttentionSpec
  private let traffic: NPUTraffic
  private let isComposite: Bool
  private let elementBytes: Int
  private var members: [Member] = []
  private var phase = Phase.idle
  private var softmaxHead = 0
  private var valueHead = 0
  private var valuesAdded = 0
  private var doneHead = 0
  private var lastIssue = 0
  private var stores: [(clock: Int, member: Int, bytes: Int)] = []
  private var storeHead = 0
  private var storeBatches: [Int] = []
  private var storesAccepted = 0
  private var vectorFree: [Int]
  private var end = 0
  private var dispatched = 0
  /// When the keys began, when the values began, and when all had ended.
  private(set) var keyStart = 0
  private(set) var valueStart = 0
  private(set) var storedBytes = 0
  private(set) var vectorBusy = 0

  init(
    layout: AttentionLayout, npu: SystolicSpec, spec: PIMAttentionSpec, traffic: NPUTraffic,
    isComposite: Bool, elementBytes: Int
  ) {
    self.layout = layout
    vector = npu.vector
    self.spec = spec
    self.traffic = traffic
    self.isComposite = isComposite
    self.elementBytes = elementBytes
    vectorFree = [Int](repeating: 0, count: npu.vector.units)
  }

  var isActive: Bool { phase != .idle }

  /// Starts the keys of `requests` at `clock`, which the memory has reached.
  mutating func begin(_ requests: [(tokens: Int, channel: Int)], at clock: Int, memory: PIMMemory) {
    precondition(phase == .idle, "attention starts while another runs")
    members.removeAll(keepingCapacity: true)
    phase = .keys
    keyStart = clock
    valueStart = clock
    end = clock
    dispatched = clock
    lastIssue = clock
    softmaxHead = 0
    valueHead = 0
    valuesAdded = 0
    doneHead = 0
    stores.removeAll(keepingCapacity: true)
    storeHead = 0
    storeBatches.removeAll(keepingCapacity: true)
    storesAccepted = 0
    for request in requests {
      let blocks = layout.keyBlocks(tokens: request.tokens)
      let first = add(blocks, channel: request.channel, memory: memory)
      members.append(Member(tokens: request.tokens, channel: request.channel, firstKey: first))
    }
    if members.isEmpty { phase = .idle }
  }

  private mutating func add(_ blocks: [PIMBlock], channel: Int, memory: PIMMemory) -> Int {
    guard spec.dispatchesOneAClock else { return memory.add(blocks, channel: channel) }
    dispatched = max(dispatched, memory.clock)
    var starts: [Int] = []
    for block in blocks {
      starts.append(dispatched)
      dispatched += block.instructionCount(isComposite: isComposite)
    }
    return memory.add(blocks, channel: channel, dispatch: starts)
  }

  /// Works through the turn that ends at the memory's clock; returns when everything ended, if it did.
  mutating func turn(_ memory: PIMMemory, placer: inout BurstPlacer) -> Int? {
    guard phase != .idle else { return nil }
    runSoftmax(memory)
    writeOut(memory, &placer)
    startValues(memory)
    guard valuesAdded == members.count else { return nil }
    while doneHead < members.count {
      let member = members[doneHead]
      let blocks = layout.valueBlocks(tokens: member.tokens).count
      for block in member.firstValue..<(member.firstValue + blocks) {
        guard let clock = memory.done(block: block, channel: member.channel) else { return nil }
        end = max(end, clock)
      }
      storeResult(doneHead, at: end)
      doneHead += 1
    }
    writeOut(memory, &placer)
    guard storeHead == stores.count, let accepted = lastAccepted(memory) else { return nil }
    phase = .idle
    return max(end, accepted)
  }

  /// Softmax of each head in the order of the requests, one issued a clock, as the keys' results arrive.
  private mutating func runSoftmax(_ memory: PIMMemory) {
    let limit = memory.clock
    while softmaxHead < members.count {
      let parts = layout.keyBlocks(tokens: members[softmaxHead].tokens).count
      var ready = 0
      for block in 0..<parts {
        guard
          let clock = memory.done(
            block: members[softmaxHead].firstKey + block, channel: members[softmaxHead].channel)
        else { return }
        ready = max(ready, clock)
      }
      let clocks = vector.clocks(.softmax, count: members[softmaxHead].tokens)
      while members[softmaxHead].nextSoftmax < layout.heads {
        let issue = max(lastIssue + 1, ready)
        if issue > limit { return }
        lastIssue = issue
        var begin = issue
        if traffic == .complete {
          var unit = 0
          for index in vectorFree.indices where vectorFree[index] < vectorFree[unit] {
            unit = index
          }
          begin = max(issue, vectorFree[unit])
          vectorFree[unit] = begin + clocks
        }
        vectorBusy += clocks
        members[softmaxHead].nextSoftmax += 1
        members[softmaxHead].lastSoftmax = max(members[softmaxHead].lastSoftmax, begin + clocks)
        end = max(end, begin + clocks)
        stores.append(
          (
            clock: begin + clocks, member: softmaxHead,
            bytes: members[softmaxHead].tokens * elementBytes
          ))
        members[softmaxHead].storesLeft += 1
      }
      softmaxHead += 1
    }
  }

  /// Sends what is due: probabilities, results.
  private mutating func writeOut(_ memory: PIMMemory, _ placer: inout BurstPlacer) {
    while storeHead < stores.count, stores[storeHead].clock <= memory.clock {
      let store = stores[storeHead]
      let bursts = placer.take(store.bytes)
      storeBatches.append(memory.add(first: bursts.first, count: bursts.count, isWrite: true))
      storedBytes += store.bytes
      members[store.member].storesLeft -= 1
      storeHead += 1
    }
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
    if spec.barrier == .operator {
      guard phase == .keys, softmaxHead == members.count, storeHead == stores.count,
        end <= memory.clock, lastAccepted(memory) != nil
      else { return }
      phase = .values
      valueStart = memory.clock
    }
    while valueHead < softmaxHead {
      let member = members[valueHead]
      if spec.barrier == .request && (member.storesLeft > 0 || member.lastSoftmax > memory.clock) {
        return
      }
      if phase == .keys {
        phase = .values
        valueStart = memory.clock
      }
      members[valueHead].firstValue = add(
        layout.valueBlocks(tokens: member.tokens), channel: member.channel, memory: memory)
      valueHead += 1
      valuesAdded += 1
    }
  }

  /// The result of one request: with complete traffic always written, as released only when it was added up.
  private mutating func storeResult(_ member: Int, at clock: Int) {
    let parts = (members[member].tokens + layout.rowElements - 1) / layout.rowElements
    let bytes = layout.heads * layout.headDimension * elementBytes
    if traffic == .complete {
      stores.append((clock: clock, member: member, bytes: bytes))
    } else if parts > 1 {
      stores.append((clock: clock, member: member, bytes: bytes * 4))
    }
  }
}
