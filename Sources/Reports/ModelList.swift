internal import Experiments
internal import Units
public import Workload

/// Model architectures as a table or JSON.
public struct ModelList {
  private let models: [TransformerArchitecture]

  public init(_ models: [TransformerArchitecture]) {
    self.models = models
  }

  /// One line a model.
  public var text: String {
    var table = TextTable([.left, .left, .right, .right, .right, .right, .right, .left])
    table.add(["name", "family", "parameters", "layers", "hidden", "heads", "KV/token", "experts"])
    for model in models {
      table.add([
        model.name, model.family.rawValue, parameters(of: model), String(model.layers),
        String(model.hidden), "\(model.heads)/\(model.kvHeads)",
        NumberText.binaryBytes(Double(model.kvBytesPerToken(dtype: model.dtype).count)),
        model.experts.map { "\($0.count), top \($0.topK)" } ?? "",
      ])
    }
    return table.lines(indent: 0).joined(separator: "\n") + "\n"
  }

  /// A sentence a model.
  public var summary: String {
    models.map { model in
      let kv = NumberText.binaryBytes(Double(model.kvBytesPerToken(dtype: model.dtype).count))
      return "\(model.name): \(parameters(of: model)) parameters, \(kv) of KV a token\n"
    }.joined()
  }

  /// `{"schema":"orrery.models/1","models":[…]}`.
  public var json: String {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.models/1")
      json.field("models") { json in
        json.array { json in
          for model in models { write(model, to: &json) }
        }
      }
    }
    return json.text
  }

  private func write(_ model: TransformerArchitecture, to json: inout JSONWriter) {
    json.object { json in
      json.field("name", model.name)
      json.field("family", model.family.rawValue)
      json.field("source", model.source)
      json.field("parameters", model.parameterCount)
      json.field("layers", model.layers)
      json.field("hidden", model.hidden)
      json.field("heads", model.heads)
      json.field("kv_heads", model.kvHeads)
      json.field("head_dim", model.headDim)
      json.field("intermediate", model.intermediate)
      json.field("vocabulary", model.vocabulary)
      if let experts = model.experts {
        json.field("experts", experts.count)
        json.field("top_k", experts.topK)
      }
      json.field("dtype", model.dtype.rawValue)
      json.field("kv_bytes_per_token", model.kvBytesPerToken(dtype: model.dtype).count)
    }
  }

  private func parameters(of model: TransformerArchitecture) -> String {
    NumberText.decimal(Double(model.parameterCount) / 1e9, digits: 3) + " B"
  }
}
