internal import Numerics
internal import Units
internal import Workload

/// The keys and values of all layers, for a number of slots of equal capacity.
///
/// Each layer has two tensors `[slots, capacity, kv_heads, head_dim]`, contiguous per slot, and two
/// of scales `[slots, capacity, kv_heads, 1]` when the cache holds integers.
final class KVCache {
  struct Layer {
    var key: Value
    var value: Value
    var keyScale: Value?
    var valueScale: Value?
    /// The last token's key and value, `[slots, 2 * kv_heads * head_dim]`, when KV shifting is on.
    var last: Value?

    /// All tensors of the layer, in order of address.
    var tensors: [Value] { [key, value] + [keyScale, valueScale].compactMap { $0 } }
  }

  /// Tensor ids set aside for each layer.
  static let tensorsPerLayer = 5

  let slots: Int
  let capacity: Int
  var layers: [Layer] = []
  /// What storing does to values; nil keeps binary32.
  let rounding: KVRounding?
  /// The first byte behind the cache.
  let endAddress: Int

  /// - Parameter firstID: the id of the first tensor.
  init(
    architecture: TransformerArchitecture, layers count: Int, slots: Int, capacity: Int,
    dtype: DataType, switches: ArchitectureSwitches, firstID: Int, address: Int, hasStorage: Bool
  ) {
    self.slots = slots
    self.capacity = capacity
    let type = switches.kvType ?? dtype
    rounding = switches.kvType.map { KVRounding(type: $0, headDim: architecture.headDim) }
    var next = address
    func value(_ id: Int, _ name: String, _ width: Int, _ type: DataType, stored: Bool) -> Value {
      let shape: TensorShape = [slots, capacity, architecture.kvHeads, width]
      let tensor = Workload.Tensor(
        id: id, name: name, shape: shape, dtype: type, role: .kv, address: next)
      next += (Int(tensor.bytes.count) + 255) / 256 * 256
      return Value(tensor: tensor, storage: stored ? Storage(count: shape.elements) : nil)
    }
    for layer in 0..<count {
      let id = firstID + Self.tensorsPerLayer * layer
      var made = Layer(
        key: value(id, "kv.\(layer).key", architecture.headDim, type, stored: hasStorage),
        value: value(id + 1, "kv.\(layer).value", architecture.headDim, type, stored: hasStorage))
      if KVRounding.hasScales(type) {
        made.keyScale = value(id + 2, "kv.\(layer).key_scale", 1, .f16, stored: false)
        made.valueScale = value(id + 3, "kv.\(layer).value_scale", 1, .f16, stored: false)
      }
      if switches.shiftsKV {
        let shape: TensorShape = [slots, 2 * architecture.kvHeads * architecture.headDim]
        let tensor = Workload.Tensor(
          id: id + 4, name: "kv.\(layer).last", shape: shape, dtype: dtype, role: .state,
          address: next)
        next += (Int(tensor.bytes.count) + 255) / 256 * 256
        let storage = hasStorage ? Storage(count: shape.elements) : nil
        storage?.pointer.update(repeating: 0, count: shape.elements)
        made.last = Value(tensor: tensor, storage: storage)
      }
      layers.append(made)
    }
    endAddress = next
  }

  /// Cuts the ties to operators of a run that is not recorded.
  func forgetProducers() {
    for index in layers.indices {
      layers[index].key.producer = nil
      layers[index].value.producer = nil
      layers[index].keyScale?.producer = nil
      layers[index].valueScale?.producer = nil
      layers[index].last?.producer = nil
    }
  }
}
