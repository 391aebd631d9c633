/// Bursts of one channel in its own order (columns, then banks, then rows): runs of `run` bursts, `stride` apart.
public struct ChannelRange: Hashable, Sendable {
  public var channel: Int
  public var first: Int
  /// Bursts of all runs together.
  public var count: Int
  public var run: Int
  public var stride: Int

  /// `count` bursts one after the other, or in runs.
  public init(channel: Int, first: Int, count: Int, run: Int = .max, stride: Int = 0) {
    self.channel = channel
    self.first = first
    self.count = count
    self.run = run
    self.stride = stride
  }
}

extension PIMMemory {
  /// Bursts of a row of one bank.
  public var burstsPerRow: Int { compiled.standard.organization.columns }

  /// Bytes of the memory at addresses below row `row` of every bank of every channel.
  public func bytes(rows: Int) -> Int {
    rows * compiled.bankCount * channelCount * burstsPerRow * burstBytes
  }

  /// Starts a batch without accesses, whose accesses will stand in `line`; returns its number.
  public func makeBatch(_ line: HostLine) -> Int {
    for index in 0..<channelCount {
      _ = units[index].addHost(first: 0, count: 0, isWrite: false)
    }
    lines.append(line)
    return lines.count - 1
  }

  /// Adds accesses in one channel to a batch.
  public func add(_ range: ChannelRange, to batch: Int, isWrite: Bool) {
    _ = units[range.channel].addHost(
      first: range.first, count: range.count, isWrite: isWrite, line: lines[batch], batch: batch,
      run: range.run, stride: range.stride)
  }

  /// The bursts that hold bytes of an address range, a range for each channel that has some.
  ///
  /// Addresses go through a row of a bank, then the same row and bank of the next channel, then the next bank, then
  /// the next row.
  ///
  /// Complexity: O(channels touched), whatever the length.
  public func ranges(of extent: Extent) -> [ChannelRange] {
    guard extent.length > 0 else { return [] }
    let low = extent.offset / burstBytes
    let high = (extent.offset + extent.length + burstBytes - 1) / burstBytes
    let columns = burstsPerRow
    let page = low / columns
    let lastPage = min((high - 1) / columns, page + channelCount - 1)
    return (page...lastPage).map { number in
      let channel = number % channelCount
      let first = burstsBelow(low, in: channel)
      return ChannelRange(
        channel: channel, first: first, count: burstsBelow(high, in: channel) - first)
    }
  }

  /// Adds the bursts that hold bytes of an address range to a batch; returns how many.
  @discardableResult
  public func add(_ extent: Extent, to batch: Int, isWrite: Bool) -> Int {
    var count = 0
    for range in ranges(of: extent) {
      add(range, to: batch, isWrite: isWrite)
      count += range.count
    }
    return count
  }

  /// Accesses of the host that have not been sent: writes that wait for more of them.
  public var waitingAccesses: Int {
    var count = 0
    for index in 0..<channelCount {
      for batch in 0..<units[index].batches.count { count += units[index].batches[batch].left }
    }
    return count
  }

  /// How many bursts below burst `limit` (counted in the order of addresses) lie in a channel.
  private func burstsBelow(_ limit: Int, in channel: Int) -> Int {
    let columns = burstsPerRow
    let round = limit / (columns * channelCount)
    let rest = limit - round * columns * channelCount - channel * columns
    return round * columns + min(max(rest, 0), columns)
  }

  /// When the last datum of a batch's accesses in one channel was there, or nil while some are under way.
  public func done(_ batch: Int, channel: Int) -> Int? {
    guard units[channel].batches[batch].left == 0 else { return nil }
    let last = units[channel].batches[batch].done
    return last <= clock ? last : nil
  }

  /// Sends the writes that wait in a channel without waiting for more of them: what a dependent read asks for.
  public func drainWrites(channel: Int) {
    units[channel].drainWrites()
  }
}
