internal import Experiments
internal import ResultsStore

extension SweepPage {
  /// The axis along which charts run: the numeric one with most values, else the one with most.
  private var mainAxis: SweepPageAxis? {
    let several = axes.filter { $0.values.count > 1 && $0.name != "repetition" }
    return several.filter { !$0.isCategory }.max { $0.values.count < $1.values.count }
      ?? several.max { $0.values.count < $1.values.count }
  }

  /// The axis that colours stand for: texts first, then the one with fewest values.
  private func colorAxis(besides main: SweepPageAxis) -> SweepPageAxis? {
    let others = axes.filter {
      $0.index != main.index && $0.values.count > 1 && $0.values.count <= 8
        && $0.name != "repetition"
    }
    return others.filter(\.isCategory).min { $0.values.count < $1.values.count }
      ?? others.min { $0.values.count < $1.values.count }
  }

  private func encoding(of axis: SweepPageAxis) -> ChartSpec {
    if axis.isCategory {
      return [
        "field": .text("x"), "type": "nominal", "title": .text(axis.heading), "sort": .null,
        "axis": ["labelAngle": axis.hasShortTexts ? 0 : -30],
      ]
    }
    let scale: ChartSpec =
      axis.isLogarithmic ? ["type": "log", "nice": false] : ["zero": false, "nice": true]
    var encoding: ChartSpec = [
      "field": "x", "type": "quantitative", "title": .text(axis.heading), "scale": scale,
    ]
    if axis.values.count <= 12 {
      encoding = encoding.adding(
        "axis",
        [
          "values": .array(axis.ticks.map { ChartSpec($0) }), "format": "~s", "grid": false,
          "labelOverlap": false,
        ])
    }
    return encoding
  }

  private func colorEncoding(_ axis: SweepPageAxis) -> ChartSpec {
    [
      "field": "series", "type": "nominal", "title": .text(axis.name),
      "scale": ["domain": .array(axis.values.map { .text($0.text) }), "range": Palette.colors],
    ]
  }

  /// Dashes or shapes for the same series; equal domains let the legends merge.
  private func seriesEncoding(_ axis: SweepPageAxis) -> ChartSpec {
    [
      "field": "series", "type": "nominal", "title": .text(axis.name),
      "scale": ["domain": .array(axis.values.map { .text($0.text) })],
    ]
  }

  /// Each objective, and what share of the peaks is reached, along the main axis.
  var metricCharts: [Chart] {
    guard let main = mainAxis else { return [] }
    var metrics = objectives
    for name in ["memory.peak_fraction", "compute.peak_fraction"]
    where !metrics.contains(where: { $0.metric == name }) {
      metrics.append(Objective(metric: name, isMaximized: true))
    }
    return metrics.compactMap { lineChart($0, along: main) }
  }

