internal import Units
internal import Workload

/// The memory that a trace takes on the fullest device of a machine, and where it lies there.
///
/// Weights and KV count once at their declared size, divided as the planner divides the work.
/// Activations count as the largest set that one operator needs at once.
struct HybridFootprint {
  private struct Device {
    var weights = 0
    var experts: [Int]
    var cache: [Int]
    var state = 0
    var activations = 0
    var prompts = 0
    var overflow: SpaceOverflow?
    var placements: [PlacementRecord] = []
    private(set) var sharedEnd = 0

    init(spaces: Int) {
      experts = [Int](repeating: 0, count: spaces)
      cache = experts
    }

    var kv: Int { cache.reduce(0, +) }
    var allExperts: Int { experts.reduce(0, +) }
    var total: Int { weights + allExperts + kv + state + activations }
    /// What lies over all banks.
    var shared: Int { weights + state + activations }

    /// What lies in one space.
    func used(_ space: Int, of spaces: DeviceSpaces) -> Int {
      dividedUp(shared, by: spaces.count) + experts[space] + cache[space]
        + (space == spaces.ofPrompts ? prompts : 0)
    }

    /// The address of a tensor that lies over all banks, upwards.
    mutating func takeShared(_ bytes: Int) -> Int {
      defer { sharedEnd += bytes }
      return sharedEnd
    }
  }

  private let grid: DeviceGrid
  private let spaces: DeviceSpaces
  private let isApart: Bool
  private let keepsPlacements: Bool
  /// For each pipeline stage the device that computes, and the one that keeps experts and KV when
  /// they are apart.
  private var devices: [Device]
  private var apart: [Device]
  private var seen: Set<Int> = []
  private var expertTurns: [Int: Int] = [:]
  private var cacheTurns: [Int: Int] = [:]
  /// The pipeline stage of the operators that are added.
  var stage = 0

  init(grid: DeviceGrid, spaces: DeviceSpaces, keepsPlacements: Bool) {
    self.grid = grid
    self.spaces = spaces
    self.keepsPlacements = keepsPlacements
    isApart = grid.expertDevices != grid.tensor * grid.data
    devices = [Device](repeating: Device(spaces: spaces.count), count: grid.pipeline)
    apart = devices
  }

  // MARK: Tensors

  mutating func add(_ op: Operator, weightsDivided: Bool, isSplit: Bool) {
    var activations = 0
    for tensor in op.inputs { add(tensor, of: op, weightsDivided, &activations) }
    for tensor in op.outputs { add(tensor, of: op, weightsDivided, &activations) }
    note(activations: isSplit ? dividedUp(activations, by: grid.tensor) : activations, of: op)
  }

  mutating func addExperts(_ op: Operator, groups: Int) {
    guard case .expertFFN(let ffn) = op.operation else { return }
    var activations = 0
    let count = ffn.tokensPerExpert.count
    let local = dividedUp(count, by: groups)
    let turn = turn(ofExperts: op)
    for tensor in op.inputs + op.outputs {
      guard tensor.role == .weight else {
        add(tensor, of: op, false, &activations)
        continue
      }
      guard seen.insert(tensor.id).inserted else { continue }
      // All experts have one size: a group of devices holds its number of them, divided over it.
      let each = dividedUp(
        dividedUp(tensor.bytes.count, by: count), by: grid.expertDevices / groups)
      for index in 0..<local {
        let space = spaces.ofExpert(index, of: local, turn: turn)
        place(each, in: space, tensor, of: op) { $0.experts[space] += each }
      }
    }
    note(activations: activations, of: op)
  }

  /// Keys and values of prompts of one operator, which wait in their space.
  mutating func note(prompts bytes: Int, of op: Operator) {
    update(isCache: true) { device in
      device.prompts = max(device.prompts, bytes)
    }
    check(op.outputs.first?.id ?? op.id, "keys and values of prompts, \(op.name)", isCache: true)
  }

  /// The layers of experts before that of `op`.
  mutating func turn(ofExperts op: Operator) -> Int {
    let layer = op.layer ?? 0
    if let turn = expertTurns[layer] { return turn }
    expertTurns[layer] = expertTurns.count
    return expertTurns.count - 1
  }

  /// The KV tensors before that one.
  mutating func turn(ofCache tensor: Int) -> Int {
    if let turn = cacheTurns[tensor] { return turn }
    cacheTurns[tensor] = cacheTurns.count
    return cacheTurns.count - 1
  }

  private mutating func note(activations: Int, of op: Operator) {
    let share = dividedUp(activations, by: grid.data)
    guard share > devices[stage].activations else { return }
    devices[stage].activations = share
    check(op.outputs.first?.id ?? op.id, "activations of \(op.name)", isCache: false)
  }

