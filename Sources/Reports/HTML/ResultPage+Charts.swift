internal import Experiments
internal import ResultsStore

extension ResultPage {
  var causeChart: Chart? {
    .bars(
      result.family("causes."), id: "causes", title: "What the time goes on",
      caption: "Simulated time by cause along the critical path; the causes sum to the whole.",
      axis: "time (\(timeAxis.unit))", scale: timeAxis.scale, total: result.metric("time_ps"),
      text: NumberText.time)
  }

  var kindChart: Chart? {
    .bars(
      result.family("kinds."), id: "kinds", title: "Time by kind of operator",
      caption: "Summed time of the operators of each kind.", axis: "time (\(timeAxis.unit))",
      scale: timeAxis.scale, total: nil, text: NumberText.time)
  }

  var energyChart: Chart? {
    let whole = result.family("energy.")
    let parts = whole.isEmpty ? result.family("memory.dram.energy_joules.") : whole
    let largest = parts.map(\.value).max() ?? 0
    let (unit, scale) =
      [("J", 1.0), ("mJ", 1e3), ("\u{B5}J", 1e6)].first { largest * $0.1 >= 1 } ?? ("nJ", 1e9)
    return .bars(
      parts, id: "energy",
      title: whole.isEmpty ? "What the memory's energy goes on" : "What the energy goes on",
      caption: "Energy by consumer.", axis: "energy (\(unit))", scale: scale,
      total: result.metric("energy_joules") ?? parts.reduce(0) { $0 + $1.value },
      text: NumberText.joules)
  }

  var utilizationChart: Chart? {
    .bars(
      result.family("utilization."), id: "utilization", title: "Utilisation of the units",
      caption: "Share of the simulated time in which a unit is busy.", axis: "busy (%)", scale: 100,
      total: nil, limit: 100, text: NumberText.percent)
  }

  var footprintChart: Chart? {
    let parts = result.family("memory.footprint_bytes.").filter { $0.value > 0 }
    guard let capacity = result.metric("memory.capacity_bytes") else { return nil }
    return .bars(
      parts, id: "footprint", title: "Memory that the tensors take",
      caption: "Of \(NumberText.binaryBytes(capacity)); activations are the largest set that one "
        + "operator needs.", axis: "size (GiB)", scale: 0x1p-30, total: capacity,
      text: NumberText.binaryBytes)
  }

  /// The unit of axes of time: that in which the whole run is at least one.
  var timeAxis: (unit: String, scale: Double) {
    let time = result.metric("time_ps") ?? 0
    return time < 1e9 ? ("\u{B5}s", 1e-6) : time < 1e12 ? ("ms", 1e-9) : ("s", 1e-12)
  }

