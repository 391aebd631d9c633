/// Which rows a micro-experiment computes on.
public enum PIMRowKind: String, CaseIterable, Hashable, Sendable {
  /// Rows of keys: a product for each head in the row.
  case key
  /// Rows of values: one product over a row of tokens.
  case value
}

/// What a micro-experiment on one channel took.
public struct PIMRowsResult: Sendable {
  /// Clocks until the last result had arrived.
  public var pimCycles: Int
  /// Clocks until the last host read had arrived; nil without host reads.
  public var hostReadCycles: Int?
  public var counts: PIMCommandCounts
  /// The command log, when it was asked for.
  public var commands: [CommandRecord]
}

/// Runs `count` rows of products on one idle channel, with `hostReads` sequential reads of the host beside them.
///
/// - Parameters:
///   - columns: column steps of a product; by default 8 for keys (a head of 128) and a whole row for values.
/// - Throws: `MemoryError` for a memory without PIM or a count out of range.
public func runPIMRows(
  _ compiled: CompiledStandard, _ configuration: PIMConfiguration, kind: PIMRowKind, count: Int,
  columns: Int? = nil, hostReads: Int = 0, keepsCommands: Bool = false
) throws -> PIMRowsResult {
  let rows = compiled.standard.organization.rows
  guard count >= 0, count <= 1 << 24 else {
    throw MemoryError("count must be 0 to 2^24 rows, not \(count)")
  }
  let layout = try AttentionLayout(compiled, heads: 4, headDimension: 128)
  let whole = layout.rowElements / layout.lanes
  let steps = columns ?? (kind == .key ? 128 / layout.lanes : whole)
  guard steps >= 1, steps <= whole else {
    throw MemoryError("comps must be 1 to \(whole), the columns of a row, not \(steps)")
  }
  let burstsPerRow = compiled.standard.organization.columns * compiled.bankCount
  guard hostReads >= 0, hostReads <= burstsPerRow * (rows / 2) else {
    throw MemoryError("host reads must be 0 to \(burstsPerRow * (rows / 2)), not \(hostReads)")
  }
  var channel = try PIMChannel(compiled, configuration, firstPIMRow: rows / 2)
  channel.isLogging = keepsCommands
  if count > 0 {
    let products = kind == .key ? layout.headsPerRow : 1
    _ = channel.addProducts([
      PIMBlock(
        loadsOperand: false, rows: count, products: products, columns: steps,
        announcedColumns: kind == .key ? nil : powerOfTwo(notBelow: steps))
    ])
  }
  let batch = channel.addHost(first: 0, count: hostReads, isWrite: false)
  channel.run(until: .max, stop: .drained)
  return PIMRowsResult(
    pimCycles: count > 0 ? channel.blockDone[0] + 1 : 0,
    hostReadCycles: hostReads > 0 ? channel.batches[batch].done + 1 : nil, counts: channel.counts,
    commands: channel.log)
}

/// A decode request and the channel that holds its keys and values.
public struct ChannelRequest: Hashable, Sendable {
  public var tokens: Int
  public var channel: Int

  public init(tokens: Int, channel: Int) {
    self.tokens = tokens
    self.channel = channel
  }
}

/// What attention over a batch took on its channels: all keys, and all values.
public struct PIMAttentionResult: Sendable {
  /// Clocks of the slowest channel in each phase.
  public var keyPhaseCycles: Int
  public var valuePhaseCycles: Int
  /// Clocks of each channel.
  public var keyCyclesByChannel: [Int]
  public var valueCyclesByChannel: [Int]
  public var keyCounts: PIMCommandCounts
  public var valueCounts: PIMCommandCounts
  public var commands: [CommandRecord]

  public var cycles: Int { keyPhaseCycles + valuePhaseCycles }
}

