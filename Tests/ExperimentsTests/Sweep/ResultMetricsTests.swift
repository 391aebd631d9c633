import Configuration
import Experiments
import ResultsStore
import Testing

@Suite struct ResultMetricsTests {
  private func metrics(_ system: String) throws -> [String: Metric] {
    let yaml = """
      name: m
      system: \(system)
      trace: {model: mixtral-8x7b, layers: 2, phase: decode, context: 64, batch: 4}
      """
    let node = try ConfigurationNode(yaml: yaml, name: "sweep.yaml")
    let executor = SimulationExecutor()
    let plan = try SweepPlan(
      SweepSpecification(node, text: yaml, folder: "."), build: BuildIdentity(digest: "b"),
      executor: executor)
    let metrics = try ResultMetrics.metrics(ofJSON: executor.run(plan.points[0]))
    #expect(metrics.map(\.name) == metrics.map(\.name).sorted(), "in the order of names")
    return Dictionary(uniqueKeysWithValues: metrics.map { ($0.name, $0) })
  }

  /// What the energy objective counts is what the result says under its first set of coefficients.
  @Test func energyPowerAndAreaAreObjectives() throws {
    let metrics = try metrics("duplex-code")
    let energy = try #require(metrics["energy_joules"])
    #expect(energy.unit == "J" && energy.value.double > 0)
    let parts = metrics.values.filter { $0.name.hasPrefix("energy.") }
    #expect(parts.count >= 3 && parts.allSatisfy { $0.unit == "J" })
    let sum = parts.reduce(0) { $0 + $1.value.double }
    #expect(abs(sum - energy.value.double) <= 1e-9 * sum, "the parts are the whole")
    let seconds = try #require(metrics["time_ps"]).value.double * 1e-12
    let watts = try #require(metrics["power_watts"])
    #expect(watts.unit == "W")
    #expect(abs(watts.value.double * seconds - energy.value.double) <= 1e-9 * sum)
    let perToken = try #require(metrics["energy_per_token_joules"]).value.double
    let tokens = try #require(metrics["tokens"]).value.double
    #expect(abs(perToken * tokens - energy.value.double) <= 1e-9 * sum)
    for name in metrics.keys { #expect(ResultMetrics.isKnown(name), "\(name) may be an objective") }
  }

  @Test func aSystemWithoutCoefficientsHasNoEnergy() throws {
    let metrics = try metrics("h100")
    #expect(metrics["energy_joules"] == nil && metrics["power_watts"] == nil)
  }
}
