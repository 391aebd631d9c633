internal import DRAM

/// Requests on channels, and their cut into sub-batches.
struct ChannelPlacement {
  /// The estimate of NeuPIMs (Algorithm 1): 100 clocks a load, 184 a row.
  static func estimate(tokens: Int, layout: AttentionLayout) -> Int {
    let loads = layout.keyBlocks(tokens: tokens).count + layout.valueBlocks(tokens: tokens).count
    return 100 * loads + 184 * (layout.keyRows(tokens: tokens) + layout.valueRows(tokens: tokens))
  }

  /// The channel of each request.
  let channels: [Int]

  /// A placement that is already known.
  init(channels: [Int]) { self.channels = channels }

  init(lengths: [Int], channelCount: Int, layout: AttentionLayout, balance: ChannelBalance) {
    let costs = lengths.map { Self.estimate(tokens: $0, layout: layout) }
    switch balance {
    case .roundRobin: channels = lengths.indices.map { $0 % channelCount }
    case .minLoad: channels = Self.greedy(costs, channelCount)
    case .optimal: channels = Self.improved(Self.greedy(costs, channelCount), costs, channelCount)
    }
  }

  private static func greedy(_ costs: [Int], _ count: Int) -> [Int] {
    var loads = [Int](repeating: 0, count: count)
    var result = [Int](repeating: 0, count: costs.count)
    let order = costs.indices.sorted { costs[$0] != costs[$1] ? costs[$0] > costs[$1] : $0 < $1 }
    for request in order {
      var best = 0
      for channel in loads.indices where loads[channel] < loads[best] { best = channel }
      loads[best] += costs[request]
      result[request] = best
    }
    return result
  }

  /// Moves and exchanges from the fullest channel while they lower the larger of two loads.
  private static func improved(_ start: [Int], _ costs: [Int], _ count: Int) -> [Int] {
    var result = start
    var loads = [Int](repeating: 0, count: count)
    for (request, channel) in start.enumerated() { loads[channel] += costs[request] }
    for _ in 0..<(4 * costs.count) {
      var full = 0
      for channel in loads.indices where loads[channel] > loads[full] { full = channel }
      var best: (gain: Int, from: Int, to: Int?, channel: Int)?
      for from in costs.indices where result[from] == full {
        for channel in loads.indices where channel != full {
          let after = max(loads[full] - costs[from], loads[channel] + costs[from])
          if loads[full] - after > best?.gain ?? 0 {
            best = (loads[full] - after, from, nil, channel)
          }
        }
        for to in costs.indices where result[to] != full && costs[to] < costs[from] {
          let channel = result[to]
          let moved = costs[from] - costs[to]
          let after = max(loads[full] - moved, loads[channel] + moved)
          if loads[full] - after > best?.gain ?? 0 {
            best = (loads[full] - after, from, to, channel)
          }
        }
      }
      guard let best else { break }
      let moved = costs[best.from] - (best.to.map { costs[$0] } ?? 0)
      loads[full] -= moved
      loads[best.channel] += moved
      result[best.from] = best.channel
      if let to = best.to { result[to] = full }
    }
    return result
  }

  /// Requests of the two sub-batches, each in the order of the channels and then of the requests.
  func subBatches(
    costs: [Int], channelCount: Int, split: SubBatchSplit
  ) -> (first: [Int], second: [Int]) {
    var first: [Int] = []
    var second: [Int] = []
    var roundsUp = true
    for channel in 0..<channelCount {
      let members = channels.indices.filter { channels[$0] == channel }
      switch split {
      case .count:
        var half = members.count / 2
        if members.count % 2 != 0 {
          if roundsUp { half += 1 }
          roundsUp.toggle()
        }
        first += members.prefix(half)
        second += members.dropFirst(half)
      case .latency:
        var loads = (0, 0)
        for member in members.sorted(by: {
          costs[$0] != costs[$1] ? costs[$0] > costs[$1] : $0 < $1
        }) {
          if loads.0 <= loads.1 {
            loads.0 += costs[member]
            first.append(member)
          } else {
            loads.1 += costs[member]
            second.append(member)
          }
        }
      }
    }
    return (first, second)
  }
}
