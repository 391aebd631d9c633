import DRAM
import Foundation
import Testing

/// Request and command traces of Ramulator 2.1 and DRAMsim3 (see the README beside the data).
@Suite struct ReferenceCaseTests {
  static let standards = [
    "ddr4": "ddr4-2400", "hbm2": "hbm2-2000", "hbm3": "hbm3-6400", "lpddr5": "lpddr5-6400",
  ]
  static let cases: [String] = {
    let names =
      (try? FileManager.default.contentsOfDirectory(
        atPath: Repository.root.appending(path: "Tests/ReferenceData/dram").path)) ?? []
    return names.filter { $0.hasSuffix(".req.csv") }.map { String($0.dropLast(8)) }.sorted()
  }()

  struct Expected {
    var accepted: [Int] = []
    var completed: [Int] = []
    var commands: [String] = []
  }

  static func load(_ name: String) throws -> (CompiledStandard, RequestTrace, Expected) {
    let dram = String(name.split(separator: "_")[1])
    let compiled = try CompiledStandard(
      try Repository.standard(try #require(Self.standards[dram])))
    let text = try Repository.reference(name + ".req.csv")
    let trace = try RequestTrace(csv: text, name: name, standard: compiled)
    let table = try CSVTable(text, name: name)
    var expected = Expected()
    for row in table.rows {
      expected.accepted.append(try table.integer(row, try table.column("accept")))
      expected.completed.append(try table.integer(row, try table.column("complete")))
    }
    let commands = try CSVTable(try Repository.reference(name + ".cmd.csv"), name: name)
    expected.commands = commands.rows.map { $0.fields.joined(separator: ",") }
    return (compiled, trace, expected)
  }

  static func configuration(_ name: String, _ stepping: Stepping) -> ControllerConfiguration {
    var configuration = ControllerConfiguration()
    configuration.refresh = name.hasSuffix("paced_ref") ? .allBank : .none
    configuration.stepping = stepping
    return configuration
  }

  @Test(arguments: cases.filter { $0.hasPrefix("ram_") }, [Stepping.tick, .skip])
  func ramulatorCasesAreReproducedToTheCycle(name: String, stepping: Stepping) throws {
    let (compiled, trace, expected) = try Self.load(name)
    let result = try replay(
      trace.requests, on: compiled, configuration: Self.configuration(name, stepping))
    let wrong = zip(result.accepted, expected.accepted).filter { $0 != $1 }.count
    let late = zip(result.completed, expected.completed).filter { $0 != $1 }.count
    #expect(wrong == 0, "accept cycles that differ")
    #expect(late == 0, "complete cycles that differ")
    let lines = result.commands.map { CommandLog.line($0, compiled) }
    #expect(lines == expected.commands)
  }
}
