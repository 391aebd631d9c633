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

  /// Each switch of what the paper leaves out is a row beside the preset as it is.
  @Test func whatThePaperLeavesOutIsMeasured() throws {
    let reproduction = try DuplexReproduction(samples: 1).run()
    let points = reproduction.points.filter { $0.labels.contains { $0.value == "left_out" } }
    func label(_ point: ReproductionPoint, _ name: String) -> String {
      point.labels.first { $0.name == name }?.value ?? ""
    }
    func value(_ point: ReproductionPoint, _ name: String) -> Double {
      point.values.first { $0.name == name }?.value ?? 0
    }
    let base = try #require(
      points.first { label($0, "system") == "duplex-paper-pe-et" && label($0, "overrides") == "" })
    for part in [
      "charges_conflicts", "priority=pim", "pim_refresh=first", "refresh=per-bank",
      "power_limit_watts=20", "charges_scores", "charges_migration", "vector_rate",
      "experts_in_bundles",
    ] {
      let row = try #require(points.first { label($0, "overrides").contains(part) }, "\(part)")
      #expect(value(row, "time_ps") > 0)
    }
    let limited = try #require(points.first { label($0, "overrides").contains("watts=20") })
    #expect(value(limited, "power_ps") > 0 && value(limited, "time_ps") > value(base, "time_ps"))
    let cold = try #require(points.first { label($0, "overrides").contains("refresh=none") })
    #expect(value(cold, "refresh_ps") == 0 && value(base, "refresh_ps") > 0)
    #expect(reproduction.text.contains("What the paper leaves out"))
  }

  /// Directions that hold whatever the draw; the figures themselves are reported, not gated.
  @Test func directionsOfThePaperHold() throws {
    let claims = try DuplexReproduction(samples: 1).run().claims
    func verdict(_ id: String) -> ClaimVerdict? { claims.first { $0.id == id }?.verdict }
    for id in ["E6", "E7", "E16", "E18", "E19", "X1", "X2"] {
      #expect(verdict(id) == .agrees, "\(id)")
    }
    for id in ["E17a", "E17b", "E17c"] { #expect(verdict(id) == .agrees, "\(id)") }
  }
}
