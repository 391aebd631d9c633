/// Copies each token.
public struct CopyOperation: ValueOperation {
  public let width: Int

  public init(width: Int = 1) {
    self.width = width
  }

  public func makeKernel() -> ValueKernel { CopyKernel(width) }
}

final class CopyKernel: ValueKernel {
  let width: Int

  init(_ width: Int) {
    self.width = width
  }

  override func fire(_ block: FiringBlock) {
    block.outputs[0].update(from: block.inputs[0], count: block.count * width)
  }
}

/// Repeats the held token in every firing of the row.
struct RepeatOperation: ValueOperation {
  let width: Int

  func makeKernel() -> ValueKernel { RepeatKernel(width) }
}

final class RepeatKernel: ValueKernel {
  let width: Int

  init(_ width: Int) {
    self.width = width
  }

  override func fire(_ block: FiringBlock) {
    for index in 0..<block.count {
      (block.outputs[0] + index * width).update(from: block.inputs[0], count: width)
    }
  }
}

/// Marks a merge; the engine itself chooses the smaller head.
struct MergeOperation: ValueOperation {
  func makeKernel() -> ValueKernel { ValueKernel() }
}

/// A scalar function of one scalar, or of a scalar and a second one that may be held.
public struct ScalarOperation: ValueOperation {
  let unary: (@Sendable (Double) -> Double)?
  let binary: (@Sendable (Double, Double) -> Double)?
  let held: Bool

  /// `function` of each input.
  public init(_ function: @escaping @Sendable (Double) -> Double) {
    unary = function
    binary = nil
    held = false
  }

  /// `function` of each pair; with `held`, the second operand stays for the whole row.
  public init(held: Bool = false, _ function: @escaping @Sendable (Double, Double) -> Double) {
    unary = nil
    binary = function
    self.held = held
  }

  public func makeKernel() -> ValueKernel { ScalarKernel(self) }
}

final class ScalarKernel: ValueKernel {
  let operation: ScalarOperation

  init(_ operation: ScalarOperation) {
    self.operation = operation
  }

  override func fire(_ block: FiringBlock) {
    let (a, out) = (block.inputs[0], block.outputs[0])
    if let unary = operation.unary {
      for index in 0..<block.count { out[index] = unary(a[index]) }
    } else if let binary = operation.binary {
      let b = block.inputs[1]
      for index in 0..<block.count { out[index] = binary(a[index], b[operation.held ? 0 : index]) }
    }
  }
}

/// A reduction of each row from an initial value.
public struct FoldOperation: ValueOperation {
  let initial: Double
  let combine: @Sendable (Double, Double) -> Double

  public init(_ initial: Double, _ combine: @escaping @Sendable (Double, Double) -> Double) {
    self.initial = initial
    self.combine = combine
  }

  public func makeKernel() -> ValueKernel { FoldKernel(self) }
}

final class FoldKernel: ValueKernel {
  let operation: FoldOperation
  var state: Double

  init(_ operation: FoldOperation) {
    self.operation = operation
    state = operation.initial
  }

  override func fire(_ block: FiringBlock) {
    if block.isFirst { state = operation.initial }
    for index in 0..<block.count { state = operation.combine(state, block.inputs[0][index]) }
    if block.isLast { block.outputs[0][0] = state }
  }
}

/// Tokens computed from their index in the stream.
public struct GeneratorOperation: ValueOperation {
  let generate: @Sendable (Int) -> Double

  public init(_ generate: @escaping @Sendable (Int) -> Double) {
    self.generate = generate
  }

  public func makeKernel() -> ValueKernel { GeneratorKernel(generate) }
}

final class GeneratorKernel: ValueKernel {
  let generate: @Sendable (Int) -> Double
  var next = 0

  init(_ generate: @escaping @Sendable (Int) -> Double) {
    self.generate = generate
  }

  override func fire(_ block: FiringBlock) {
    for index in 0..<block.count { block.outputs[0][index] = generate(next + index) }
    next += block.count
  }
}

/// Keeps every token that arrives, for a sink whose result is wanted.
public final class TokenRecorder: ValueOperation, @unchecked Sendable {
  /// The elements received, in order; read it after the run.
  public internal(set) var elements: [Double] = []
  let width: Int

  public init(width: Int = 1) {
    self.width = width
  }

  public func makeKernel() -> ValueKernel {
    elements.removeAll()
    return RecorderKernel(self)
  }
}

final class RecorderKernel: ValueKernel {
  let recorder: TokenRecorder

  init(_ recorder: TokenRecorder) {
    self.recorder = recorder
  }

  override func fire(_ block: FiringBlock) {
    let count = block.count * recorder.width
    recorder.elements.append(contentsOf: UnsafeBufferPointer(start: block.inputs[0], count: count))
  }
}
