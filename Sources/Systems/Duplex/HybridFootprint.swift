internal import Units
internal import Workload

/// The memory that a trace takes on the fullest device of a machine.
///
/// Weights and KV count once at their declared size, divided as the planner divides the work.
/// Activations count as the largest set that one operator needs at once.
struct HybridFootprint {
  private struct Device {
    var weights = 0
    var kv = 0
    var state = 0
    var activations = 0
    var total: Int { weights + kv + state + activations }
  }

  private let grid: DeviceGrid
  private let isApart: Bool
  /// For each pipeline stage the device that computes, and the one that keeps experts and KV when
  /// they are apart.
  private var devices: [Device]
  private var apart: [Device]
  private var seen: Set<Int> = []
  /// The pipeline stage of the operators that are added.
  var stage = 0

  init(grid: DeviceGrid) {
    self.grid = grid
    isApart = grid.expertDevices != grid.tensor * grid.data
    devices = [Device](repeating: Device(), count: grid.pipeline)
    apart = devices
  }

  mutating func add(_ op: Operator, weightsDivided: Bool, isSplit: Bool) {
    var activations = 0
    for tensor in op.inputs { add(tensor, weightsDivided, &activations) }
    for tensor in op.outputs { add(tensor, weightsDivided, &activations) }
    note(activations: isSplit ? dividedUp(activations, by: grid.tensor) : activations)
  }

  mutating func addExperts(_ op: Operator, groups: Int) {
    var activations = 0
    var experts = 0
    for tensor in op.inputs + op.outputs {
      if tensor.role == .weight {
        if seen.insert(tensor.id).inserted { experts += tensor.bytes.count }
      } else {
        add(tensor, false, &activations)
      }
    }
    // All experts have one size: a group of devices holds its number of them, divided over it.
    guard case .expertFFN(let ffn) = op.operation, experts > 0 else { return }
    let count = ffn.tokensPerExpert.count
    let share = dividedUp(
      dividedUp(experts, by: count) * dividedUp(count, by: groups),
      by: grid.expertDevices / groups)
    if isApart { apart[stage].weights += share } else { devices[stage].weights += share }
    note(activations: activations)
  }

  private mutating func note(activations: Int) {
    let share = dividedUp(activations, by: grid.data)
    devices[stage].activations = max(devices[stage].activations, share)
  }

  private mutating func add(_ tensor: Tensor, _ weightsDivided: Bool, _ activations: inout Int) {
    let bytes = tensor.bytes.count
    switch tensor.role {
    case .activation: activations += bytes
    case .weight:
      guard seen.insert(tensor.id).inserted else { return }
      devices[stage].weights += weightsDivided ? dividedUp(bytes, by: grid.tensor) : bytes
    case .state:
      guard seen.insert(tensor.id).inserted else { return }
      devices[stage].state += dividedUp(bytes, by: grid.data)
    case .kv:
      guard seen.insert(tensor.id).inserted else { return }
      let heads = tensor.shape.rank == 4 ? tensor.shape[2] : 1
      let slots = tensor.shape.first ?? 1
      let share =
        bytes / max(1, heads * slots) * grid.kvHeads(of: heads)
        * dividedUp(slots, by: grid.data)
      if isApart { apart[stage].kv += share } else { devices[stage].kv += share }
    }
  }

  /// What the fullest device holds, times `count` devices: it exceeds their capacity exactly when
  /// the fullest device exceeds its own.
  func footprint(devices count: Int) -> Footprint {
    let fullest = (devices + apart).max { $0.total < $1.total } ?? Device()
    return Footprint(
      weights: ByteCount(fullest.weights * count), kv: ByteCount(fullest.kv * count),
      state: ByteCount(fullest.state * count),
      activations: ByteCount(fullest.activations * count))
  }
}
