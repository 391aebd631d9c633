internal import Numerics
internal import Units
internal import Workload

/// The values of a model's weights as binary32, by weight id.
///
/// Binary32 tensors of mapped files are used where they lie; other types are widened once.
final class WeightStore: @unchecked Sendable {
  private var pointers: [UnsafePointer<Float>] = []
  private var owned: [UnsafeMutablePointer<Float>] = []
  private var files: [MappedFile] = []

  init() {}

  deinit { for memory in owned { memory.deallocate() } }

  /// The number of weights.
  var count: Int { pointers.count }

  /// The bytes that were copied instead of mapped.
  private(set) var copiedBytes = 0

  subscript(_ id: Int) -> UnsafePointer<Float> { pointers[id] }

  /// Adds the next weight from a file's bytes; the file is kept open.
  ///
  /// - Precondition: the bytes hold `count` elements of f64, f32, f16 or bf16.
  func append(_ bytes: UnsafeRawBufferPointer, _ type: DataType, count: Int, file: MappedFile) {
    if let address = bytes.baseAddress, type == .f32,
      Int(bitPattern: address) % MemoryLayout<Float>.alignment == 0
    {
      pointers.append(address.assumingMemoryBound(to: Float.self))
      if !files.contains(where: { $0 === file }) { files.append(file) }
      return
    }
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: max(count, 1))
    FloatDecoding.decode(
      bytes, type, into: UnsafeMutableBufferPointer(start: memory, count: count), count: count)
    owned.append(memory)
    copiedBytes += 4 * count
    pointers.append(UnsafePointer(memory))
  }

  /// Another store whose values this one uses.
  private var base: WeightStore?

  /// The values of `store` under the types of `weights`; those that change are rounded copies.
  ///
  /// - Parameter original: the weights of `store`, which were declared in the same order.
  convenience init(
    rounding store: WeightStore, of original: ModelWeights, to weights: ModelWeights,
    types: WeightTypes
  ) {
    self.init()
    base = store
    let sources = original.all.filter { !$0.isScale }
    var next = 0
    for weight in weights.all {
      if weight.isScale {
        // Scales are part of the rounded values.
        append(count: 0) { _ in }
        continue
      }
      let source = sources[next]
      next += 1
      let values = store[source.tensor.id]
      if weight.tensor.dtype == source.tensor.dtype || weight.tensor.dtype == .f32 {
        pointers.append(values)
        continue
      }
      let shape = weight.tensor.shape
      append(count: shape.elements) { target in
        guard let start = target.baseAddress else { return }
        start.update(from: values, count: shape.elements)
        Self.round(start, weight, group: types.group)
      }
    }
  }

  private static func round(_ x: UnsafeMutablePointer<Float>, _ weight: Weight, group: Int) {
    let shape = weight.tensor.shape
    let type = weight.tensor.dtype
    guard weight.scale != nil else {
      SymmetricRounding.round(x, count: shape.elements, type: type)
      return
    }
    let isPlain = weight.layout == .plain
    let (outputs, inputs) = isPlain ? (shape[1], shape[0]) : (shape[0], shape[1])
    for output in 0..<outputs {
      for first in Swift.stride(from: 0, to: inputs, by: group) {
        SymmetricRounding.round(
          x + (isPlain ? first * outputs + output : output * inputs + first),
          count: min(group, inputs - first), stride: isPlain ? outputs : 1, type: type)
      }
    }
  }

  /// Adds the next weight with values that a function gives.
  func append(count: Int, _ fill: (UnsafeMutableBufferPointer<Float>) -> Void) {
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: max(count, 1))
    fill(UnsafeMutableBufferPointer(start: memory, count: count))
    owned.append(memory)
    copiedBytes += 4 * count
    pointers.append(UnsafePointer(memory))
  }
}
