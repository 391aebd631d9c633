extension Chart {
  /// Horizontal bars, each labelled with its value and its share of `total`; nil without a positive value.
  ///
  /// - Parameters:
  ///   - limit: the largest value that makes sense, in the axis' unit; nothing beyond is labelled.
  ///   - text: a value with the unit that fits it, for the label.
  static func bars(
    _ values: [(name: String, value: Double)], id: String, title: String, caption: String,
    axis: String, scale: Double, total: Double?, limit: Double? = nil, text: (Double) -> String
  ) -> Chart? {
    guard let largest = values.map({ $0.value * scale }).max(), largest > 0 else { return nil }
    let rows = values.map { entry -> ChartSpec in
      let share = total.flatMap { $0 > 0 ? " (\(NumberText.percent(entry.value / $0)))" : nil }
      return [
        "name": .text(entry.name.replacing("_", with: " ")),
        "value": ChartSpec(entry.value * scale),
        "label": .text(text(entry.value) + (share ?? "")),
      ]
    }
    return Chart(
      id: id, title: title, caption: caption,
      body: [
        "width": "container", "height": .integer(26 * values.count),
        "data": ["values": .array(rows)],
        "encoding": [
          "y": ["field": "name", "type": "nominal", "sort": .null, "title": .null],
          "x": [
            "field": "value", "type": "quantitative", "title": .text(axis),
            // Room for the labels.
            "scale": ["nice": false, "domain": [0, ChartSpec(largest * 1.5)]],
            "axis": [
              "format": "~s", "tickCount": 6,
              "labelExpr": .text(
                limit.map { "datum.value > \($0) ? '' : datum.label" } ?? "datum.label"),
            ],
          ],
        ],
        "layer": [
          [
            "mark": ["type": "bar", "height": 16, "color": "#0072B2"],
            "encoding": [
              "tooltip": [
                ["field": "name", "title": .text(title)], ["field": "label", "title": "value"],
              ]
            ],
          ],
          [
            "mark": ["type": "text", "align": "left", "dx": 5],
            "encoding": ["text": ["field": "label", "type": "nominal"]],
          ],
        ],
      ])
  }
}
