import Foundation
import Numerics
import Testing

@Suite struct NPYFileTests {
  let path = FileManager.default.temporaryDirectory.path + "/orrery-\(UUID().uuidString).npy"

  @Test func arraysSurviveTheRoundTrip() throws {
    defer { unlink(path) }
    let floats = Tensor(shape: [2, 3], elements: [1, 2, -0.5, .infinity, 0x1p-140, 7])
    try NPYFile.write(floats, to: path)
    #expect(try NPYFile.read(path, as: Float.self) == floats)
    let doubles = NDArray<Double>(shape: [3], elements: [1, .pi, -1e300])
    try NPYFile.write(doubles, to: path)
    #expect(try NPYFile.read(path, as: Double.self) == doubles)
    let scalar = NDArray<Int64>(shape: [], elements: [-7])
    try NPYFile.write(scalar, to: path)
    #expect(try NPYFile.read(path, as: Int64.self) == scalar)
  }

  @Test func dataStartsAtAMultipleOf64AndTheHeaderIsThatOfNumPy() throws {
    defer { unlink(path) }
    try NPYFile.write(Tensor(shape: [4], elements: [1, 2, 3, 4]), to: path)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(bytes.count == 128 + 16)
    let text = String(decoding: bytes[10..<128], as: UTF8.self)
    #expect(text.hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }"))
    #expect(text.hasSuffix("\n"))
  }

  @Test func readsWhatNumPyWrote() throws {
    let file = ReferenceFiles.root + "/goldens/tiny-llama-gqa/input_ids.npy"
    #expect(try NPYFile.read(file, as: Int64.self).shape == [2, 16])
    let logits = ReferenceFiles.root + "/goldens/tiny-llama-gqa/logits_f64.npy"
    #expect(try NPYFile.read(logits, as: Double.self).shape == [2, 16, 256])
  }

  @Test func anotherElementTypeIsAnError() {
    let file = ReferenceFiles.root + "/goldens/tiny-llama-gqa/input_ids.npy"
    let error = #expect(throws: TensorFileError.self) { try NPYFile.read(file, as: Float.self) }
    #expect(error?.message == "holds <i8; expected <f4")
  }

  @Test func lyingHeadersAreErrors() throws {
    defer { unlink(path) }
    try NPYFile.write(Tensor(shape: [4], elements: [1, 2, 3, 4]), to: path)
    let good = try Data(contentsOf: URL(fileURLWithPath: path))
    func expectError(_ data: Data) throws {
      try data.write(to: URL(fileURLWithPath: path))
      #expect(throws: TensorFileError.self) { try NPYFile.read(path, as: Float.self) }
    }
    try expectError(Data())
    try expectError(good.prefix(9))
    try expectError(good.dropLast())
    try expectError(good + [0])
    let text = String(decoding: good, as: UTF8.self)
    #expect(text.contains("(4,)"))
    for shape in ["(5,)", "(-4)", "9e9 ", "(4 4"] {
      var data = good
      let range = try #require(data.firstRange(of: Data("(4,)".utf8)))
      data.replaceSubrange(range, with: Data(shape.utf8))
      try expectError(data)
    }
  }
}
