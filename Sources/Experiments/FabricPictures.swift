internal import Numerics
public import StreamingFabric

/// Pictures of a fabric as data and Vega-Lite specifications, drawn by any Vega-Lite renderer.
public enum FabricPictures {
  /// Throughput against the depth of one class of FIFOs, as CSV.
  ///
  /// Depths from 1 up to half more than full throughput needs; a deadlock has throughput 0.
  public static func cliff(_ options: AttentionOptions, long: Bool) throws -> String {
    let full = options.fullThroughputDepths
    let enough = (long ? full.long1.slots : full.short.slots) ?? 2
    let last = enough + max(4, enough / 2)
    let step = max(1, last / 256)
    var depths = Set(stride(from: 1, through: last, by: step))
    // Every depth round the edge, where the cliff is.
    depths.formUnion(max(1, enough - 6)...(enough + 2))
    var text = "depth,cycles,scores_per_cycle,deadlock\n"
    for depth in depths.sorted() {
      var variant = options
      variant.depths = full
      if long {
        (variant.depths.long1, variant.depths.long2) = (.bounded(depth), .bounded(depth))
      } else {
        variant.depths.short = .bounded(depth)
      }
      let result = try AttentionGraph(variant).graph.run()
      let scores = options.shape.heads * options.shape.pairs
      let rate = result.deadlock == nil ? Double(scores) / Double(result.cycles) : 0
      text += "\(depth),\(result.cycles),\(rate),\(result.deadlock != nil)\n"
    }
    return text
  }

  /// Fill over time of every FIFO, as CSV: one line for each change.
  public static func occupancy(_ graph: DataflowGraph) throws -> String {
    let result = try graph.run(FabricRunOptions(stepping: .step, keepsHistory: true))
    var text = "fifo,cycle,fill\n"
    for (fifo, curve) in zip(graph.fifos, result.occupancies) {
      for point in curve { text += "\(fifo.name),\(point.cycle),\(point.fill)\n" }
    }
    return text
  }

  /// A Vega-Lite line chart of a CSV file.
  public static func lineChart(
    csv: String, title: String, x: String, y: String, colour: String?, isStepped: Bool
  ) -> String {
    var json = JSONWriter()
    json.object { json in
      json.field("$schema", "https://vega.github.io/schema/vega-lite/v5.json")
      json.field("title", title)
      json.field("data") { $0.object { $0.field("url", csv) } }
      json.field("width", 640)
      json.field("height", 320)
      json.field("mark") { json in
        json.object { json in
          json.field("type", "line")
          json.field("interpolate", isStepped ? "step-after" : "linear")
          if !isStepped { json.field("point", true) }
        }
      }
      json.field("encoding") { json in
        json.object { json in
          json.field("x") { channel(x, &$0) }
          json.field("y") { channel(y, &$0) }
          if let colour {
            json.field("color") { json in
              json.object { json in
                json.field("field", colour)
                json.field("type", "nominal")
              }
            }
          }
        }
      }
    }
    return json.text
  }

  private static func channel(_ field: String, _ json: inout JSONWriter) {
    json.object { json in
      json.field("field", field)
      json.field("type", "quantitative")
    }
  }
}
