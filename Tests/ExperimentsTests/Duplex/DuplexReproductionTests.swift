import Experiments
import Testing

@Suite struct DuplexReproductionTests {
  @Test func everyClaimHasAFigureAnAssumptionAndAVerdict() throws {
    let reproduction = try DuplexReproduction(samples: 1).run()
    let ids = reproduction.claims.map(\.id)
    #expect(Set(ids).count == ids.count)
    for number in 1...19 {
      #expect(ids.contains { $0 == "E\(number)" || $0 == "E\(number)a" }, "claim \(number)")
    }
    for claim in reproduction.claims {
      #expect(!claim.ours.isEmpty && !claim.assumption.isEmpty)
    }
    #expect(try DuplexReproduction(samples: 1).run().json == reproduction.json)
  }

  /// Directions that hold whatever the draw; the figures themselves are reported, not gated.
  @Test func directionsOfThePaperHold() throws {
    let claims = try DuplexReproduction(samples: 1).run().claims
    func verdict(_ id: String) -> ClaimVerdict? { claims.first { $0.id == id }?.verdict }
    for id in ["E6", "E7", "E16", "E18", "E19", "X1"] { #expect(verdict(id) == .agrees, "\(id)") }
    for id in ["E17a", "E17b", "E17c"] { #expect(verdict(id) == .agrees, "\(id)") }
  }
}