  private func lineChart(_ objective: Objective, along main: SweepPageAxis) -> Chart? {
    let color = colorAxis(besides: main)
    let quantity = MetricQuantity(objective.metric)
    // The best over the axes that the chart does not show.
    var best: [String: (point: PointRecord, value: Double)] = [:]
    var order: [String] = []
    for (point, run) in points {
      guard let value = run.metric(objective.metric) else { continue }
      let key =
        point.coordinates[main.index].text + "\u{1}"
        + (color.map { point.coordinates[$0.index].text } ?? "")
      if let known = best[key], !objective.isBetter(value, than: known.value) { continue }
      if best[key] == nil { order.append(key) }
      best[key] = (point, value)
    }
    guard !best.isEmpty else { return nil }
    let rows = order.compactMap { best[$0] }.map { entry -> ChartSpec in
      [
        "x": main.value(of: entry.point), "y": ChartSpec(entry.value * quantity.scale),
        "series": .text(color.map { entry.point.coordinates[$0.index].text } ?? ""),
      ]
    }
    var encoding: ChartSpec = [
      "x": self.encoding(of: main),
      "y": [
        "field": "y", "type": "quantitative", "title": .text(quantity.heading),
        "scale": ["zero": true],
      ],
      "tooltip": [
        ["field": "series", "title": .text(color?.name ?? "series")],
        ["field": "x", "title": .text(main.heading)],
        ["field": "y", "title": .text(quantity.heading), "format": ".5~g"],
      ],
    ]
    if let color { encoding = encoding.adding("color", colorEncoding(color)) }
    // Lines differ by dashes, marks by shape; the legend shows the marks.
    var line: ChartSpec = ["mark": ["type": "line", "strokeWidth": 2]]
    var marks: ChartSpec = ["mark": ["type": "point", "filled": true, "size": 60, "opacity": 1]]
    if let color {
      line = line.adding(
        "encoding",
        ["strokeDash": seriesEncoding(color).adding("legend", .null)])
      marks = marks.adding("encoding", ["shape": seriesEncoding(color)])
    }
    let layers: ChartSpec = main.isCategory ? [marks] : [line, marks]
    let hidden = axes.filter {
      $0.index != main.index && $0.index != color?.index && $0.values.count > 1
    }
    let remark =
      hidden.isEmpty
      ? ""
      : " Each mark is the \(objective.isMaximized ? "highest" : "lowest") over "
        + hidden.map(\.name).joined(separator: ", ") + "."
    return Chart(
      id: fileName("\(objective.metric)-by-\(main.name)"),
      title: capitalized("\(quantity.name) against \(main.name)"),
      caption: "One mark a point of the sweep." + remark,
      body: [
        "width": "container", "height": 300, "data": ["values": .array(rows)],
        "encoding": encoding, "layer": layers,
        // Else the dashes, which have no legend, take those of colours and shapes along.
        "resolve": ["legend": ["strokeDash": "independent"]],
      ])
  }

  /// Two objectives against each other, with the points that no other beats.
  var paretoCharts: [Chart] {
    guard sweep.objectives.count >= 2 else { return [] }
    let (first, second) = (sweep.objectives[0], sweep.objectives[1])
    let (x, y) = (MetricQuantity(first.metric), MetricQuantity(second.metric))
    let front = Set(SweepOutcome.front(sweep, runs))
    let rows = points.compactMap { point, run -> ChartSpec? in
      guard let left = run.metric(first.metric), let right = run.metric(second.metric) else {
        return nil
      }
      return [
        "x": ChartSpec(left * x.scale), "y": ChartSpec(right * y.scale),
        "front": .text(front.contains(point.number) ? "on the front" : "beaten"),
        "point": .text(point.coordinates.map { "\($0.axis) \($0.text)" }.joined(separator: ", ")),
      ]
    }
    guard rows.count > 1 else { return [] }
    let axes: ChartSpec = [
      "x": [
        "field": "x", "type": "quantitative", "title": .text(x.heading), "scale": ["zero": false],
      ],
      "y": [
        "field": "y", "type": "quantitative", "title": .text(y.heading), "scale": ["zero": false],
      ],
    ]
    return [
      Chart(
        id: "pareto", title: "Pareto front",
        caption: "\(first.isMaximized ? "Higher" : "Lower") \(x.name) and "
          + "\(second.isMaximized ? "higher" : "lower") \(y.name) are better. The line joins the "
          + "points that no other beats in every objective.",
        body: [
          "width": "container", "height": 300, "data": ["values": .array(rows)],
          "encoding": axes,
          "layer": [
            [
              "transform": [["filter": "datum.front === 'on the front'"]],
              "mark": ["type": "line", "color": "#D55E00", "strokeWidth": 2, "order": true],
              "encoding": ["order": ["field": "x", "type": "quantitative"]],
            ],
            [
              "mark": ["type": "point", "filled": true, "size": 70, "opacity": 0.9],
              "encoding": [
                "color": [
                  "field": "front", "type": "nominal", "title": .null,
                  "scale": [
                    "domain": ["on the front", "beaten"], "range": ["#D55E00", "#8C8C8C"],
                  ],
                ],
                "shape": [
                  "field": "front", "type": "nominal", "title": .null,
                  "scale": [
                    "domain": ["on the front", "beaten"], "range": ["diamond", "circle"],
                  ],
                ],
                "tooltip": [
                  ["field": "point"], ["field": "x", "title": .text(x.heading), "format": ".5~g"],
                  ["field": "y", "title": .text(y.heading), "format": ".5~g"],
                ],
              ],
            ],
          ],
        ])
    ]
  }

