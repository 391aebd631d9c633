internal import Numerics
internal import Units
internal import Workload

/// The keys and values of all layers, for a number of slots of equal capacity.
///
/// Each layer has two tensors `[slots, capacity, kv_heads, head_dim]`, contiguous per slot.
final class KVCache {
  /// One layer's two tensors and, in a real run, their memory.
  struct Layer {
    var key: Value
    var value: Value
  }

  let slots: Int
  let capacity: Int
  var layers: [Layer] = []
  /// The first byte behind the cache.
  let endAddress: Int

  /// - Parameter firstID: the id of the first tensor; two a layer are taken.
  init(
    architecture: TransformerArchitecture, layers count: Int, slots: Int, capacity: Int,
    dtype: DataType, firstID: Int, address: Int, hasStorage: Bool
  ) {
    self.slots = slots
    self.capacity = capacity
    let shape: TensorShape = [slots, capacity, architecture.kvHeads, architecture.headDim]
    let elements = shape.elements
    let size = (dtype.bytes(elements) + 255) / 256 * 256
    func value(_ index: Int) -> Value {
      Value(
        tensor: Workload.Tensor(
          id: firstID + index, name: "kv.\(index / 2).\(index % 2 == 0 ? "key" : "value")",
          shape: shape, dtype: dtype, role: .kv, address: address + index * size),
        storage: hasStorage ? Storage(count: elements) : nil)
    }
    for layer in 0..<count {
      layers.append(Layer(key: value(2 * layer), value: value(2 * layer + 1)))
    }
    endAddress = address + 2 * count * size
  }
}
