internal import DRAM
internal import Devices

/// What the NPU moves over the pins of the memory, by what it is for.
public enum HostTrafficKind: String, CaseIterable, Hashable, Sendable {
  case weights
  /// Rows of embedding tables.
  case embeddings
  /// Inputs and results of operators.
  case activations, outputs
  /// Keys and values that the NPU's own attention loads.
  case keysValues = "keys_values"
  /// Queries on their way to the rows from which units load them.
  case queries
  /// The newest keys and values: read where they were computed, written where they are kept.
  case newest
  case keyAppends = "key_appends"
  case valueAppends = "value_appends"
  /// Values that wait until they fill bursts: written, read by attention, read back to fill bursts.
  case stagedValues = "staged_values"
  /// Softmax results, which the units load as operands.
  case probabilities
  /// Results of attention on the units.
  case results
}

/// Bytes by kind, and the bursts that carry them.
struct TrafficLedger {
  private struct Count {
    var bytes = 0
    var bursts = 0
  }

  private var read = [Count](repeating: Count(), count: HostTrafficKind.allCases.count)
  private var written = [Count](repeating: Count(), count: HostTrafficKind.allCases.count)

  mutating func add(_ bytes: Int, bursts: Int, _ kind: HostTrafficKind, isWrite: Bool) {
    guard let index = HostTrafficKind.allCases.firstIndex(of: kind) else { return }
    if isWrite {
      written[index].bytes += bytes
      written[index].bursts += bursts
    } else {
      read[index].bytes += bytes
      read[index].bursts += bursts
    }
  }

  /// Adds what another device moved.
  mutating func add(_ other: TrafficLedger) {
    for index in read.indices {
      read[index].bytes += other.read[index].bytes
      read[index].bursts += other.read[index].bursts
      written[index].bytes += other.written[index].bytes
      written[index].bursts += other.written[index].bursts
    }
  }

  var loadedBytes: Int { read.reduce(0) { $0 + $1.bytes } }
  var storedBytes: Int { written.reduce(0) { $0 + $1.bytes } }

  /// What was moved, over `devices` that all do the same; kinds without bytes are left out.
  func records(devices: Int, burstBytes: Int) -> [PIMActivity.HostTraffic] {
    HostTrafficKind.allCases.enumerated().compactMap { index, kind in
      guard read[index].bursts + written[index].bursts > 0 else { return nil }
      let factor = devices * burstBytes
      return PIMActivity.HostTraffic(
        kind: kind, read: read[index].bytes * devices, written: written[index].bytes * devices,
        busRead: read[index].bursts * factor, busWritten: written[index].bursts * factor)
    }
  }
}

/// Sends the accesses of the NPU to the memory and counts them.
///
/// Operands with places go to their addresses. Without places (traffic as released) bursts are given out one after the
/// other over all channels, as the authors' simulator does.
struct TrafficPort {
  private var striped: BurstPlacer
  private(set) var ledger = TrafficLedger()

  init(striped: BurstPlacer) { self.striped = striped }

  /// A port that only counts further and sends to places.
  init(ledger: TrafficLedger) {
    striped = BurstPlacer(burstBytes: 1, count: 1)
    self.ledger = ledger
  }

  /// Counts bytes that went in `bursts`.
  mutating func count(_ bytes: Int, bursts: Int, _ kind: HostTrafficKind, isWrite: Bool) {
    ledger.add(bytes, bursts: bursts, kind, isWrite: isWrite)
  }

  /// Accesses bytes that have no address; returns the batch.
  mutating func stripe(
    _ bytes: Int, _ kind: HostTrafficKind, isWrite: Bool, _ line: HostLine, _ memory: PIMMemory
  ) -> Int {
    let bursts = striped.take(bytes)
    ledger.add(bytes, bursts: bursts.count, kind, isWrite: isWrite)
    return memory.add(first: bursts.first, count: bursts.count, isWrite: isWrite, line: line)
  }

  /// Accesses a piece of an operand; returns the batch.
  mutating func access(
    _ piece: NPUPiece, _ places: OperandPlaces?, isWrite: Bool, _ line: HostLine,
    _ memory: PIMMemory
  ) -> Int {
    guard let places else { return stripe(piece.size, piece.kind, isWrite: isWrite, line, memory) }
    let batch = memory.makeBatch(line)
    places.add(piece, isWrite: isWrite, to: batch, memory, &ledger)
    return batch
  }

  /// Adds accesses in one channel to a batch.
  mutating func add(
    _ ranges: [ChannelRange], bytes: Int, _ kind: HostTrafficKind, isWrite: Bool, to batch: Int,
    _ memory: PIMMemory
  ) {
    ledger.add(
      bytes, bursts: ranges.reduce(0) { $0 + $1.count }, kind, isWrite: isWrite)
    for range in ranges { memory.add(range, to: batch, isWrite: isWrite) }
  }

  /// Adds what an append reads back and writes to a batch.
  mutating func add(
    _ plan: KeyValueMap.Append, reads: Int?, writes: Int?, _ memory: PIMMemory
  ) {
    if let reads {
      add(
        plan.restored, bytes: plan.restoredBytes, .stagedValues, isWrite: false, to: reads, memory)
    }
    guard let writes else { return }
    add(plan.keys, bytes: plan.keyBytes, .keyAppends, isWrite: true, to: writes, memory)
    add(
      plan.values, bytes: plan.valueBursts * memory.burstBytes, .valueAppends, isWrite: true,
      to: writes, memory)
    add(plan.staged, bytes: plan.stagedBytes, .stagedValues, isWrite: true, to: writes, memory)
  }
}

extension NPUPiece {
  /// What the bytes are for.
  var kind: HostTrafficKind {
    switch operand {
    case .input, .second: .activations
    case .weights, .parameters: .weights
    case .table: .embeddings
    case .output: .outputs
    case .keys, .values: .keysValues
    case .newest: .newest
    case .kept: .keyAppends
    }
  }
}

/// Gives out burst addresses one after the other, over all channels, from the start again when the end is reached.
struct BurstPlacer {
  private let burstBytes: Int
  private let count: Int
  private var next = 0

  /// `count` bursts are there.
  init(burstBytes: Int, count: Int) {
    self.burstBytes = burstBytes
    self.count = count
  }

  mutating func take(_ bytes: Int) -> (first: Int, count: Int) {
    let bursts = (bytes + burstBytes - 1) / burstBytes
    if next + bursts > count { next = 0 }
    defer { next += bursts }
    return (next, bursts)
  }
}
