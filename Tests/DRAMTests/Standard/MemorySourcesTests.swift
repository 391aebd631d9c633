import Foundation
import Testing
import Yams

@testable import DRAM

/// Every value of the shipped memories says where it comes from, and agrees with that source where the source is here.
@Suite struct MemorySourcesTests {
  static let names: [String] = {
    let files =
      (try? FileManager.default.contentsOfDirectory(
        atPath: Repository.root.appending(path: "configs/memories").path)) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }()

  static let kinds = ["paper", "standard", "code", "measured", "derived", "assumption"]

  /// The sections that need a source: every mapping with figures that is not part of one which has it.
  static func unsourced(_ name: String) throws -> [String] {
    let text = try Repository.text("configs/memories/\(name).yaml")
    let root = try #require(try Yams.load(yaml: text) as? [String: Any])
    // What a file takes over from its base has the sources of that one.
    let isComplete = root["base"] == nil
    var sections: [(key: String, value: Any?)] = ["organization", "refresh"]
      .filter { isComplete || root[$0] != nil }.map { ($0, root[$0]) }
    #expect(!isComplete || root["timing"] != nil)
    for (key, value) in root["timing"] as? [String: Any] ?? [:] {
      sections.append(("timing.\(key)", value))
    }
    for key in ["energy", "pim"] where root[key] != nil { sections.append((key, root[key])) }
    if let energy = (root["pim"] as? [String: Any])?["energy"] {
      sections.append(("pim.energy", energy))
    }
    return sections.compactMap { key, value in
      let fields = value as? [String: Any]
      let source = fields?["source"] as? String ?? ""
      let parts = source.split(separator: ":", maxSplits: 1)
      let isSourced =
        parts.count == 2 && kinds.contains(String(parts[0]))
        && parts[1].contains { $0.isLetter || $0.isNumber }
      let dispute = fields?["disputed"] as? String
      return isSourced && dispute.map { !$0.isEmpty } ?? true ? nil : "\(key): '\(source)'"
    }
  }

  @Test(arguments: names)
  func everyValueHasASource(name: String) throws {
    #expect(try Self.unsourced(name) == [])
  }

  @Test func theFilesAreThoseThatTheTestsKnow() {
    #expect(Set(Repository.standardNames).isSubset(of: Self.names))
    #expect(Self.names.count >= 13)
  }

  /// Values that the public simulators disagree on say so.
  @Test(arguments: [
    ("hbm2-2000", ["nRFC", "nFAW", "nCL", "nCWL", "nRFCpb"]), ("hbm3-5.2-duplex", ["nRFC"]),
    ("hbm3-5.2-attacc", ["nRFC"]), ("hbm3-6400", ["nRREFD"]),
    ("hbm2-neupims", ["nFAW", "nRFC"]), ("hbm4-8000", ["nRREFD", "nRFC"]),
  ])
  func disputesAreNamed(name: String, keys: [String]) throws {
    let standard = try Repository.standard(name)
    for key in keys { #expect(standard.timing[key]?.disputed != nil, "\(key)") }
  }

  /// The parameters, sizes and command lengths of Ramulator 2.1's presets.
  @Test(arguments: [
    "ddr4": "ddr4-2400", "hbm2": "hbm2-2000", "hbm3": "hbm3-6400", "lpddr5": "lpddr5-6400",
    "hbm4": "hbm4-8000",
  ])
  func valuesAgreeWithTheReferenceTables(dram: String, name: String) throws {
    let standard = try Repository.standard(name)
    let clocks = try standard.timingInClocks()
    let table = try CSVTable(try Repository.reference("timings_\(dram).csv"), name: dram)
    var compared = 0
    for row in table.rows {
      let key = String(row.fields[0])
      let value = try table.integer(row, 1)
      var ours: Int?
      if key.hasPrefix("cmd_ticks.") {
        let command = standard.commands.first { $0.name == key.dropFirst(10) }
        ours = command.map { $0.ticks ?? 1 }
      } else if key == "ticks_per_CK" {
        ours = standard.ticksPerClock
      } else if key == "org.row" {
        ours = standard.organization.rows
      } else if key == "org.density" {
        ours = standard.organization.densityGigabits * 1024
      } else if key == "org.bankgroup" || key == "org.bank" {
        let level = key == "org.bank" ? "bank" : "bank_group"
        ours = standard.organization.levels.first { $0.name == level }?.count
      } else if dram == "hbm3", key == "nRFC" || key == "nRFMab" {
        // The table is that of another density; ours follows the standard's rule by density.
        continue
      } else if key.hasPrefix("n"), key != "nREFIpb" {
        ours = clocks[key]
        // Parameters that the reference lists and no row of its constraints uses.
        if ours == nil { continue }
      } else {
        continue
      }
      #expect(ours == value, "\(key)")
      compared += 1
    }
    #expect(compared > 30, "\(compared)")
  }

  /// HBM2E and the HBM2 of an A100 have no public preset: they are the times of HBM2, rounded up to their clocks.
  @Test(arguments: [("hbm2e-3200", 1.6), ("hbm2-a100", 1.215)])
  func derivedMemoriesHaveTheTimesOfHBM2(name: String, gigahertz: Double) throws {
    let base = try Repository.standard("hbm2-2000").timingInClocks()
    let derived = try Repository.standard(name).timingInClocks()
    // Clocks of the interface, which do not scale, and a disputed window.
    let fixed = ["nBL", "nCCDS", "nCCDL"]
    #expect(Set(base.keys) == Set(derived.keys))
    for (key, clocks) in base where key != "nFAW" {
      let expected =
        fixed.contains(key) ? clocks : Int((Double(clocks) * gigahertz - 1e-9).rounded(.up))
      #expect(derived[key] == expected, "\(key)")
    }
    #expect(derived["nFAW"] == Int((16 * gigahertz - 1e-9).rounded(.up)))
  }

  /// A preset's own mapping lets a stream run near the peak, so nobody measures a mapping by mistake.
  @Test(arguments: Repository.standardNames)
  func theMappingOfEachPresetStreamsWell(name: String) throws {
    var configuration = ControllerConfiguration()
    // All-bank refresh stalls a scope of the dense stacks for 12 to 15 % of the time and GDDR6's for a quarter.
    for (refresh, share) in [(RefreshMode.none, 0.92), (.allBank, 0.70)] {
      configuration.refresh = refresh
      let statistics = try runStream(
        .sequential, count: 60_000, on: Repository.standard(name), configuration: configuration)
      #expect(try #require(statistics.busUtilization) >= share, "\(refresh)")
    }
  }
}
