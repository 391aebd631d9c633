import Numerics
import Testing

@testable import Experiments

@Suite struct CompareTests {
  static let root = String(#filePath.split(separator: "/Tests/")[0])

  @Test func allTwentyTwoReferenceCasesPass() throws {
    let path = Self.root + "/configs/kernels/reference-cases.yaml"
    let (suite, folder) = try CompareSuite.load(path)
    #expect(suite.cases.count == 22)
    let rows = try suite.run(Compare(precision: try suite.precision()), folder: folder)
    for row in rows { #expect(row.passes, "\(row.kernel) on \(row.input): \(row.error)") }
    #expect(Set(rows.map(\.input)).count == 22)
  }

  @Test func overflowIsAFailureUnlessExpected() throws {
    let input = try CompareInput.generated(shape: "rows=4,keys=1024,dim=64", data: .large, seed: 3)
    for (expects, passes) in [(false, false), (true, true)] {
      let compare = Compare(precision: .f32, expectsNonFinite: expects)
      #expect(try compare.run("naive", on: input).passes == passes)
      #expect(try compare.run("safe", on: input).passes != passes)
    }
  }

  @Test func aTooTightToleranceFails() throws {
    let input = try CompareInput.generated(shape: "keys=512,dim=32", data: .normal, seed: 1)
    let tight = Compare(precision: .f32, tolerance: .elements(relative: 0, absolute: 0))
    #expect(try !tight.run("online", on: input).passes)
    let exact = Compare(precision: .f64)
    #expect(try exact.run("online", on: input).passes)
  }

  @Test func streamingGraphsGiveCyclesAndValuesFromOneRun() throws {
    let input = try CompareInput.generated(
      shape: "heads=4,kv_heads=2,rows=2,keys=512,dim=1", data: .normal, seed: 1)
    let row = try Compare(precision: .f32).run("streaming-memory-free", on: input)
    #expect(row.cycles == 4 * 2 * 512 + 5 && row.passes && row.time == nil)
  }

  @Test func namesAndShapesAreCheckedWithTheNearestName() {
    let kernel = #expect(throws: CompareError.self) { try Compare.names("onlin") }
    #expect(kernel?.description.contains("did you mean 'online'?") == true)
    let shape = #expect(throws: CompareError.self) { try CompareInput.parse(shape: "kes=4,dim=2") }
    #expect(shape?.description.contains("did you mean 'keys'?") == true)
  }
}
