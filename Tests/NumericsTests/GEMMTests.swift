import Numerics
import Testing
import Units

@Suite struct GEMMTests {
  static func random(_ shape: [Int], _ generator: inout SeededGenerator) -> Tensor {
    Tensor(
      shape: shape,
      elements: (0..<shape.reduce(1, *)).map { _ in Float(generator.nextUnit() * 2 - 1) })
  }

  /// The definition: sixteen partial sums in ascending order, then the tree.
  static func definition(_ a: Tensor, _ b: Tensor) -> Tensor {
    let (m, k, n) = (a.shape[0], a.shape[1], b.shape[0])
    var c = Tensor(shape: [m, n], repeating: 0)
    for i in 0..<m {
      for j in 0..<n {
        var sums = [Float](repeating: 0, count: 16)
        for p in 0..<k { sums[p % 16] += a.elements[i * k + p] * b.elements[j * k + p] }
        for half in [8, 4, 2, 1] { for lane in 0..<half { sums[lane] += sums[lane + half] } }
        c.elements[i * n + j] = sums[0]
      }
    }
    return c
  }

  static func transposed(_ b: Tensor) -> Tensor {
    var t = Tensor(shape: [b.shape[1], b.shape[0]], repeating: 0)
    for i in 0..<b.shape[0] { for j in 0..<b.shape[1] { t[j, i] = b[i, j] } }
    return t
  }

  @Test func everyLevelLayoutAndThreadCountGivesTheBitsOfTheDefinition() {
    var generator = SeededGenerator(seed: 21)
    var shapes = [[1, 1, 1], [6, 4, 16], [13, 70, 1025], [65, 33, 2064], [3, 5, 15]]
    for _ in 0..<40 {
      shapes.append([
        1 + generator.next(below: 40), 1 + generator.next(below: 80), 1 + generator.next(below: 99),
      ])
    }
    for shape in shapes {
      let a = Self.random([shape[0], shape[2]], &generator)
      let b = Self.random([shape[1], shape[2]], &generator)
      let expected = Self.definition(a, b)
      let turned = Self.transposed(b)
      for level in ComputeContext.Level.available {
        let context = ComputeContext(level: level, threads: 1)
        #expect(
          GEMM.multiply(a, b, layout: .transposed, context: context) == expected,
          "\(shape) at \(level)")
        #expect(
          GEMM.multiply(a, turned, layout: .plain, context: context) == expected,
          "\(shape) plain at \(level)")
      }
    }
  }

  @Test func bitsDoNotDependOnTheNumberOfThreads() {
    var generator = SeededGenerator(seed: 22)
    for shape in [[1, 1500, 600], [70, 900, 130], [5, 3000, 97]] {
      let a = Self.random([shape[0], shape[2]], &generator)
      let b = Self.random([shape[1], shape[2]], &generator)
      let one = GEMM.multiply(a, b, layout: .transposed, context: ComputeContext(threads: 1))
      for threads in 2...5 {
        let context = ComputeContext(threads: threads)
        #expect(GEMM.multiply(a, b, layout: .transposed, context: context) == one)
      }
    }
  }

  @Test func aRowDoesNotDependOnTheRowsBesideIt() {
    var generator = SeededGenerator(seed: 23)
    let a = Self.random([19, 130], &generator)
    let b = Self.random([37, 130], &generator)
    let all = GEMM.multiply(a, b, layout: .transposed)
    for row in 0..<19 {
      let one = Tensor(shape: [1, 130], elements: Array(a.elements[row * 130..<(row + 1) * 130]))
      let product = GEMM.multiply(one, b, layout: .transposed)
      #expect(product.elements == Array(all.elements[row * 37..<(row + 1) * 37]))
    }
  }

  @Test func theErrorIsThatOfBinary32() throws {
    var generator = SeededGenerator(seed: 24)
    let a = Self.random([8, 4096], &generator)
    let b = Self.random([8, 4096], &generator)
    let c = GEMM.multiply(a, b, layout: .transposed)
    var reference = [Double](repeating: 0, count: 64)
    for i in 0..<8 {
      for j in 0..<8 {
        for p in 0..<4096 { reference[i * 8 + j] += Double(a[i, p]) * Double(b[j, p]) }
      }
    }
    let metrics = ErrorMetrics(actual: c.elements, reference: reference)
    #expect(try #require(metrics.relativeL2) < 1e-6)
  }
}
