import Foundation
import Numerics
import Testing
import Units

@Suite struct ElementaryFunctionsTests {
  func expectClose(
    _ name: String, _ range: ClosedRange<Double>, relative: Double = 1e-15, absolute: Double = 0,
    _ own: (Double) -> Double, _ reference: (Double) -> Double
  ) {
    var generator = SeededGenerator(seed: 31)
    for _ in 0..<20_000 {
      let x = range.lowerBound + generator.nextUnit() * (range.upperBound - range.lowerBound)
      let (actual, expected) = (own(x), reference(x))
      let allowed = relative * expected.magnitude + absolute
      #expect((actual - expected).magnitude <= allowed, "\(name)(\(x)) = \(actual)")
    }
  }

  @Test func exponentialAgreesWithTheLibraryTo1e15() {
    expectClose("exp", -700...700, ElementaryFunctions.exp, Foundation.exp)
    expectClose("exp", -1...1, ElementaryFunctions.exp, Foundation.exp)
    #expect(ElementaryFunctions.exp(0) == 1)
    #expect(ElementaryFunctions.exp(-.infinity) == 0)
    #expect(ElementaryFunctions.exp(.infinity) == .infinity)
    #expect(ElementaryFunctions.exp(.nan).isNaN)
  }

  @Test func logarithmAgreesWithTheLibraryTo1e15() {
    expectClose("log", 1e-3...1e6, absolute: 2e-16, ElementaryFunctions.log, Foundation.log)
    expectClose("log", 0.9...1.1, ElementaryFunctions.log, Foundation.log)
    #expect(ElementaryFunctions.log(1) == 0)
    #expect(ElementaryFunctions.log(0) == -.infinity)
    #expect(ElementaryFunctions.log(-1).isNaN)
  }

  @Test func powersOfRotaryBasesAgreeWithTheLibrary() {
    for base in [10_000.0, 500_000, 1e6] {
      expectClose(
        "pow", -1...1, relative: 1e-14, { ElementaryFunctions.pow(base, $0) },
        { Foundation.pow(base, $0) })
    }
  }

  @Test func sineAndCosineAgreeWithTheLibraryUpToLongContexts() {
    for limit in [10.0, 1e4, 1e7, 3e8] {
      expectClose(
        "sin", -limit...limit, relative: 0, absolute: 3e-16,
        { ElementaryFunctions.sineAndCosine($0).sine }, Foundation.sin)
      expectClose(
        "cos", -limit...limit, relative: 0, absolute: 3e-16,
        { ElementaryFunctions.sineAndCosine($0).cosine }, Foundation.cos)
    }
  }

  @Test func hyperbolicTangentAndErrorFunctionAgreeWithTheLibrary() {
    expectClose("tanh", -25...25, relative: 2e-15, ElementaryFunctions.tanh, Foundation.tanh)
    expectClose("tanh", -0.3...0.3, relative: 2e-15, ElementaryFunctions.tanh, Foundation.tanh)
    expectClose("erf", -7...7, relative: 2e-15, ElementaryFunctions.erf, Foundation.erf)
    expectClose("erf", -0.01...0.01, relative: 2e-15, ElementaryFunctions.erf, Foundation.erf)
  }

  @Test func singleExponentialIsWithinOneAndAHalfUnitsInTheLastPlace() {
    var generator = SeededGenerator(seed: 32)
    var x = (0..<100_000).map { _ in Float(generator.nextUnit() * 170 - 85) }
    let inputs = x
    // Softmax of one pair (0, x) exposes exp(x) / (1 + exp(x)); the sigmoid does so directly.
    PointwiseFunctions.sigmoid(x.count, &x)
    for (input, actual) in zip(inputs, x) {
      let expected = 1 / (1 + Foundation.exp(-Double(input)))
      let unit = Double(Float(expected).ulp)
      #expect((Double(actual) - expected).magnitude <= 2.5 * unit)
    }
  }
}