  /// How far each axis moves the first objective: the range of its means (tornado).
  var sensitivityCharts: [Chart] {
    guard let objective = objectives.first else { return [] }
    let quantity = MetricQuantity(objective.metric)
    let valued = points.compactMap { point, run in
      run.metric(objective.metric).map { (point, $0 * quantity.scale) }
    }
    guard valued.count > 2 else { return [] }
    let mean = valued.reduce(0) { $0 + $1.1 } / Double(valued.count)
    var bars: [(span: Double, row: ChartSpec)] = []
    var ends = mean...mean
    for axis in axes where axis.values.count > 1 {
      var groups: [String: (sum: Double, count: Int)] = [:]
      for (point, value) in valued {
        let key = point.coordinates[axis.index].text
        groups[key, default: (0, 0)].sum += value
        groups[key, default: (0, 0)].count += 1
      }
      let means = groups.map { ($0.key, $0.value.sum / Double($0.value.count)) }
        .sorted { $0.1 != $1.1 ? $0.1 < $1.1 : $0.0 < $1.0 }
      guard let low = means.first, let high = means.last else { continue }
      ends = min(ends.lowerBound, low.1)...max(ends.upperBound, high.1)
      bars.append(
        (
          high.1 - low.1,
          [
            "axis": .text(axis.name), "low": ChartSpec(low.1), "high": ChartSpec(high.1),
            "lowest": .text(low.0), "highest": .text(high.0),
          ]
        ))
    }
    guard bars.count > 1 else { return [] }
    bars.sort { $0.span > $1.span }
    // Room for the labels at both ends.
    let room = (ends.upperBound - ends.lowerBound) * 0.16
    let domain: ChartSpec = [
      ChartSpec(ends.lowerBound - room), ChartSpec(ends.upperBound + room),
    ]
    let isPositive = ends.lowerBound >= 0
    return [
      Chart(
        id: "sensitivity", title: "Sensitivity of \(quantity.name)",
        caption:
          "For each axis, the lowest and the highest mean over its values, labelled with the "
          + "value that gives it; the rule is the mean of all points.",
        body: [
          "width": "container", "height": .integer(44 * bars.count),
          "data": ["values": .array(bars.map(\.row))],
          "encoding": ["y": ["field": "axis", "type": "nominal", "sort": .null, "title": .null]],
          "layer": [
            [
              "mark": ["type": "bar", "height": 18, "color": "#0072B2"],
              "encoding": [
                "x": [
                  "field": "low", "type": "quantitative", "title": .text(quantity.heading),
                  "scale": ["zero": false, "nice": false, "domain": domain],
                  // The room for labels is no range of values.
                  "axis": .object(
                    isPositive
                      ? [(key: "labelExpr", value: "datum.value < 0 ? '' : datum.label")] : []),
                ],
                "x2": ["field": "high"],
                "tooltip": [
                  ["field": "axis"], ["field": "lowest"],
                  ["field": "low", "format": ".5~g"], ["field": "highest"],
                  ["field": "high", "format": ".5~g"],
                ],
              ],
            ],
            [
              "mark": ["type": "text", "align": "right", "dx": -5],
              "encoding": [
                "x": ["field": "low", "type": "quantitative"], "text": ["field": "lowest"],
              ],
            ],
            [
              "mark": ["type": "text", "align": "left", "dx": 5],
              "encoding": [
                "x": ["field": "high", "type": "quantitative"], "text": ["field": "highest"],
              ],
            ],
            [
              "mark": ["type": "rule", "strokeDash": [5, 4]],
              "encoding": ["x": ["datum": ChartSpec(mean)], "y": .null],
            ],
          ],
        ])
    ]
  }

