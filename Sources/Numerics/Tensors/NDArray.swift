/// A dense row-major array: the last axis is contiguous.
@frozen
public struct NDArray<Element: Sendable>: Sendable {
  /// The extent of each axis, slowest first; empty for a scalar.
  public let shape: [Int]
  /// The elements in row-major order; as many as the product of the shape.
  public var elements: [Element]

  /// Wraps elements that are already in row-major order.
  ///
  /// - Precondition: the extents are not negative and their product is `elements.count`.
  @inlinable
  public init(shape: [Int], elements: [Element]) {
    precondition(shape.allSatisfy { $0 >= 0 }, "negative extent in shape \(shape)")
    precondition(
      shape.reduce(1, *) == elements.count,
      "shape \(shape) does not hold \(elements.count) elements")
    self.shape = shape
    self.elements = elements
  }

  /// An array whose elements are all `value`.
  @inlinable
  public init(shape: [Int], repeating value: Element) {
    precondition(shape.allSatisfy { $0 >= 0 }, "negative extent in shape \(shape)")
    self.shape = shape
    self.elements = Array(repeating: value, count: shape.reduce(1, *))
  }

  /// The number of elements.
  @inlinable
  public var count: Int { elements.count }

  /// The number of axes.
  @inlinable
  public var rank: Int { shape.count }

  /// The elements' distance between neighbours along each axis.
  @inlinable
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    return strides
  }

  /// The position in `elements` of an index with one number per axis.
  ///
  /// - Precondition: the index has `rank` numbers, each within its extent.
  @inlinable
  public func offset(of index: [Int]) -> Int {
    precondition(index.count == shape.count, "index \(index) for shape \(shape)")
    var offset = 0
    for axis in shape.indices {
      precondition(
        index[axis] >= 0 && index[axis] < shape[axis], "index \(index) outside shape \(shape)")
      offset = offset * shape[axis] + index[axis]
    }
    return offset
  }

  /// One element, by an index with one number per axis.
  @inlinable
  public subscript(_ index: Int...) -> Element {
    get { elements[offset(of: index)] }
    set { elements[offset(of: index)] = newValue }
  }
}

extension NDArray: Equatable where Element: Equatable {}
extension NDArray: Hashable where Element: Hashable {}

/// A row-major array of binary32, the type that the reference kernels take and give.
public typealias Tensor = NDArray<Float>
