internal import Experiments
internal import ResultsStore
internal import SimulationCore
internal import Units

extension ServicePage {
  /// The share of requests that wait at most so long, for each kind of latency.
  var latencyChart: Chart? {
    let samples = [
      ("time to first token", service.requests.compactMap(\.firstToken)),
      ("mean time between tokens", service.requests.compactMap(\.betweenTokens)),
      ("end to end", service.requests.compactMap(\.endToEnd)),
    ].filter { !$0.1.isEmpty }
    guard !samples.isEmpty else { return nil }
    let rows = samples.flatMap { name, values in
      ServicePage.distribution(values).map { point -> ChartSpec in
        [
          "latency": .text(name), "x": ChartSpec(point.value * 1e-9),
          "y": ChartSpec(point.share * 100),
        ]
      }
    }
    return Chart(
      id: "latency", title: "Latency distribution",
      caption: "The share of requests at or below each latency, on a logarithmic axis; the mean "
        + "over a request's tokens where it has several.",
      body: [
        "width": "container", "height": 300, "data": ["values": .array(rows)],
        "mark": ["type": "line", "interpolate": "step-after", "strokeWidth": 2],
        "encoding": [
          "x": [
            "field": "x", "type": "quantitative", "title": "latency (ms)",
            "scale": ["type": "log", "nice": false],
            "axis": ["format": "~g", "tickCount": 8],
          ],
          "y": [
            "field": "y", "type": "quantitative", "title": "share of requests (%)",
            "scale": ["domain": [0, 100]],
          ],
          "color": [
            "field": "latency", "type": "nominal", "title": .null, "sort": .null,
            "scale": ["range": Palette.colors], "legend": ["orient": "top"],
          ],
          "strokeDash": [
            "field": "latency", "type": "nominal", "title": .null, "sort": .null,
            "legend": ["orient": "top", "symbolSize": 300],
          ],
          "tooltip": [
            ["field": "latency"], ["field": "x", "title": "ms", "format": ".4~g"],
            ["field": "y", "title": "%", "format": ".3~g"],
          ],
        ],
      ])
  }

  /// The empirical distribution of `values`: at most 400 of its steps, first and last included.
  static func distribution(_ values: [Double]) -> [(value: Double, share: Double)] {
    let sorted = values.sorted()
    let steps = min(sorted.count, 400)
    var points: [(value: Double, share: Double)] = []
    for step in 0..<steps {
      let index = steps == 1 ? 0 : step * (sorted.count - 1) / (steps - 1)
      points.append((sorted[index], Double(index + 1) / Double(sorted.count)))
    }
    if let first = points.first { points.insert((first.value, 0), at: 0) }
    return points
  }

  /// Generated tokens per second over time.
  var throughputChart: Chart? {
    guard service.time > 0, service.stages.contains(where: { $0.tokens > 0 }) else { return nil }
    let windows = 200
    var series = TimeSeries(
      unit: .tokens, window: Duration(picoseconds: service.time / windows + 1),
      capacity: 2 * windows)
    for stage in service.stages where stage.tokens > 0 {
      series.add(
        stage.tokens, from: Instant(picoseconds: stage.start),
        until: Instant(picoseconds: stage.end))
    }
    let seconds = series.window.seconds
    let rows = series.amounts.enumerated().map { index, amount -> ChartSpec in
      ["x": ChartSpec(Double(index) * seconds), "y": ChartSpec(Double(amount) / seconds)]
    }
    return Chart(
      id: "throughput", title: "Throughput over time",
      caption: "Generated tokens per second, the mean of each of \(rows.count) windows.",
      body: [
        "width": "container", "height": 240, "data": ["values": .array(rows)],
        "mark": [
          "type": "area", "interpolate": "step-after", "color": "#56B4E9", "opacity": 0.55,
          "line": ["color": "#0072B2", "strokeWidth": 1.2],
        ],
        "encoding": [
          "x": [
            "field": "x", "type": "quantitative", "title": "time (s)", "scale": ["nice": false],
          ],
          "y": ["field": "y", "type": "quantitative", "title": "tokens/s"],
        ],
      ])
  }

  /// Requests in each stage over time, at most 600 stages.
  var batchChart: Chart? {
    guard service.stages.count > 1 else { return nil }
    let stages = service.stages
    let stride = max(1, stages.count / 600)
    let rows = Swift.stride(from: 0, to: stages.count, by: stride).map { index -> ChartSpec in
      [
        "x": ChartSpec(Double(stages[index].start) * 1e-12),
        "y": .integer(stages[index].requests), "phase": .text(stages[index].phase),
        "kv": .integer(stages[index].kvTokens),
      ]
    }
    return Chart(
      id: "batch", title: "Requests in a stage",
      caption: stride == 1
        ? "Every stage at its start." : "Every \(stride)th stage at its start.",
      body: [
        "width": "container", "height": 240, "data": ["values": .array(rows)],
        "mark": ["type": "point", "filled": true, "size": 18, "opacity": 0.8],
        "encoding": [
          "x": [
            "field": "x", "type": "quantitative", "title": "time (s)", "scale": ["nice": false],
          ],
          "y": [
            "field": "y", "type": "quantitative", "title": "requests", "axis": ["tickMinStep": 1],
          ],
          "color": [
            "field": "phase", "type": "nominal", "title": "phase",
            "scale": ["range": Palette.colors],
          ],
          "shape": ["field": "phase", "type": "nominal", "title": "phase"],
          "tooltip": [
            ["field": "x", "title": "s", "format": ".4~g"], ["field": "y", "title": "requests"],
            ["field": "phase"], ["field": "kv", "title": "KV tokens"],
          ],
        ],
      ])
  }

  var causeChart: Chart? {
    let prefix = "causes."
    var causes: [(name: String, value: Double)] = []
    for metric in service.metrics where metric.name.hasPrefix(prefix) && metric.value.double > 0 {
      causes.append((String(metric.name.dropFirst(prefix.count)), metric.value.double))
    }
    causes.sort { $0.value != $1.value ? $0.value > $1.value : $0.name < $1.name }
    return .bars(
      causes, id: "causes", title: "What the time goes on",
      caption: "Simulated time by cause, waiting for arrivals (idle) included; the causes sum to "
        + "the whole.", axis: "time (s)", scale: 1e-12, total: service.metric("time_ps"),
      text: NumberText.time)
  }
}