  /// Every operator over its arithmetic intensity, under the roof.
  ///
  /// Operators that agree in kind, work, bytes and time stand for one mark, which counts them.
  var rooflineChart: Chart? {
    struct Key: Hashable {
      var kind: String
      var flops: Int
      var bytes: Int
      var time: Int
    }
    var groups: [Key: (count: Int, name: String)] = [:]
    for op in result.operators {
      guard let flops = op.flops, let bytes = op.bytes, flops > 0, bytes > 0, op.end > op.start
      else { continue }
      let key = Key(kind: op.kind, flops: flops, bytes: bytes, time: op.end - op.start)
      groups[key, default: (0, op.name)].count += 1
    }
    guard !groups.isEmpty,
      let peakBandwidth = result.metric("memory.peak_bandwidth_bytes_per_second")
    else { return nil }
    let ordered = groups.sorted {
      ($0.key.kind, $0.key.flops, $0.key.bytes, $0.key.time)
        < ($1.key.kind, $1.key.flops, $1.key.bytes, $1.key.time)
    }
    let rows = ordered.prefix(4_000).map { key, group -> ChartSpec in
      [
        "kind": .text(key.kind), "x": ChartSpec(Double(key.flops) / Double(key.bytes)),
        "y": ChartSpec(Double(key.flops) / Double(key.time)), "count": .integer(group.count),
        "name": .text(group.name), "ms": ChartSpec(Double(key.time) * 1e-9),
      ]
    }
    let intensities = ordered.map { Double($0.key.flops) / Double($0.key.bytes) }
    let peak = result.metric("compute.peak_flops_per_second")
    let ridge = peak.map { $0 / peakBandwidth }
    let low = min(intensities.min() ?? 1, ridge ?? 1) / 2
    let high = max(intensities.max() ?? 1, (ridge ?? 1) * 4) * 2
    var roof: [ChartSpec] = [["x": ChartSpec(low), "y": ChartSpec(low * peakBandwidth * 1e-12)]]
    if let ridge, let peak {
      roof.append(["x": ChartSpec(ridge), "y": ChartSpec(peak * 1e-12)])
      roof.append(["x": ChartSpec(max(high, ridge)), "y": ChartSpec(peak * 1e-12)])
    } else {
      roof.append(["x": ChartSpec(high), "y": ChartSpec(high * peakBandwidth * 1e-12)])
    }
    // The roofs carry their names: memory on the slope, matrix units at the right end.
    var labels: [ChartSpec] = []
    let middle = (low * (ridge ?? high)).squareRoot()
    labels.append([
      "x": ChartSpec(middle), "y": ChartSpec(middle * peakBandwidth * 1e-12),
      "label": .text(NumberText.bandwidth(peakBandwidth)),
    ])
    if let ridge, let peak {
      labels.append([
        "x": ChartSpec(max(high, ridge)), "y": ChartSpec(peak * 1e-12),
        "label": .text(NumberText.rate(peak)),
      ])
    }
    let log: ChartSpec = ["type": "log", "nice": false]
    let axis: ChartSpec = ["grid": false, "tickCount": 6, "format": "~g"]
    let rates = ordered.map { Double($0.key.flops) / Double($0.key.time) }
    let floor = min(rates.min() ?? 1, low * peakBandwidth * 1e-12) / 1.5
    let ceiling = max(rates.max() ?? 1, peak.map { $0 * 1e-12 } ?? high * peakBandwidth * 1e-12) * 2
    return Chart(
      id: "roofline", title: "Roofline",
      caption:
        "Each mark is an operator, larger where several agree; the line is the peak of memory "
        + "(\(NumberText.bandwidth(peakBandwidth)))"
        + (peak.map { " and of the matrix units (\(NumberText.rate($0)))" } ?? "")
        + ". Operators whose data stays on chip, or that use vector units, have roofs of their own.",
      body: [
        "width": "container", "height": 300,
        "layer": [
          [
            "data": ["values": .array(roof)],
            "mark": ["type": "line", "color": "#8C8C8C", "strokeWidth": 2],
            "encoding": [
              "x": [
                "field": "x", "type": "quantitative", "scale": log, "axis": axis,
                "title": "arithmetic intensity (FLOP/B)",
              ],
              "y": [
                "field": "y", "type": "quantitative", "axis": axis, "title": "compute (TFLOP/s)",
                // Room for the name of the upper roof.
                "scale": [
                  "type": "log", "nice": false, "domain": [ChartSpec(floor), ChartSpec(ceiling)],
                ],
              ],
            ],
          ],
          [
            "data": ["values": .array(Array(rows))],
            "mark": ["type": "point", "filled": true, "opacity": 0.85],
            "encoding": [
              "x": ["field": "x", "type": "quantitative", "scale": log],
              "y": ["field": "y", "type": "quantitative", "scale": log],
              "color": [
                "field": "kind", "type": "nominal", "title": "kind",
                "scale": ["range": Palette.colors],
              ],
              "shape": ["field": "kind", "type": "nominal", "title": "kind"],
              "size": [
                "field": "count", "type": "quantitative", "title": "operators",
                "scale": ["range": [40, 220]], "legend": .null,
              ],
              "tooltip": [
                ["field": "name", "title": "one of them"], ["field": "kind"],
                ["field": "count", "title": "operators"],
                ["field": "x", "title": "FLOP/B", "format": ".4~g"],
                ["field": "y", "title": "TFLOP/s", "format": ".4~g"],
                ["field": "ms", "title": "time (ms)", "format": ".4~g"],
              ],
            ],
          ],
          [
            "data": ["values": .array(labels)],
            "mark": ["type": "text", "align": "right", "baseline": "bottom", "dx": -4, "dy": -5],
            "encoding": [
              "x": ["field": "x", "type": "quantitative", "scale": log],
              "y": ["field": "y", "type": "quantitative", "scale": log],
              "text": ["field": "label"],
            ],
          ],
        ],
      ])
  }
}
