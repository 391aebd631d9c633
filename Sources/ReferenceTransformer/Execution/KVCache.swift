internal import Numerics
internal import Units
internal import Workload

/// The keys and values of all layers, for a number of slots.
///
/// The values lie `[slots, capacity, kv_heads, head_dim]` whatever the policy. The trace's tensors follow
/// it: a layer has a group of heads, or two, each with two tensors `[slots, tokens, heads, head_dim]` and
/// two of scales `[slots, tokens, heads, 1]` when the cache holds integers; heads that see a window
/// hold no more tokens than their sinks and the windows of a step's queries.
final class KVCache {
  /// Key-value heads that are cached and read alike.
  struct Group {
    let policy: LayerKVPolicy.Group
    var key: Value
    var value: Value
    var keyScale: Value?
    var valueScale: Value?

    /// All tensors of the group, in order of address.
    var tensors: [Value] { [key, value] + [keyScale, valueScale].compactMap { $0 } }
  }

  struct Layer {
    /// The values of all heads; nil without storage.
    var key: Storage?
    var value: Storage?
    var groups: [Group]
    /// How keys are picked by their scores, if they are.
    var choice: LayerKVPolicy.Choice?
    /// The last token's key and value, `[slots, 2 * kv_heads * head_dim]`, when KV shifting is on.
    var last: Value?
    /// The last token's input of the feed-forward network, `[slots, hidden]`, with Shift-FFN.
    var lastInput: Value?
    /// The mean key of each block, `[slots, blocks, kv_heads, head_dim]`; its storage holds sums.
    var blockMeans: Value?
    /// The positions that queries picked, `[slots, rows, width]`.
    var picked: Value?
    /// The state of linear attention, `[slots, heads, head_dim, head_dim]`.
    var linearState: Value?
    /// Picked positions by slot and head, of recycled attention.
    var recycled: [Int: [[Int]]] = [:]

    /// Everything that outlives a step.
    private var states: [WritableKeyPath<Layer, Value?>] {
      [\.last, \.lastInput, \.blockMeans, \.picked, \.linearState]
    }

    mutating func forgetProducers() {
      for index in groups.indices { groups[index].setProducer(nil) }
      for state in states { self[keyPath: state]?.producer = nil }
    }
  }

  let slots: Int
  let capacity: Int
  var layers: [Layer] = []
  /// What storing does to values; nil keeps binary32.
  let rounding: KVRounding?
  /// The first byte behind the cache.
  private(set) var endAddress: Int
  /// The first tensor id behind the cache.
  private(set) var nextID: Int

  /// - Parameters:
  ///   - longestQuery: the most tokens of a request in one recorded step.
  ///   - firstID: the id of the first tensor.
  init(
    _ configuration: ModelConfiguration, layers count: Int, slots: Int, capacity: Int,
    longestQuery: Int, switches: ArchitectureSwitches, firstID: Int, address: Int,
    hasStorage: Bool
  ) {
    let architecture = configuration.architecture
    self.slots = slots
    self.capacity = capacity
    let type = switches.kvType ?? architecture.dtype
    let (heads, dim) = (architecture.kvHeads, architecture.headDim)
    rounding = switches.kvType.map { KVRounding(type: $0, headDim: dim) }
    nextID = firstID
    endAddress = address
    for index in 0..<count {
      let policy = switches.kvPolicy.layer(
        index, architecture, ownWindow: configuration.windows[index])
      let isCached = switches.linearDecay == nil
      let stored = slots * capacity * heads * dim
      var made = Layer(
        key: hasStorage && isCached ? Storage(count: stored) : nil,
        value: hasStorage && isCached ? Storage(count: stored) : nil, groups: [],
        choice: policy.choice)
      if !isCached {
        made.linearState = place(
          "linear.\(index).state", [slots, architecture.heads, dim, dim], architecture.dtype,
          .state, hasStorage: hasStorage)
      }
      for (number, group) in policy.groups.enumerated() where isCached {
        var tokens = capacity
        if group.isBounded, let window = group.window {
          tokens = min(capacity, window + group.sinks + longestQuery - 1)
        }
        let name = "kv.\(index)" + (number == 0 ? "" : ".streaming")
        func tensor(_ part: String, _ width: Int, _ type: DataType) -> Value {
          place("\(name).\(part)", [slots, tokens, group.heads.count, width], type, .kv)
        }
        let key = tensor("key", dim, type)
        let value = tensor("value", dim, type)
        let hasScales = SymmetricRounding.hasScales(type)
        made.groups.append(
          Group(
            policy: group, key: key, value: value,
            keyScale: hasScales ? tensor("key_scale", 1, .f16) : nil,
            valueScale: hasScales ? tensor("value_scale", 1, .f16) : nil))
      }
      if switches.shiftsKV {
        made.last = place(
          "kv.\(index).last", [slots, 2 * heads * dim], architecture.dtype, .state,
          hasStorage: hasStorage)
      }
      if switches.feedForwardShift != 0 {
        made.lastInput = place(
          "ffn.\(index).last", [slots, architecture.hidden], architecture.dtype, .state,
          hasStorage: hasStorage)
      }
      switch policy.choice {
      case .blocks(let size, _):
        made.blockMeans = place(
          "kv.\(index).block_means", [slots, (capacity + size - 1) / size, heads, dim], type, .kv,
          hasStorage: hasStorage)
      case .selects(let keys):
        made.picked = place(
          "kv.\(index).picked", [slots, longestQuery, min(keys, capacity)], .i32, .state)
      case .recycled(let keys, _):
        made.picked = place(
          "kv.\(index).picked", [slots, 1, heads * min(keys, capacity)], .i32, .state)
      case .follows, nil: break
      }
      layers.append(made)
    }
  }

  /// The next tensor behind those that there are.
  private func place(
    _ name: String, _ shape: TensorShape, _ type: DataType, _ role: TensorRole,
    hasStorage: Bool = false
  ) -> Value {
    let tensor = Workload.Tensor(
      id: nextID, name: name, shape: shape, dtype: type, role: role, address: endAddress)
    nextID += 1
    endAddress += (Int(tensor.bytes.count) + 255) / 256 * 256
    let storage = hasStorage ? Storage(count: shape.elements) : nil
    storage?.pointer.update(repeating: 0, count: shape.elements)
    return Value(tensor: tensor, storage: storage)
  }

  /// Cuts the ties to operators of a run that is not recorded.
  func forgetProducers() {
    for index in layers.indices { layers[index].forgetProducers() }
  }
}

extension KVCache.Group {
  mutating func setProducer(_ id: Int?) {
    key.producer = id
    value.producer = id
    keyScale?.producer = id
    valueScale?.producer = id
  }
}
