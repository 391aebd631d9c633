internal import DRAM

/// Which channel each request has, and which request each slot of the trace holds.
///
/// A request keeps its channel, since its keys and values lie there. The first batch is placed as a whole; requests that
/// come later go to the least loaded channel, or with round robin to the next one.
struct RequestRegistry {
  private var channels: [Int: Int] = [:]
  private var slots: [Int: Int] = [:]
  private var next = 0

  /// Notes that a request is in a slot; returns the one that was there before, which is over.
  mutating func take(slot: Int, request: Int) -> Int? {
    guard let old = slots.updateValue(request, forKey: slot), old != request else { return nil }
    channels[old] = nil
    return old
  }

  /// The channel of each request of a batch.
  mutating func place(
    _ batch: [StageExecutor.Request], channelCount: Int, layout: AttentionLayout,
    balance: ChannelBalance
  ) -> [Int] {
    let known = batch.map { channels[$0.number] }
    if !known.contains(where: { $0 != nil }) {
      let placement = ChannelPlacement(
        lengths: batch.map(\.tokens), channelCount: channelCount, layout: layout, balance: balance)
      for (request, channel) in zip(batch, placement.channels) {
        channels[request.number] = channel
      }
      next = batch.count
      return placement.channels
    }
    let costs = batch.map { ChannelPlacement.estimate(tokens: $0.tokens, layout: layout) }
    var loads = [Int](repeating: 0, count: channelCount)
    for (channel, cost) in zip(known, costs) { if let channel { loads[channel] += cost } }
    let new = batch.indices.filter { known[$0] == nil }.sorted {
      balance == .roundRobin || costs[$0] == costs[$1] ? $0 < $1 : costs[$0] > costs[$1]
    }
    for index in new {
      var channel = next % channelCount
      next += 1
      if balance != .roundRobin {
        channel = 0
        for other in loads.indices where loads[other] < loads[channel] { channel = other }
      }
      loads[channel] += costs[index]
      channels[batch[index].number] = channel
    }
    return batch.map { channels[$0.number] ?? 0 }
  }
}