  /// What time and energy go on, along the main axis.
  var causeCharts: [Chart] {
    [
      stack(
        prefix: "causes.", id: "causes", title: "What the time goes on",
        caption: "Share of the simulated time by cause along the critical path.",
        share: "share of the time"),
      stack(
        prefix: "kinds.", id: "kinds", title: "Time by kind of operator",
        caption: "Share of the operators' summed time by kind.", share: "share of the time"),
      stack(
        prefix: "energy.", id: "energy", title: "What the energy goes on",
        caption: "Share of the energy by consumer.", share: "share of the energy"),
      stack(
        prefix: "memory.dram.energy_joules.", id: "memory-energy",
        title: "What the memory's energy goes on",
        caption: "Share of the memory's energy by consumer.", share: "share of the energy"),
    ].compactMap { $0 }
  }

  private func stack(
    prefix: String, id: String, title: String, caption: String, share: String
  ) -> Chart? {
    guard let main = mainAxis, main.values.count <= 40 else { return nil }
    let color = colorAxis(besides: main)
    var sums: [String: (x: String, series: String, cause: String, value: Double)] = [:]
    var totals: [String: Double] = [:]
    for (point, run) in points {
      let x = point.coordinates[main.index].text
      let series = color.map { point.coordinates[$0.index].text } ?? ""
      for metric in run.metrics where metric.name.hasPrefix(prefix) && metric.value.double > 0 {
        let cause = String(metric.name.dropFirst(prefix.count))
        let key = "\(x)\u{1}\(series)\u{1}\(cause)"
        sums[key, default: (x, series, cause, 0)].value += metric.value.double
        totals[cause, default: 0] += metric.value.double
      }
    }
    guard !sums.isEmpty else { return nil }
    let order = totals.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
      .map(\.key)
    let rows = sums.sorted { $0.key < $1.key }.map { _, entry -> ChartSpec in
      [
        "x": .text(entry.x), "series": .text(entry.series), "cause": .text(readable(entry.cause)),
        "value": ChartSpec(entry.value), "rank": .integer(order.firstIndex(of: entry.cause) ?? 0),
      ]
    }
    let bars: ChartSpec = [
      "mark": ["type": "bar", "stroke": "white", "strokeWidth": 0.7],
      "encoding": [
        "x": [
          "field": "x", "type": "nominal", "title": .text(main.name),
          "sort": .array(main.values.map { .text($0.text) }),
          "axis": ["labelAngle": main.hasShortTexts ? 0 : -30],
        ],
        "y": [
          "field": "value", "type": "quantitative", "stack": "normalize", "title": .text(share),
          "axis": ["format": ".0%"],
        ],
        "color": [
          "field": "cause", "type": "nominal", "title": .null,
          "scale": ["domain": .array(order.map { .text(readable($0)) }), "range": Palette.fills],
          "legend": ["orient": "bottom", "columns": 4],
        ],
        "order": ["field": "rank", "type": "quantitative"],
        "tooltip": [
          ["field": "series", "title": .text(color?.name ?? "series")],
          ["field": "x", "title": .text(main.name)], ["field": "cause"],
          ["field": "value", "format": ".4~s"],
        ],
      ],
    ]
    guard case .object(let entries) = bars else { return nil }
    var body: ChartSpec = ["data": ["values": .array(rows)]]
    if let color, color.values.count > 1 {
      let width = max(110, 460 / color.values.count - 20)
      body =
        body
        .adding(
          "facet",
          [
            "column": [
              "field": "series", "type": "nominal", "title": .text(color.name),
              "sort": .array(color.values.map { .text($0.text) }),
            ]
          ]
        )
        .adding(
          "spec",
          ChartSpec.object(
            [
              (key: "width", value: .integer(width)),
              (key: "height", value: 260),
            ] + entries))
    } else {
      body = body.adding("width", "container").adding("height", 260)
      for entry in entries { body = body.adding(entry.key, entry.value) }
    }
    return Chart(id: id, title: title, caption: caption, body: body)
  }

  private func readable(_ name: String) -> String { name.replacing("_", with: " ") }

  private func fileName(_ text: String) -> String {
    String(text.map { $0.isLetter || $0.isNumber ? $0 : "-" })
  }

  private func capitalized(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }
}
