internal import Numerics
internal import Units
internal import Workload

/// Loads models: configuration, weights, and the two bound together.
public enum ModelLoader {
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
    if let entry = source.entry(name) { return (name, entry) }
    guard let dot = name.firstIndex(of: ".") else { return nil }
    let bare = String(name[name.index(after: dot)...])
    return source.entry(bare).map { (bare, $0) }
  }
}
