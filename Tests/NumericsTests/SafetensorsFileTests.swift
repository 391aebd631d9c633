import Foundation
import Numerics
import Testing
import Units

@Suite struct SafetensorsFileTests {
  let path =
    FileManager.default.temporaryDirectory.path + "/orrery-\(UUID().uuidString).safetensors"

  func write(header: String, data: [UInt8] = [], length: UInt64? = nil) throws {
    var bytes = withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) {
      Array($0)
    }
    bytes += Array(header.utf8) + data
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  @Test func tensorsSurviveTheRoundTrip() throws {
    defer { unlink(path) }
    let matrix = Tensor(shape: [2, 2], elements: [1, -2.5, 3e-3, 1e30])
    let exact = NDArray<Double>(shape: [1], elements: [.pi])
    let ids = NDArray<Int64>(shape: [3], elements: [1, -2, .max])
    var writer = SafetensorsWriter()
    writer.metadata["note"] = "a \"quoted\" line\n"
    writer.add("matrix", matrix)
    writer.add("half", matrix, as: .f16)
    writer.add("brain", matrix, as: .bf16)
    writer.add("exact", exact)
    writer.add("ids", ids)
    writer.add("empty", Tensor(shape: [0, 4], elements: []))
    try writer.write(to: path)
    let file = try SafetensorsFile(path: path)
    #expect(Set(file.entries.map(\.name)) == ["matrix", "half", "brain", "exact", "ids", "empty"])
    #expect(file.metadata == ["note": "a \"quoted\" line\n"])
    #expect(try file.tensor("matrix") == matrix)
    #expect(try file.tensor("half").elements == matrix.elements.map { Float(Float16($0)) })
    #expect(try file.tensor("brain").elements == matrix.elements.map { Float(BFloat16($0)) })
    #expect(try file.doubles("exact") == exact)
    #expect(try file.integers("ids") == ids)
    #expect(try file.tensor("empty").shape == [0, 4])
    #expect(file.entry("matrix")?.dataType == .f32)
  }

  @Test func everyReferenceKernelFileIsRead() throws {
    let folder = ReferenceFiles.root + "/kernels"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".safetensors") }
    #expect(names.count == 22)
    for name in names { #expect(try !SafetensorsFile(path: folder + "/" + name).entries.isEmpty) }
  }

  @Test(arguments: [
    ("{", "header is not JSON"),
    ("[]", "header is no object"),
    (#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, "has no dtype"),
    (#"{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}"#, "unknown dtype"),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, "no natural number"),
    (#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, "no natural number"),
    (
      #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#, "overflows"
    ),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, "two data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "claims data bytes"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, "claims data bytes"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, "needs 8 bytes"),
    (#"{"a":{"dtype":"F16","shape":[1],"data_offsets":[2,4]}}"#, "overlap or leave a hole"),
    (#"{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#, "follow the last tensor"),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
        + #""b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, "overlap or leave a hole"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
        + #""a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, "occurs twice"
    ),
  ])
  func lyingHeadersAreNamed(header: String, reason: String) throws {
    defer { unlink(path) }
    try write(header: header, data: [0, 0, 0, 0])
    let error = #expect(throws: TensorFileError.self) { try SafetensorsFile(path: path) }
    #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    #expect(error?.kind == .malformed)
  }

  @Test func headerLengthsBeyondTheFileAreRefused() throws {
    defer { unlink(path) }
    for length in [3, 1 << 40, UInt64.max, UInt64(Int.max)] as [UInt64] {
      try write(header: "{}", length: length)
      #expect(throws: TensorFileError.self) { try SafetensorsFile(path: path) }
    }
    try write(header: "{}")
    #expect(try SafetensorsFile(path: path).entries.isEmpty)
  }

  @Test func aMissingFileIsAnInputOutputError() {
    let error = #expect(throws: TensorFileError.self) {
      try SafetensorsFile(path: "absent.safetensors")
    }
    #expect(error?.kind == .inputOutput)
  }

  @Test func mutatedFilesAreReadOrRefusedButNeverCrash() throws {
    defer { unlink(path) }
    let source = ReferenceFiles.root + "/kernels/moe_gate_top2.safetensors"
    let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: source)))
    let header = Int(good[0]) | Int(good[1]) << 8
    var generator = SeededGenerator(seed: 5)
    var refused = 0
    for _ in 0..<2000 {
      var bytes = good
      for _ in 0...generator.next(below: 3) {
        switch generator.next(below: 4) {
        case 0: bytes[generator.next(below: 8)] = UInt8(generator.next(below: 256))
        case 1: bytes[8 + generator.next(below: header)] = UInt8(generator.next(below: 256))
        case 2:
          bytes[8 + generator.next(below: header)] =
            Array("0123456789,:[]{}\"-e".utf8)[generator.next(below: 19)]
        default: bytes.removeLast(generator.next(below: bytes.count - header - 8))
        }
        if bytes.count < header + 9 { break }
      }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      do {
        let file = try SafetensorsFile(path: path)
        for entry in file.entries {
          #expect(entry.byteRange.upperBound <= bytes.count)
          _ = try? file.tensor(entry.name)
          _ = try? file.doubles(entry.name)
          _ = try? file.integers(entry.name)
        }
      } catch {
        refused += 1
      }
    }
    #expect(refused > 1000)
  }
}
