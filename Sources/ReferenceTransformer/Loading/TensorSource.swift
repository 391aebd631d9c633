internal import Numerics
internal import Units

/// Named tensors in one or several files.
protocol TensorSource {
  /// The place that error messages name.
  var place: String { get }
  /// All names, sorted.
  var names: [String] { get }
  func entry(_ name: String) -> SourceTensor?
  /// The source's own name of the weight that Hugging Face calls `name`.
  func ownName(of name: String) -> String
}

extension TensorSource {
  func ownName(of name: String) -> String { name }
}

/// One tensor of a source: type, shape and bytes, and the file that keeps the bytes alive.
struct SourceTensor {
  let dataType: DataType
  let shape: [Int]
  let bytes: UnsafeRawBufferPointer
  let file: MappedFile
}

/// One safetensors file or the shards of one model.
struct SafetensorsSource: TensorSource {
  let place: String
  private var files: [String: SafetensorsFile] = [:]
  private var owner: [String: String] = [:]

  /// Opens `model.safetensors`, or the files that `model.safetensors.index.json` names.
  init(directory: String) throws(ModelError) {
    let index = directory + "/model.safetensors.index.json"
    let single = directory + "/model.safetensors"
    if FileCheck.isFile(single) || !FileCheck.isFile(index) {
      place = single
      try open(single, as: "model.safetensors")
      for entry in files["model.safetensors"]?.entries ?? [] {
        owner[entry.name] = "model.safetensors"
      }
      return
    }
    place = index
    let json = try ModelConfiguration.json(index)
    guard let map = json["weight_map"]?.objectValue, !map.isEmpty else {
      throw ModelError(index, "has no \"weight_map\"")
    }
    for (name, shard) in map {
      guard let shard = shard.stringValue, !shard.isEmpty, !shard.contains("/"), shard != ".."
      else {
        throw ModelError(index, "the shard of \"\(name)\" is no file name")
      }
      if files[shard] == nil { try open("\(directory)/\(shard)", as: shard) }
      guard files[shard]?.entry(name) != nil else {
        throw ModelError(index, "\"\(name)\" is not in \(shard) as the index claims")
      }
      owner[name] = shard
    }
  }

  /// Opens one file by its own name.
  init(file: String) throws(ModelError) {
    place = file
    try open(file, as: file)
    for entry in files[file]?.entries ?? [] { owner[entry.name] = file }
  }

  private mutating func open(_ path: String, as name: String) throws(ModelError) {
    do throws(TensorFileError) { files[name] = try SafetensorsFile(path: path) } catch {
      throw ModelError(error)
    }
  }

  var names: [String] { owner.keys.sorted() }

  func entry(_ name: String) -> SourceTensor? {
    guard let shard = owner[name], let file = files[shard], let entry = file.entry(name) else {
      return nil
    }
    return SourceTensor(
      dataType: entry.dataType, shape: entry.shape, bytes: file.bytes(of: entry), file: file.file)
  }
}
