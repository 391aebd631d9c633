import Configuration
import Testing
import Units

private struct Engine: Decodable, Equatable {
  enum Kind: String, Decodable, CaseIterable { case systolic, vector }
  var kind: Kind
  var clock: Frequency
  var lanes: Int
  var efficiency: Double?
  var enabled: Bool?
}

private struct Machine: Decodable, Equatable {
  var name: String
  var capacity: ByteCount
  var engines: [Engine]
  var rates: [String: ComputeRate]?
}

private let text = """
  name: demo
  capacity: 16 GiB
  engines:
    - {kind: systolic, clock: 1.3 GHz, lanes: 128}
    - kind: vector
      clock: 1 GHz
      lanes: 8
      efficiency: 0.5
      enabled: true
  rates: {f16: 1 TFLOPS, f32: 0.5 TFLOPS}
  """

@Suite struct ConfigurationDecoderTests {
  private func message(_ yaml: String, set: String? = nil) -> String {
    let error = #expect(throws: ConfigurationError.self) {
      var node = try ConfigurationNode(yaml: yaml, name: "demo.yaml")
      if let set { try node.apply(override: set) }
      _ = try node.decode(Machine.self)
    }
    return error?.description ?? ""
  }

  @Test func wholeSpecificationDecodes() throws {
    let machine = try ConfigurationNode(yaml: text, name: "demo.yaml").decode(Machine.self)
    #expect(machine.capacity == ByteCount(16 << 30))
    #expect(machine.engines[0].clock.hertz == 1_300_000_000)
    #expect(machine.engines[1].efficiency == 0.5)
    #expect(machine.rates?["f32"] == ComputeRate(flopsPerSecond: 500_000_000_000))
  }

  @Test func unknownKeyNamesFileLineAndNearestKey() {
    let wrong = text.replacing("    lanes: 8", with: "    lanes: 8\n    eficiency: 1")
    #expect(
      message(wrong).hasPrefix(
        "demo.yaml:8:5: engines[1]: unknown key 'eficiency'; did you mean 'efficiency'?"))
  }

  @Test func misspelledRequiredKeyIsReportedAsTheTypo() {
    let wrong = text.replacing("capacity:", with: "capcity:")
    #expect(message(wrong) == "demo.yaml:2:1: unknown key 'capcity'; did you mean 'capacity'?")
  }

  @Test func missingKeyIsNamed() {
    let wrong = text.replacing("    lanes: 8\n", with: "")
    #expect(message(wrong).hasSuffix("engines[1]: the key 'lanes' is missing"))
  }

  @Test func wrongUnitWrongTypeAndWrongCaseAreRefused() {
    #expect(message(text.replacing("16 GiB", with: "16 GHz")).contains("is not a size"))
    #expect(message(text.replacing("16 GiB", with: "16")).contains("the unit is missing"))
    #expect(message(text.replacing("lanes: 128", with: "lanes: 1.5")).contains("a whole number"))
    #expect(message(text.replacing("lanes: 128", with: "lanes: '8'")).contains("a whole number"))
    #expect(
      message(text.replacing("kind: systolic", with: "kind: systolc"))
        .contains("is not one of systolic, vector; did you mean 'systolic'?"))
    #expect(message(text.replacing("enabled: true", with: "enabled: yes")).contains("neither"))
    #expect(message("name: [").contains("not valid YAML"))
    #expect(message("").contains("empty"))
    #expect(message("name: a\nname: b").contains("twice"))
  }

  @Test func overridesReplaceAndKeepTheirOrigin() throws {
    var node = try ConfigurationNode(yaml: text, name: "demo.yaml")
    try node.apply(override: "engines[0].lanes=64")
    try node.apply(override: "engines[1].enabled=false")
    let machine = try node.decode(Machine.self)
    #expect(machine.engines[0].lanes == 64)
    #expect(machine.engines[1].enabled == false)
    #expect(
      node.leaves.filter { $0.origin.hasPrefix("--set") }.map(\.path)
        == ["engines[0].lanes", "engines[1].enabled"])
  }

  @Test func badOverridesAreRefused() {
    #expect(message(text, set: "lanes").contains("key.path=value"))
    #expect(message(text, set: "engines[7].lanes=1").contains("outside a list of 2"))
    #expect(message(text, set: "name.first=1").contains("inside a single value"))
    #expect(message(text, set: "engines[0].lane=1").contains("did you mean 'lanes'?"))
  }
}
