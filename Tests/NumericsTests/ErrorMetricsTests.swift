import Numerics
import Testing

@Suite struct ErrorMetricsTests {
  @Test func equalArraysHaveNoErrorAndCosineOne() throws {
    let values: [Float] = [1, -2, 3]
    let metrics = ErrorMetrics(actual: values, reference: values)
    #expect(metrics.maximumAbsolute == 0)
    #expect(metrics.relativeL2 == 0)
    let cosine = try #require(metrics.cosine)
    #expect((cosine - 1).magnitude < 1e-15)
    #expect(metrics.nonFiniteCount == 0)
  }

  @Test func figuresFollowTheirDefinitions() {
    let metrics = ErrorMetrics(actual: [3.0, 4.0] as [Float], reference: [0.0, 4.0] as [Double])
    #expect(metrics.maximumAbsolute == 3)
    #expect(metrics.relativeL2 == 0.75)
    #expect(metrics.cosine == 0.8)
  }

  @Test func zeroReferenceHasNoRelativeErrorAndNoCosine() {
    let metrics = ErrorMetrics(actual: [1] as [Float], reference: [0] as [Float])
    #expect(metrics.relativeL2 == nil)
    #expect(metrics.cosine == nil)
  }

  @Test func nonFiniteValuesAreCountedAndNeverHidden() {
    let actual: [Float] = [.nan, .infinity, 1, .nan]
    let reference: [Float] = [0, .infinity, .nan, .nan]
    let metrics = ErrorMetrics(actual: actual, reference: reference)
    #expect(metrics.nonFiniteCount == 3)
    #expect(metrics.nonFiniteMismatches == 2)
    #expect(
      ErrorMetrics.violations(actual: actual, reference: reference, absolute: 1e9, relative: 0) == 2
    )
  }

  @Test func violationsUseAbsolutePlusRelativeTolerance() {
    let actual: [Float] = [1.5, 10.5]
    let reference: [Float] = [1, 10]
    func broken(_ absolute: Double, _ relative: Double) -> Int {
      ErrorMetrics.violations(
        actual: actual, reference: reference, absolute: absolute, relative: relative)
    }
    #expect(broken(0.5, 0) == 0)
    #expect(broken(0.499, 0) == 2)
    #expect(broken(0, 0.05) == 1)
    #expect(broken(0.4, 0.01) == 1)
  }
}
