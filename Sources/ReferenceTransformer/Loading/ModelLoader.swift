internal import Numerics
internal import Units
internal import Workload

/// Loads models: configuration, weights, and the two bound together.
public enum ModelLoader {
  /// Loads a Hugging Face directory (`config.json` with `model.safetensors` or its shards), a
  /// `.gguf` file, or a llama2.c `.bin` file.
  ///
  /// - Throws: `ModelError` with one line on what is wrong.
  public static func load(path: String) throws(ModelError) -> ReferenceModel {
    if FileCheck.isDirectory(path) { return try load(directory: path) }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    if path.hasSuffix(".gguf") {
      let source = try GGUFSource(path: path)
      return try bind(try source.configuration(name: name), to: source)
    }
    if path.hasSuffix(".bin") {
      let source = try Llama2CSource(path: path)
      return try bind(source.configuration(name: name), to: source)
    }
    guard FileCheck.isFile(path) else {
      throw ModelError(path, "no such file or directory", kind: .inputOutput)
    }
    throw ModelError(path, "is no model; expected a directory, a .gguf or a llama2.c .bin file")
  }

  /// Loads a Hugging Face directory: `config.json` with `model.safetensors` or its shards.
  ///
  /// Binary32 weights stay in the mapped files; f16 and bf16 are widened once.
  /// - Throws: `ModelError`: a missing or malformed file, an unknown architecture, a missing tensor
  ///   (with the nearest name), a wrong shape or element type.
  public static func load(directory: String) throws(ModelError) -> ReferenceModel {
    guard FileCheck.isDirectory(directory) else {
      throw ModelError(
        directory, "is not a directory with config.json in it", kind: .inputOutput)
    }
    let configuration = try readConfiguration(directory: directory)
    return try bind(configuration, to: try SafetensorsSource(directory: directory))
  }

  /// Reads only the `config.json` of a directory.
  public static func readConfiguration(
    directory: String
  ) throws(ModelError) -> ModelConfiguration {
    let name = directory.split(separator: "/").last.map(String.init) ?? directory
    return try ModelConfiguration(file: directory + "/config.json", name: name)
  }

  /// Finds every weight that the architecture needs and checks its shape and type.
  static func bind(
    _ configuration: ModelConfiguration, to source: some TensorSource
  ) throws(ModelError) -> ReferenceModel {
    // Every layer has at least 4 tensors, every expert 2; checked before any is declared.
    let architecture = configuration.architecture
    let needed = architecture.layers.multipliedReportingOverflow(
      by: 4 + 2 * (architecture.experts?.count ?? 0) / (architecture.experts?.layerStride ?? 1))
    guard !needed.overflow, needed.partialValue <= source.names.count + 4 else {
      throw ModelError(
        source.place,
        "holds \(source.names.count) tensors; too few for \(architecture.layers) layers")
    }
    let weights = ModelWeights(configuration.architecture) { name in
      resolve(name, in: source).map { ($0.name, $0.entry.dataType) }
    }
    let store = WeightStore()
    for weight in weights.all {
      let tensor = weight.tensor
      guard let entry = source.entry(tensor.name) else {
        let near = nearestName(to: tensor.name, among: source.names)
        throw ModelError(
          source.place,
          "tensor \"\(tensor.name)\" is missing" + (near.map { "; the nearest is \"\($0)\"" } ?? "")
        )
      }
      guard entry.shape == Array(tensor.shape) else {
        throw ModelError(
          source.place,
          "tensor \"\(tensor.name)\" has shape \(entry.shape); config.json makes it "
            + "\(Array(tensor.shape))")
      }
      guard [.f64, .f32, .f16, .bf16].contains(entry.dataType) else {
        throw ModelError(
          source.place,
          "tensor \"\(tensor.name)\" holds \(entry.dataType.rawValue); weights must be f32, f16 "
            + "or bf16")
      }
      store.append(
        entry.bytes, entry.dataType, count: tensor.shape.elements, file: entry.file)
    }
    return ReferenceModel(configuration: configuration, weights: weights, store: store)
  }

  /// A weight under its full name, or without the outermost module's name, as files saved from a
  /// bare model have it.
  private static func resolve(
    _ name: String, in source: some TensorSource
  ) -> (name: String, entry: SourceTensor)? {
    let own = source.ownName(of: name)
    if let entry = source.entry(own) { return (own, entry) }
    guard let dot = name.firstIndex(of: ".") else { return nil }
    let bare = String(name[name.index(after: dot)...])
    return source.entry(bare).map { (bare, $0) }
  }
}
