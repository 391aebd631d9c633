import Serving
import Testing
import Units

@Suite struct DatasetLengthTests {
  private var spec: ServingSpec {
    ServingSpec(
      seed: 4, count: 8192, arrivals: ArrivalSpec(process: .burst),
      prompt: LengthSpec(distribution: .shareGPTLike, mean: 0),
      output: LengthSpec(distribution: .shareGPTLike, mean: 0, maximum: 1024), batchLimit: 8)
  }

  @Test func requestsAreDrawnFromTheDataSet() throws {
    try spec.validate()
    var stream = RequestStream(spec)
    var requests: [ServingRequest] = []
    while let request = stream.next() { requests.append(request) }
    let mean = Double(requests.reduce(0) { $0 + $1.prompt }) / Double(requests.count)
    #expect(abs(mean / 80.3 - 1) < 0.01, "mean \(mean)")
    #expect(requests.allSatisfy { $0.output <= 1024 })
    #expect(spec.requestTokens == 2048 + 1024)
  }

  @Test func aMeanBesideADataSetIsRefused() {
    var wrong = spec
    wrong.prompt.mean = 80
    #expect(throws: ServingError.self) { try wrong.validate() }
  }
}