  private mutating func add(
    _ tensor: Tensor, of op: Operator, _ weightsDivided: Bool, _ activations: inout Int
  ) {
    let bytes = tensor.bytes.count
    switch tensor.role {
    case .activation: activations += bytes
    case .weight:
      guard seen.insert(tensor.id).inserted else { return }
      let share = weightsDivided ? dividedUp(bytes, by: grid.tensor) : bytes
      devices[stage].weights += share
      placeShared(share, tensor, of: op)
    case .state:
      guard seen.insert(tensor.id).inserted else { return }
      let share = dividedUp(bytes, by: grid.data)
      devices[stage].state += share
      placeShared(share, tensor, of: op)
    case .kv:
      guard seen.insert(tensor.id).inserted else { return }
      let heads = tensor.shape.rank == 4 ? tensor.shape[2] : 1
      let slots = tensor.shape.first ?? 1
      let each = bytes / max(1, heads * slots) * grid.kvHeads(of: heads)
      let turn = turn(ofCache: tensor.id)
      var bySpace = [Int](repeating: 0, count: spaces.count)
      for slot in 0..<dividedUp(slots, by: grid.data) {
        bySpace[spaces.ofCache(slot: slot, turn: turn)] += each
      }
      for (space, share) in bySpace.enumerated() where share > 0 {
        place(share, in: space, tensor, of: op) { $0.cache[space] += share }
      }
    }
  }

  // MARK: Places

  private mutating func update(isCache: Bool, _ change: (inout Device) -> Void) {
    if isCache && isApart { change(&apart[stage]) } else { change(&devices[stage]) }
  }

  /// Bundles fill their space from its end downwards.
  private mutating func place(
    _ bytes: Int, in space: Int, _ tensor: Tensor, of op: Operator,
    _ count: (inout Device) -> Void
  ) {
    let (spaces, keeps) = (spaces, keepsPlacements)
    update(isCache: true) { device in
      count(&device)
      guard keeps else { return }
      device.placements.append(
        PlacementRecord(
          tensor: tensor.id, name: op.name, layout: spaces.count > 1 ? .bundle : .interleaved,
          space: spaces.count > 1 ? space : nil,
          address: spaces.capacity - device.experts[space] - device.cache[space],
          bytes: ByteCount(bytes)))
    }
    check(tensor.id, "\(tensor.role.rawValue) of \(op.name)", isCache: true)
  }

  private mutating func placeShared(_ bytes: Int, _ tensor: Tensor, of op: Operator) {
    if keepsPlacements {
      let address = devices[stage].takeShared(bytes)
      devices[stage].placements.append(
        PlacementRecord(
          tensor: tensor.id, name: op.name, layout: .interleaved, space: nil, address: address,
          bytes: ByteCount(bytes)))
    }
    check(tensor.id, "\(tensor.role.rawValue) of \(op.name)", isCache: false)
  }

  /// Notes the first tensor for which a space has no room.
  private mutating func check(_ tensor: Int, _ name: String, isCache: Bool) {
    guard spaces.count > 1 else { return }
    let spaces = spaces
    // Devices apart from PIM have no bundles.
    if isApart && !isCache { return }
    update(isCache: isCache) { device in
      guard device.overflow == nil else { return }
      for space in 0..<spaces.count where device.used(space, of: spaces) > spaces.capacity {
        device.overflow = SpaceOverflow(space: space, tensor: tensor, name: name)
        return
      }
    }
  }

  // MARK: Results

  private var fullest: Device {
    (devices + apart).max { $0.total < $1.total } ?? Device(spaces: spaces.count)
  }

  /// What the fullest device holds, times `count` devices: it exceeds their capacity exactly when
  /// the fullest device exceeds its own.
  func footprint(devices count: Int) -> Footprint {
    let fullest = fullest
    return Footprint(
      weights: ByteCount((fullest.weights + fullest.allExperts) * count),
      kv: ByteCount(fullest.kv * count), state: ByteCount(fullest.state * count),
      activations: ByteCount(fullest.activations * count))
  }

  /// The device whose spaces are shown: the fullest of those with bundles.
  private var divided: Device {
    let candidates = isApart ? apart : devices
    func most(_ device: Device) -> Int {
      (0..<spaces.count).map { device.used($0, of: spaces) }.max() ?? 0
    }
    return candidates.max { most($0) < most($1) } ?? Device(spaces: spaces.count)
  }

  /// What lies in each space of the fullest device with bundles; empty where there are none.
  var records: [MemorySpaceRecord] {
    guard spaces.count > 1 else { return [] }
    let device = divided
    let shared = spaces.spread(device.shared)
    return (0..<spaces.count).map { space in
      var record = MemorySpaceRecord(space: space, capacity: ByteCount(spaces.capacity))
      record.shared = ByteCount(shared[space])
      record.experts = ByteCount(device.experts[space])
      record.cache = ByteCount(device.cache[space])
      record.prompts = ByteCount(space == spaces.ofPrompts ? device.prompts : 0)
      return record
    }
  }

  /// The first tensor that did not fit its space, if one did not.
  var overflow: SpaceOverflow? { (devices + apart).compactMap(\.overflow).first }

  /// Where tensors lie on the fullest device of each kind.
  var placements: [PlacementRecord] {
    (isApart ? devices + apart : devices).flatMap(\.placements)
  }
}
