public import Units

/// What a tensor is for; the memory map of a system places tensors by role.
public enum TensorRole: String, CaseIterable, Hashable, Sendable, Codable {
  /// A parameter of the model; read only.
  case weight
  /// A value that lives from one operator to the next ones.
  case activation
  /// The key and value cache.
  case kv
  /// Other state that outlives a step: recurrent state, quantisation scales, selections.
  case state
}

/// The extents of a tensor, outermost first, stored inline.
///
/// A shape of rank 0 is a scalar with one element. Ranks above four are not needed by the
/// operator vocabulary.
@frozen
public struct TensorShape: Hashable, Sendable, RandomAccessCollection,
  ExpressibleByArrayLiteral
{
  /// The largest rank.
  public static let maximumRank = 4

  @usableFromInline var extents: (Int, Int, Int, Int)
  /// The number of extents.
  public let rank: Int

  /// Makes a shape from its extents, outermost first.
  ///
  /// - Precondition: at most four extents, none negative.
  @inlinable
  public init(_ extents: some Collection<Int>) {
    precondition(extents.count <= TensorShape.maximumRank, "a tensor has at most four dimensions")
    rank = extents.count
    self.extents = (1, 1, 1, 1)
    for (index, extent) in extents.enumerated() {
      precondition(extent >= 0, "an extent is not negative")
      switch index {
      case 0: self.extents.0 = extent
      case 1: self.extents.1 = extent
      case 2: self.extents.2 = extent
      default: self.extents.3 = extent
      }
    }
  }

  @inlinable
  public init(arrayLiteral elements: Int...) {
    self.init(elements)
  }

  @inlinable public var startIndex: Int { 0 }
  @inlinable public var endIndex: Int { rank }

  @inlinable
  public subscript(index: Int) -> Int {
    switch index {
    case 0: extents.0
    case 1: extents.1
    case 2: extents.2
    default: extents.3
    }
  }

  /// The number of elements: the product of the extents.
  ///
  /// - Precondition: the product fits 63 bits; a trace reader checks it before.
  @inlinable
  public var elements: Int { extents.0 * extents.1 * extents.2 * extents.3 }

  @inlinable
  public static func == (left: TensorShape, right: TensorShape) -> Bool {
    left.rank == right.rank && left.extents == right.extents
  }

  @inlinable
  public func hash(into hasher: inout Hasher) {
    hasher.combine(rank)
    hasher.combine(extents.0)
    hasher.combine(extents.1)
    hasher.combine(extents.2)
    hasher.combine(extents.3)
  }
}

/// A tensor as an operator names it.
///
/// Two references with the same `id` are the same tensor and agree in every field. The address is
/// in the trace's logical address space of one device; a system maps it to physical memory.
/// A KV tensor has the shape `[slots, capacity, kv_heads, head_dim]`.
///
/// On disk: `{"id":7,"name":"model.norm.weight","shape":[4096],"dtype":"bf16","role":"weight",
/// "address":123456}`; `name` is left out when it is empty.
public struct Tensor: Hashable, Sendable {
  /// The identity of the tensor within the trace; not negative.
  public var id: Int
  /// The name in the model's files for weights; may be empty for activations.
  public var name: String
  /// The extents, outermost first.
  public var shape: TensorShape
  /// The element type.
  public var dtype: DataType
  /// What the tensor is for.
  public var role: TensorRole
  /// The first byte in the logical address space.
  public var address: Int

  @inlinable
  public init(
    id: Int, name: String = "", shape: TensorShape, dtype: DataType, role: TensorRole,
    address: Int
  ) {
    self.id = id
    self.name = name
    self.shape = shape
    self.dtype = dtype
    self.role = role
    self.address = address
  }

  /// The size of the whole tensor.
  @inlinable
  public var bytes: ByteCount { ByteCount(dtype.bytes(shape.elements)) }
}
