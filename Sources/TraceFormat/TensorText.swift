internal import Units
internal import Workload

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Formats tensors, and keeps the text of recent ones, which operators name again and again.
struct TensorText: ~Copyable {
  private static let places = 1 << 13
  private static let longestText = 256

  private let texts: UnsafeMutablePointer<UInt8>
  private let lengths: UnsafeMutablePointer<Int>
  private let tensors: UnsafeMutablePointer<Tensor>

  init() {
    let places = TensorText.places
    texts = .allocate(capacity: places * TensorText.longestText)
    lengths = .allocate(capacity: places)
    lengths.initialize(repeating: 0, count: places)
    tensors = .allocate(capacity: places)
    tensors.initialize(
      repeating: Tensor(id: -1, shape: [], dtype: .u8, role: .state, address: 0), count: places)
  }

  deinit {
    texts.deallocate()
    lengths.deallocate()
    tensors.deinitialize(count: TensorText.places)
    tensors.deallocate()
  }

  /// Appends the text of a tensor.
  ///
  /// - Throws: when another tensor with the same id has been seen lately.
  mutating func append(_ tensor: Tensor, to buffer: inout TextBuffer) throws {
    let place = tensor.id & (TensorText.places - 1)
    let text = texts + place * TensorText.longestText
    if lengths[place] > 0 && tensors[place].id == tensor.id {
      if tensors[place] != tensor {
        throw LineError(
          "tensor \(tensor.id) has another name, shape, dtype, role or address than before",
          remedy: "give each tensor its own id")
      }
      buffer.append(text, count: lengths[place])
      return
    }
    let start = buffer.count
    format(tensor, to: &buffer)
    let length = buffer.count - start
    if length > TensorText.longestText { return }
    if let source = buffer.contents.baseAddress { memcpy(text, source + start, length) }
    lengths[place] = length
    tensors[place] = tensor
  }

  private func format(_ tensor: Tensor, to buffer: inout TextBuffer) {
    buffer.append("{\"id\":")
    buffer.append(tensor.id)
    if !tensor.name.isEmpty {
      buffer.append(",\"name\":")
      buffer.appendQuoted(tensor.name)
    }
    buffer.append(",\"shape\":[")
    for index in 0..<tensor.shape.rank {
      if index > 0 { buffer.append(",") }
      buffer.append(tensor.shape[index])
    }
    buffer.append("],\"dtype\":\"")
    buffer.appendPlain(tensor.dtype.rawValue)
    buffer.append("\",\"role\":\"")
    buffer.appendPlain(tensor.role.rawValue)
    buffer.append("\",\"address\":")
    buffer.append(tensor.address)
    buffer.append("}")
  }
}
