public import Units
public import Workload

/// The parameters of the links between devices.
public struct LinkSpec: Hashable, Sendable, Codable {
  /// The rate of one device in one direction.
  public var bandwidth: Bandwidth
  /// The time of one hop.
  public var latency: Duration

  public init(bandwidth: Bandwidth, latency: Duration) {
    self.bandwidth = bandwidth
    self.latency = latency
  }

  /// The time of a collective among equal peers that all can send at once.
  ///
  /// All-reduce takes 2(d−1) hops of latency + (bytes/d)/bandwidth, as the Duplex authors'
  /// simulator has it; all-gather, reduce-scatter and all-to-all (d−1) such hops; the others one hop with all
  /// bytes. Contention with other traffic and congestion inside a switch are left out.
  public func duration(of collective: Collective) -> Duration {
    let devices = collective.group.count
    guard devices > 1 else { return .zero }
    let whole = ByteCount(collective.bytes)
    let share = ByteCount((collective.bytes + devices - 1) / devices)
    let hop = latency + bandwidth.duration(moving: share)
    switch collective.function {
    case .allReduce: return hop * (2 * (devices - 1))
    case .allGather, .reduceScatter, .allToAll: return hop * (devices - 1)
    case .broadcast, .send, .receive: return latency + bandwidth.duration(moving: whole)
    }
  }
}
