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
  /// What the channels' clocks had gone on when the keys began, and when the values did (with the operator barrier).
  private(set) var timesAtKeys: [PIMTimes] = []
  private(set) var timesAtValues: [PIMTimes] = []
  /// Clocks that the products take at least: the column steps of the fullest channel, but its last product.
  private(set) var bound = 0

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
  mutating func begin(_ requests: [ProductShare], at clock: Int, memory: PIMMemory) {
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
    timesAtKeys = memory.productTimes
    timesAtValues.removeAll()
    bound = leastClocks(requests, memory)
    for request in requests {
      members.append(
        Member(share: request, keys: Flight(pieces: request.keys.map { add($0, memory: memory) })))
    }
    if members.isEmpty { phase = .idle }
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
  mutating func turn(_ memory: PIMMemory, placer: inout BurstPlacer) -> Int? {
    guard phase != .idle else { return nil }
    runSoftmax(memory)
    writeOut(memory, &placer)
    startValues(memory)
    guard valuesAdded == members.count else { return nil }
    while doneHead < members.count {
      guard let clock = members[doneHead].values.done(memory) else { return nil }
      end = max(end, clock)
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
      guard let ready = members[softmaxHead].keys.done(memory) else { return }
      let tokens = members[softmaxHead].share.tokens
      let clocks = vector.clocks(.softmax, count: tokens)
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
          (clock: begin + clocks, member: softmaxHead, bytes: tokens * elementBytes))
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
      timesAtValues = memory.productTimes
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
      members[valueHead].values = Flight(
        pieces: member.share.values.map { add($0, memory: memory) })
      valueHead += 1
      valuesAdded += 1
    }
  }

  /// The result of one request: with complete traffic always written, as released only when it was added up.
  private mutating func storeResult(_ member: Int, at clock: Int) {
    let parts = (members[member].share.tokens + layout.rowElements - 1) / layout.rowElements
    let bytes = layout.heads * layout.headDimension * elementBytes
    if traffic == .complete {
      stores.append((clock: clock, member: member, bytes: bytes))
    } else if parts > 1 {
      stores.append((clock: clock, member: member, bytes: bytes * 4))
    }
  }
}
