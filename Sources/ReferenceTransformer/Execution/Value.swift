internal import Numerics
internal import Workload

/// Memory of one activation; freed when nothing refers to it.
final class Storage {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int

  init(count: Int) {
    self.count = count
    pointer = .allocate(capacity: max(count, 1))
  }

  deinit { pointer.deallocate() }
}

/// A tensor on its way through the model, with its values or without.
struct Value {
  var tensor: Workload.Tensor
  /// The operator that wrote it.
  var producer: Int?
  /// The values; nil when the pass is shape-only.
  var storage: Storage?

  /// All extents but the last.
  var rows: Int { tensor.shape.dropLast().reduce(1, *) }
  var columns: Int { tensor.shape.last ?? 1 }

  /// A copy of the values.
  var array: NDArray<Float>? {
    storage.map {
      NDArray(
        shape: Array(tensor.shape),
        elements: Array(UnsafeBufferPointer(start: $0.pointer, count: $0.count)))
    }
  }
}
