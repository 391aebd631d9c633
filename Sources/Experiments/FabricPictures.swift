internal import Numerics
public import StreamingFabric

/// A picture of the fabric: its data as CSV, and a Vega-Lite chart of them.
public struct FabricPicture: Sendable {
  public let csv: String
  /// Complete, data included.
  public let specification: String
}

/// Pictures of the fabric.
public enum FabricPictures {
  /// Most points of one FIFO in a chart; the CSV has all.
  static let chartPoints = 1000

  /// Throughput against the depth of one class of FIFOs.
  ///
  /// Depths from 1 up to half more than full throughput needs; a deadlock has throughput 0.
  ///
  /// - Parameter long: whether the long FIFOs are varied; where nil, they are if there are any.
  public static func cliff(
    _ options: AttentionOptions, long: Bool? = nil
  ) throws -> FabricPicture {
    let long = long ?? (options.variant.longFIFOs > 0)
    let full = options.fullThroughputDepths
    let enough = (long ? full.long1.slots : full.short.slots) ?? 2
    let last = enough + max(4, enough / 2)
    let step = max(1, last / 256)
    var depths = Set(stride(from: 1, through: last, by: step))
    // Every depth round the edge, where the cliff is.
    depths.formUnion(max(1, enough - 6)...(enough + 2))
    var csv = "depth,cycles,scores_per_cycle,deadlock\n"
    var points: [Point] = []
    for depth in depths.sorted() {
      var variant = options
      variant.kvBuffer = nil
      variant.depths = full
      if long {
        (variant.depths.long1, variant.depths.long2) = (.bounded(depth), .bounded(depth))
      } else {
        variant.depths.short = .bounded(depth)
      }
      let result = try AttentionGraph(variant).graph.run()
      let shape = options.shape
      let scores =
        options.variant == .linear ? shape.heads * shape.keys : shape.heads * shape.pairs
      let rate = result.deadlock == nil ? Double(scores) / Double(result.cycles) : 0
      csv += "\(depth),\(result.cycles),\(rate),\(result.deadlock != nil)\n"
      points.append(
        Point(
          x: Double(depth), y: rate, series: result.deadlock == nil ? "completes" : "deadlock"))
    }
    let title =
      "\(options.variant.rawValue): throughput against the depth of "
      + (long ? "the long FIFOs" : "the short FIFOs")
    return FabricPicture(
      csv: csv,
      specification: chart(
        points, title: title, x: "depth of FIFOs (slots)", y: "scores per cycle",
        series: "run", isStepped: false))
  }

  /// Fill over time of every FIFO: one line of CSV for each change.
  public static func occupancy(_ graph: DataflowGraph, title: String) throws -> FabricPicture {
    let result = try graph.run(FabricRunOptions(stepping: .step, keepsHistory: true))
    var csv = "fifo,cycle,fill\n"
    var points: [Point] = []
    for (fifo, curve) in zip(graph.fifos, result.occupancies) {
      for point in curve { csv += "\(fifo.name),\(point.cycle),\(point.fill)\n" }
      points += thinned(curve, to: result.cycles).map {
        Point(x: Double($0.cycle), y: Double($0.fill), series: fifo.name)
      }
    }
    return FabricPicture(
      csv: csv,
      specification: chart(
        points, title: title, x: "cycle", y: "slots held", series: "FIFO", isStepped: true))
  }

  /// The largest fill of each of `chartPoints` equal spans, where there are more changes.
  private static func thinned(
    _ curve: [(cycle: Int, fill: Int)], to end: Int
  ) -> [(cycle: Int, fill: Int)] {
    guard curve.count > chartPoints else { return curve }
    let span = max(1, (end + chartPoints - 1) / chartPoints)
    var result: [(cycle: Int, fill: Int)] = []
    for point in curve {
      let start = point.cycle / span * span
      if let last = result.last, last.cycle == start {
        result[result.count - 1].fill = max(last.fill, point.fill)
      } else {
        result.append((start, point.fill))
      }
    }
    return result
  }

  private struct Point {
    var x: Double
    var y: Double
    var series: String
  }

  private static func chart(
    _ points: [Point], title: String, x: String, y: String, series: String, isStepped: Bool
  ) -> String {
    var json = JSONWriter()
    json.object { json in
      json.field("$schema", "https://vega.github.io/schema/vega-lite/v5.json")
      json.field("title", title)
      json.field("data") { json in
        json.object { json in
          json.records("values", points) { json, point in
            json.field("x", point.x)
            json.field("y", point.y)
            json.field("series", point.series)
          }
        }
      }
      json.field("width", 640)
      json.field("height", 320)
      json.field("mark") { json in
        json.object { json in
          json.field("type", isStepped ? "line" : "point")
          if isStepped {
            json.field("interpolate", "step-after")
          } else {
            json.field("filled", true)
          }
        }
      }
      json.field("encoding") { json in
        json.object { json in
          json.field("x") { channel("x", x, &$0) }
          json.field("y") { channel("y", y, &$0) }
          json.field("color") { json in
            json.object { json in
              json.field("field", "series")
              json.field("type", "nominal")
              json.field("title", series)
            }
          }
        }
      }
    }
    return json.text
  }

  private static func channel(_ field: String, _ title: String, _ json: inout JSONWriter) {
    json.object { json in
      json.field("field", field)
      json.field("type", "quantitative")
      json.field("title", title)
    }
  }
}