/// Runs the attention products of a batch of decode requests, without host traffic.
///
/// The values follow the keys of the slowest channel, or start on channels as idle as the keys did (`isSequence`
/// false): then rows and refreshes are as at clock 0.
///
/// - Throws: `MemoryError` for a request of no tokens or a channel that does not exist.
public func runPIMAttention(
  _ compiled: CompiledStandard, _ configuration: PIMConfiguration, layout: AttentionLayout,
  requests: [ChannelRequest], channels: Int, isSequence: Bool = true, keepsCommands: Bool = false
) throws -> PIMAttentionResult {
  guard channels >= 1, channels <= 4096 else {
    throw MemoryError("channels must be 1 to 4096, not \(channels)")
  }
  var byChannel = [[Int]](repeating: [], count: channels)
  for request in requests {
    guard request.tokens >= 1, request.tokens <= 1 << 24 else {
      throw MemoryError("a request needs 1 to 2^24 tokens, not \(request.tokens)")
    }
    guard byChannel.indices.contains(request.channel) else {
      throw MemoryError(
        "a request names channel \(request.channel), but there are \(channels) channels, from 0 on")
    }
    byChannel[request.channel].append(request.tokens)
  }
  func makeUnits() throws -> PIMChannelArray {
    let units = PIMChannelArray(channels)
    for index in 0..<channels {
      try units.make(index, compiled, configuration, keepsCommands: keepsCommands)
    }
    return units
  }
  func phase(
    _ units: PIMChannelArray, from begin: Int, _ blocks: (Int) -> [PIMBlock]
  ) -> (last: [Int], counts: PIMCommandCounts) {
    var last = [Int](repeating: begin, count: channels)
    var counts = PIMCommandCounts(commandCount: compiled.standard.commands.count)
    for index in 0..<channels {
      let before = units[index].counts
      units[index].run(until: begin)
      var first = -1
      for tokens in byChannel[index] {
        let number = units[index].addProducts(blocks(tokens))
        if first < 0 { first = number }
      }
      if first >= 0 {
        units[index].run(until: .max, stop: .productsDrained)
        for block in first..<units[index].blockDone.count {
          last[index] = max(last[index], units[index].blockDone[block] + 1)
        }
      }
      counts += units[index].counts
      counts -= before
    }
    return (last, counts)
  }
  let first = try makeUnits()
  let keys = phase(first, from: 0, layout.keyBlocks)
  let keyEnd = keys.last.max() ?? 0
  let second = isSequence ? first : try makeUnits()
  let valueStart = isSequence ? keyEnd : 0
  let values = phase(second, from: valueStart, layout.valueBlocks)
  var commands: [CommandRecord] = []
  if keepsCommands {
    for index in 0..<channels { commands += first[index].log }
    if !isSequence { for index in 0..<channels { commands += second[index].log } }
  }
  return PIMAttentionResult(
    keyPhaseCycles: keyEnd, valuePhaseCycles: (values.last.max() ?? valueStart) - valueStart,
    keyCyclesByChannel: keys.last, valueCyclesByChannel: values.last.map { $0 - valueStart },
    keyCounts: keys.counts, valueCounts: values.counts, commands: commands)
}

/// Channels side by side in memory of their own.
final class PIMChannelArray {
  private let base: UnsafeMutablePointer<PIMChannel>
  private(set) var made = 0

  init(_ count: Int) { base = .allocate(capacity: max(count, 1)) }

  deinit {
    base.deinitialize(count: made)
    base.deallocate()
  }

  /// Makes the next channel; they are made in order.
  func make(
    _ index: Int, _ compiled: CompiledStandard, _ configuration: PIMConfiguration,
    keepsCommands: Bool = false
  ) throws {
    precondition(index == made, "channels are made in order")
    (base + index).initialize(
      to: try PIMChannel(
        compiled, configuration, channel: index,
        firstPIMRow: compiled.standard.organization.rows / 2))
    base[index].isLogging = keepsCommands
    made += 1
  }

  subscript(index: Int) -> PIMChannel {
    unsafeAddress { UnsafePointer(base + index) }
    unsafeMutableAddress { base + index }
  }
}
