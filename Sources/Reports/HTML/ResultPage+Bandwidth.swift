internal import SimulationCore
internal import Units

extension ResultPage {
  /// Bandwidth over time against the peak: as the command-level memory measured it, else from operators.
  var bandwidthChart: Chart? {
    guard let time = result.metric("time_ps"), time > 0,
      let peak = result.metric("memory.peak_bandwidth_bytes_per_second"), peak > 0
    else { return nil }
    if let series = result.memorySeries, series.bytes.contains(where: { $0 > 0 }) {
      return bandwidthChart(
        measured(series, time: Int(time)), window: Double(series.window), peak: peak,
        caption: "Bytes that the data buses of the memory carried, as the command-level memory "
          + "measured them")
    }
    let moved = result.operators.filter { ($0.bytes ?? 0) > 0 }
    guard !moved.isEmpty else { return nil }
    let windows = 200
    var series = TimeSeries(
      unit: .bytes, window: Duration(picoseconds: max(1, Int(time) / windows + 1)),
      capacity: 2 * windows)
    for op in moved {
      series.add(
        op.bytes ?? 0, from: Instant(picoseconds: op.start), until: Instant(picoseconds: op.end))
    }
    let window = series.window.picoseconds
    let amounts = series.amounts.enumerated().map { index, amount in
      rate(amount, from: index * window, until: min((index + 1) * window, Int(time)))
    }
    return bandwidthChart(
      amounts, window: Double(window), peak: peak,
      caption: "The bytes of each operator, spread evenly over its time")
  }

  /// Bytes a second of each window up to the end of the run.
  private func measured(_ series: ResultDocument.MemorySeries, time: Int) -> [Double] {
    var rates: [Double] = []
    for (index, bytes) in series.bytes.enumerated() {
      let start = index * series.window
      guard start < time else { break }
      // The last window ends with the run, or with its last burst when the memory drained later.
      let end = index == series.bytes.count - 1 ? max(time, start + 1) : start + series.window
      rates.append(rate(bytes, from: start, until: min(end, start + series.window)))
    }
    // A memory that is done before the run has no further windows: nothing moves.
    if series.bytes.count * series.window < time { rates.append(0) }
    return rates
  }

  private func rate(_ bytes: Int, from start: Int, until end: Int) -> Double {
    end > start ? Double(bytes) / Double(end - start) * 1e12 : 0
  }

  private func bandwidthChart(
    _ rates: [Double], window: Double, peak: Double, caption: String
  ) -> Chart {
    let time = result.metric("time_ps") ?? 0
    let (unit, scale) = timeAxis
    var rows = rates.enumerated().map { index, rate -> ChartSpec in
      ["x": ChartSpec(Double(index) * window * scale), "y": ChartSpec(rate * 1e-9)]
    }
    // The last step is as wide as its window.
    if let last = rates.last {
      rows.append(["x": ChartSpec(time * scale), "y": ChartSpec(last * 1e-9)])
    }
    let x: ChartSpec = [
      "field": "x", "type": "quantitative", "title": .text("time (\(unit))"),
      "scale": ["nice": false],
    ]
    let y: ChartSpec = [
      "field": "y", "type": "quantitative", "title": "memory bandwidth (GB/s)",
      // Room for the label of the peak above its line.
      "scale": [
        "domain": [0, ChartSpec(max(peak, rates.max() ?? 0) * 1e-9 * 1.1)], "nice": false,
      ],
      "axis": ["format": ",.0~f"],
    ]
    let line: ChartSpec = [
      "peak": ChartSpec(peak * 1e-9), "label": .text("peak \(NumberText.bandwidth(peak))"),
    ]
    return Chart(
      id: "bandwidth", title: "Memory bandwidth over time",
      caption: caption
        + "; the mean of each of \(rates.count) windows. The dashed line is the peak.",
      body: [
        "width": "container", "height": 300,
        "layer": [
          [
            "data": ["values": .array(rows)],
            "mark": [
              "type": "area", "interpolate": "step-after", "color": "#56B4E9", "opacity": 0.55,
              "line": ["color": "#0072B2", "strokeWidth": 1.2],
            ],
            "encoding": [
              "x": x, "y": y,
              "tooltip": [
                ["field": "x", "title": .text(unit), "format": ".4~g"],
                ["field": "y", "title": "GB/s", "format": ".4~g"],
              ],
            ],
          ],
          [
            "mark": [
              "type": "rule", "color": "#D55E00", "strokeDash": [6, 4], "strokeWidth": 1.5,
            ],
            "data": ["values": [line]],
            "encoding": ["y": ["field": "peak", "type": "quantitative"]],
          ],
          [
            "mark": ["type": "text", "align": "right", "baseline": "bottom", "dy": -4],
            "data": ["values": [line]],
            "encoding": [
              "x": ["value": "width"], "y": ["field": "peak", "type": "quantitative"],
              "text": ["field": "label"],
            ],
          ],
        ],
      ])
  }
}
