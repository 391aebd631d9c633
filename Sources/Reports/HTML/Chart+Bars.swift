extension Chart {
  /// Horizontal bars, each labelled with its value and its share of `total`; nil without a positive value.
  static func bars(
    _ values: [(name: String, value: Double)], id: String, title: String, caption: String,
    unit: String, scale: Double, total: Double?
  ) -> Chart? {
    guard let largest = values.map({ $0.value * scale }).max(), largest > 0 else { return nil }
    let rows = values.map { entry -> ChartSpec in
      let share = total.flatMap { $0 > 0 ? " (\(NumberText.percent(entry.value / $0)))" : nil }
      return [
        "name": .text(entry.name), "value": ChartSpec(entry.value * scale),
        "label": .text(NumberText.significant(entry.value * scale) + " \(unit)" + (share ?? "")),
      ]
    }
    return Chart(
      id: id, title: title, caption: caption,
      body: [
        "width": "container", "height": .integer(30 * values.count),
        "data": ["values": .array(rows)],
        "encoding": [
          "y": ["field": "name", "type": "nominal", "sort": .null, "title": .null],
          "x": [
            "field": "value", "type": "quantitative", "title": .text(unit),
            // Room for the labels.
            "scale": ["nice": false, "domain": [0, ChartSpec(largest * 1.45)]],
          ],
        ],
        "layer": [
          ["mark": ["type": "bar", "height": 18, "color": "#0072B2"]],
          [
            "mark": ["type": "text", "align": "left", "dx": 5],
            "encoding": ["text": ["field": "label", "type": "nominal"]],
          ],
        ],
      ])
  }
}
