internal import Numerics
internal import Units

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

  /// Adds the next weight with values that a function gives.
  func append(count: Int, _ fill: (UnsafeMutableBufferPointer<Float>) -> Void) {
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: max(count, 1))
    fill(UnsafeMutableBufferPointer(start: memory, count: count))
    owned.append(memory)
    copiedBytes += 4 * count
    pointers.append(UnsafePointer(memory))
  }
}
