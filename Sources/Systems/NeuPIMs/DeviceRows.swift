internal import DRAM

/// The rows of one device's memory, shared by what the NPU addresses and by what lies in one channel.
///
/// Weights and activations grow from row 0 of every bank and channel; keys, values and operands of a channel grow from
/// its last row down. Row r stands for the row of that number in all banks of a channel.
final class DeviceRows {
  let channelCount: Int
  /// Rows of a bank.
  let rows: Int
  /// Bytes of one row over all banks and channels.
  let rowBytes: Int
  /// Bytes after which an address is in the first channel again.
  let alignment: Int
  /// Whether what does not fit is laid over what is there.
  let wraps: Bool
  let system: String
  private var hostBytes = 0
  private var top: [Int]
  private var free: [Int: [[Int]]] = [:]

  init(memory: PIMMemory, system: String, wraps: Bool) {
    channelCount = memory.channelCount
    rows = memory.compiled.standard.organization.rows
    rowBytes = memory.bytes(rows: 1)
    alignment = memory.burstsPerRow * memory.burstBytes * memory.channelCount
    self.wraps = wraps
    self.system = system
    top = [Int](repeating: rows, count: memory.channelCount)
  }

  /// Rows of every channel that hold weights and activations.
  var hostRows: Int { (hostBytes + rowBytes - 1) / rowBytes }

  /// Rows of a channel that hold keys, values and operands.
  func channelRows(_ channel: Int) -> Int { rows - top[channel] }

  /// Addresses for `bytes` of what `owner` says.
  ///
  /// - Throws: `SystemError` when a channel has no room.
  func allocate(bytes: Int, owner: String) throws -> Int {
    let size = (bytes + alignment - 1) / alignment * alignment
    let needed = (hostBytes + size + rowBytes - 1) / rowBytes
    if let full = top.indices.min(by: { top[$0] < top[$1] }), needed > top[full] {
      guard wraps else {
        throw SystemError(
          refusal(full, "\(owner) need \(needed - hostRows) more rows of every channel"))
      }
      hostBytes = 0
    }
    defer { hostBytes += size }
    return hostBytes
  }

  /// The first of `count` consecutive rows of a channel, for what `owner` says.
  ///
  /// - Throws: `SystemError` when the channel has no room.
  func allocate(count: Int, channel: Int, owner: @autoclosure () -> String) throws -> Int {
    if let row = free[count]?[channel].popLast() { return row }
    if top[channel] - count < hostRows {
      guard wraps else {
        throw SystemError(refusal(channel, "\(owner()) needs \(count) more rows"))
      }
      top[channel] = rows
    }
    top[channel] -= count
    return top[channel]
  }

  /// Gives rows back that were allocated together.
  func release(row: Int, count: Int, channel: Int) {
    free[count, default: [[Int]](repeating: [], count: channelCount)][channel].append(row)
  }

  private func refusal(_ channel: Int, _ what: String) -> String {
    "channel \(channel) of '\(system)' is full: \(what), but of \(rows) rows weights and activations take \(hostRows) "
      + "and keys, values and operands \(channelRows(channel)); use fewer or shorter requests, fewer layers, a larger "
      + "parallel.tensor or parallel.pipeline, or --allow-oversubscription"
  }
}
