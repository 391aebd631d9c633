import Testing
import Workload

@Suite struct RequestDatasetTests {
  /// Means of the data sets: validation case 21 of the NeuPIMs facts, 1 %.
  @Test(arguments: RequestDataset.allCases)
  func manyRequestsHaveThePublishedMeansAndMedians(dataset: RequestDataset) {
    var sampler = RequestSampler(dataset, seed: 7)
    let requests = (0..<20_000).map { _ in (sampler.nextPrompt(), sampler.nextOutput()) }
    for (lengths, moments) in [
      (requests.map(\.0).sorted(), dataset.promptMoments),
      (requests.map(\.1).sorted(), dataset.outputMoments),
    ] {
      let mean = Double(lengths.reduce(0, +)) / Double(lengths.count)
      #expect(abs(mean / moments.mean - 1) < 0.01, "mean \(mean)")
      #expect(abs(Double(lengths[lengths.count / 2]) - moments.median) <= 1)
      #expect(lengths[0] >= 1 && lengths[lengths.count - 1] <= RequestSampler.longest)
    }
  }

  /// The authors' snapshots of serving: ShareGPT mean 286 to 326 over lists of 512, Alpaca 62.8.
  @Test(arguments: [(RequestDataset.shareGPT, 250.0...330.0), (.alpaca, 56...70)])
  func cachesInTheMiddleOfServingAreAsLongAsTheAuthorsMeasured(
    dataset: RequestDataset, range: ClosedRange<Double>
  ) {
    var sampler = RequestSampler(dataset, seed: 3)
    let mean = (0..<20_000).reduce(0.0) { sum, _ in sum + Double(sampler.nextContext()) } / 20_000
    #expect(range.contains(mean), "mean \(mean)")
  }

  @Test func theSeedDecidesAndIsHeeded() {
    func draw(_ seed: UInt64) -> [Int] {
      var sampler = RequestSampler(.shareGPT, seed: seed)
      return (0..<64).map { _ in sampler.nextContext() }
    }
    #expect(draw(1) == draw(1))
    #expect(draw(1) != draw(2))
  }
}
