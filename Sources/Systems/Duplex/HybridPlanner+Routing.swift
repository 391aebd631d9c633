internal import Devices
internal import SimulationCore
public import Units
internal import Workload

extension HybridPlanner {
  /// Tokens to the devices of their experts.
  ///
  /// Tensor-parallel devices of one group all have the tokens, so nothing moves within a group.
  func addScatter(
    _ ffn: ExpertFFN, groups: Int, tokens: Int, dtype: DataType,
    to planned: inout PlannedOperator
  ) {
    if spec.separatePIMDevices != nil {
      addTransfer(dtype.bytes(tokens * ffn.hidden), to: &planned)
    }
    addExchange(ffn, groups: groups, dtype: dtype, to: &planned)
  }

  /// Outputs of experts back to the devices of their tokens, and the sum over devices.
  func addGather(
    _ ffn: ExpertFFN, groups: Int, parts: Int, tokens: Int, dtype: DataType,
    requests: [RequestRun], to planned: inout PlannedOperator
  ) {
    addExchange(ffn, groups: groups, dtype: dtype, to: &planned)
    if spec.separatePIMDevices != nil {
      addTransfer(dtype.bytes(tokens * ffn.hidden), to: &planned)
    }
    let share = RequestDivision.tokens(requests, groups: grid.data)
    let fullest = share.all == 0 ? dividedUp(tokens, by: grid.data) : share.most
    let reductions = parts > 1 ? spec.schedule.expertTensorReductions : 1
    for _ in 0..<reductions {
      addAllReduce(dtype.bytes(fullest * ffn.hidden), to: &planned)
    }
  }

  /// One direction of the exchange among data-parallel groups: as long as the busiest device sends or
  /// receives.
  ///
  /// Tokens are taken as spread evenly over the groups; each device of a group sends an equal part.
  private func addExchange(
    _ ffn: ExpertFFN, groups: Int, dtype: DataType, to planned: inout PlannedOperator
  ) {
    guard grid.data > 1 else { return }
    let experts = ffn.tokensPerExpert.count
    let parts = grid.expertDevices / groups
    let row = dtype.bytes(ffn.hidden)
    let all = ffn.tokensPerExpert.reduce(0, +) * row
    // Of the pairs of token and expert, those whose ends lie in different groups.
    let remote = all - all / grid.data
    let send = dividedUp(remote, by: grid.data * grid.tensor)
    var receive = 0
    for group in 0..<groups {
      let first = dividedUp(group * experts, by: groups)
      let last = dividedUp((group + 1) * experts, by: groups)
      let bytes = ffn.tokensPerExpert[first..<last].reduce(0, +) * row
      receive = max(receive, dividedUp(bytes - bytes / grid.data, by: parts))
    }
    let crossed = link(spanning: grid.data * grid.tensor)
    let time =
      crossed.latency + crossed.bandwidth.duration(moving: ByteCount(max(send, receive)))
    planned.append(.link(time))
    planned.linkBytes += remote
  }
}

/// How unevenly tokens fall on experts.
public struct ExpertLoadRecord: Hashable, Sendable {
  /// Layers of experts that had tokens.
  public private(set) var layers = 0
  /// Tokens of all experts of all layers.
  public private(set) var tokens = 0
  /// The worst ratio of the fullest expert to the mean of its layer.
  public private(set) var worstImbalance = 0.0
  private var sum = 0.0
  private var lacksOptimum = false
  /// The time of experts divided between xPU and PIM, over all layers; nil where they are not.
  public private(set) var divisionTime: Duration?
  /// The same with the best division of each layer; nil where a device holds too many experts for it.
  public private(set) var optimalDivisionTime: Duration?

  public init() {}

  /// The ratio of the fullest expert to the mean, averaged over layers; nil without experts.
  public var meanImbalance: Double? { layers > 0 ? sum / Double(layers) : nil }

  /// Notes the time of one layer's division, and of the best one.
  mutating func addDivision(chosen: Duration, optimum: Duration) {
    divisionTime = (divisionTime ?? .zero) + chosen
    if chosen > .zero, optimum == .zero { lacksOptimum = true }
    optimalDivisionTime = lacksOptimum ? nil : (optimalDivisionTime ?? .zero) + optimum
  }

  /// Notes the tokens of the experts of one layer.
  public mutating func add(_ tokensPerExpert: [Int]) {
    let all = tokensPerExpert.reduce(0, +)
    guard all > 0, let most = tokensPerExpert.max() else { return }
    let ratio = Double(most * tokensPerExpert.count) / Double(all)
    layers += 1
    tokens += all
    sum += ratio
    worstImbalance = max(worstImbalance, ratio)
  }
}
