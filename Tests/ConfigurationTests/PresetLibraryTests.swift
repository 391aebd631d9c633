import Configuration
import Foundation
import Testing
import Units
import Workload

private let root = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

@Suite struct PresetLibraryTests {
  @Test func embeddedPresetsEqualTheFiles() throws {
    // When this fails: sh Scripts/embed-presets.sh
    for kind in PresetKind.allCases {
      let folder = root.appending(path: "configs/\(kind.rawValue)")
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
      let names = files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
      #expect(PresetLibrary.names(of: kind) == names)
      for name in names {
        let text = try String(contentsOf: folder.appending(path: name + ".yaml"), encoding: .utf8)
        let trimmed = text.split(separator: "\n", omittingEmptySubsequences: false)
          .map { String($0.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n")
        let embedded = PresetLibrary.text(of: kind, name: name) ?? ""
        #expect(embedded + "\n" == trimmed || embedded == trimmed, "\(kind.rawValue)/\(name)")
      }
    }
  }

  @Test func unknownPresetNamesTheNearest() {
    let error = #expect(throws: ConfigurationError.self) {
      try PresetLibrary.load("llama2-7B", kind: .models)
    }
    #expect(error?.description.contains("did you mean 'llama2-7b'?") == true)
    #expect(throws: ConfigurationError.self) {
      try PresetLibrary.load("no/such/file.yaml", kind: .models)
    }
  }

  @Test func aBaseIsLaidUnderTheFile() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try "base: llama2-7b\nlayers: 2\n".write(
      to: folder.appending(path: "small.yaml"), atomically: true, encoding: .utf8)
    try "base: small.yaml\nhidden: 64\n".write(
      to: folder.appending(path: "tiny.yaml"), atomically: true, encoding: .utf8)
    try "base: loop.yaml\n".write(
      to: folder.appending(path: "loop.yaml"), atomically: true, encoding: .utf8)
    let node = try PresetLibrary.load(folder.appending(path: "tiny.yaml").path(), kind: .models)
    let model = try node.decode(TransformerArchitecture.self)
    #expect(model.layers == 2 && model.hidden == 64 && model.heads == 32)
    #expect(throws: ConfigurationError.self) {
      try PresetLibrary.load(folder.appending(path: "loop.yaml").path(), kind: .models)
    }
  }
}

@Suite struct ModelPresetTests {
  /// Parameters in millions: published checkpoints, GPT-3 by its sizes, the others within 1 % of
  /// the tables that Duplex gives.
  @Test(arguments: [
    ("llama2-7b", 6_738, 0.5), ("llama3-8b", 8_030, 0.5), ("llama3-70b", 70_554, 5),
    ("mixtral-8x7b", 46_703, 5), ("gpt3-7b", 6_660, 5), ("gpt3-13b", 12_850, 5),
    ("gpt3-30b", 29_970, 5), ("gpt3-175b", 174_600, 50), ("glam-143b", 142_800, 1_428),
    ("grok1-314b", 315_700, 3_157), ("opt-66b", 65_200, 652),
  ])
  func presetsHaveTheirPublishedParameterCounts(name: String, millions: Double, slack: Double)
    throws
  {
    let model = try PresetLibrary.load(name, kind: .models).decode(TransformerArchitecture.self)
    try model.validate()
    #expect(model.name == name)
    #expect(abs(Double(model.parameterCount) / 1e6 - millions) <= slack)
  }

  @Test(arguments: [
    ("mixtral-8x7b", 128 << 10), ("glam-143b", 512 << 10), ("grok1-314b", 256 << 10),
    ("opt-66b", 2304 << 10), ("llama3-70b", 320 << 10),
  ])
  func kvBytesPerTokenAreThoseOfDuplex(name: String, bytes: Int) throws {
    let model = try PresetLibrary.load(name, kind: .models).decode(TransformerArchitecture.self)
    #expect(model.kvBytesPerToken(dtype: .f16).count == bytes)
  }
}
