/// The page of FIFO depths: where throughput falls off, and where nothing moves any more.
public struct DepthPage: ReportPage {
  public let title: String
  private let subtitle: String
  private let sweeps: [DepthSweep]

  public init(title: String, subtitle: String, sweeps: [DepthSweep]) {
    self.title = title
    self.subtitle = subtitle
    self.sweeps = sweeps
  }

  public var content: PageContent {
    var content = PageContent()
    content.subtitle = subtitle
    for sweep in sweeps {
      if let enough = sweep.enough {
        content.figures.append(
          (
            name: "least depth of \(sweep.name) FIFOs at full rate",
            value: NumberText.grouped(enough),
            remark: "\(NumberText.significant(sweep.best)) scores a cycle"
          ))
      }
      if let last = sweep.lastDeadlock {
        content.figures.append(
          (
            name: "deadlock up to depth", value: NumberText.grouped(last),
            remark: "\(sweep.name) FIFOs"
          ))
      }
    }
    content.charts = sweeps.map(cliff)
    content.tables = sweeps.map(table)
    return content
  }

  /// Throughput against depth, with the depths that deadlock as marks of their own.
  private func cliff(_ sweep: DepthSweep) -> Chart {
    let rows = sweep.rows.map { row -> ChartSpec in
      [
        "depth": .integer(row.depth), "rate": ChartSpec(row.rate), "cycles": .integer(row.cycles),
        "outcome": .text(row.isDeadlock ? "deadlock" : "runs"),
      ]
    }
    let x: ChartSpec = [
      "field": "depth", "type": "quantitative", "title": "depth (elements)",
      "scale": ["zero": true, "nice": false], "axis": ["tickMinStep": 1],
    ]
    let y: ChartSpec = [
      "field": "rate", "type": "quantitative", "title": "throughput (scores/cycle)",
      "scale": ["zero": true],
    ]
    let outcomes: ChartSpec = ["runs", "deadlock"]
    var layers: [ChartSpec] = [
      [
        "transform": [["filter": "datum.outcome === 'runs'"]],
        "mark": ["type": "line", "color": "#0072B2", "strokeWidth": 2],
        "encoding": ["x": x, "y": y],
      ],
      [
        "mark": ["type": "point", "filled": true, "size": 45],
        "encoding": [
          "x": x, "y": y,
          "color": [
            "field": "outcome", "type": "nominal", "title": .null,
            "scale": ["domain": outcomes, "range": ["#0072B2", "#D55E00"]],
          ],
          "shape": [
            "field": "outcome", "type": "nominal", "title": .null,
            "scale": ["domain": outcomes, "range": ["circle", "cross"]],
          ],
          "tooltip": [
            ["field": "depth"], ["field": "rate", "title": "scores/cycle", "format": ".4~g"],
            ["field": "cycles"], ["field": "outcome"],
          ],
        ],
      ],
    ]
    if let enough = sweep.enough {
      layers.append([
        "mark": ["type": "rule", "strokeDash": [5, 4], "color": "#8C8C8C"],
        "data": ["values": [["depth": .integer(enough)]]],
        "encoding": ["x": ["field": "depth", "type": "quantitative"]],
      ])
    }
    return Chart(
      id: "cliff-\(sweep.name)", title: "Throughput against depth of the \(sweep.name) FIFOs",
      caption:
        "One mark a depth, all other FIFOs deep enough. The dashed line is the least depth at "
        + "full rate"
        + (sweep.lastDeadlock == nil ? "." : "; crosses are depths that deadlock."),
      body: [
        "width": "container", "height": 300, "data": ["values": .array(rows)],
        "layer": .array(layers),
      ])
  }

  private func table(_ sweep: DepthSweep) -> PageTable {
    PageTable(
      title: "Depths of the \(sweep.name) FIFOs",
      columns: ["depth", "cycles", "scores/cycle", "outcome"],
      isNumeric: [true, true, true, false],
      rows: sweep.rows.map { row in
        [
          String(row.depth), NumberText.grouped(row.cycles), NumberText.significant(row.rate),
          row.isDeadlock ? "deadlock" : "runs",
        ]
      })
  }
}
