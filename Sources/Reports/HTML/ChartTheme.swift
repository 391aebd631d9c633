/// How charts look, on a page and as pictures: the same sizes and weights, ink that fits the paper.
enum ChartTheme {
  /// The width of a picture whose chart takes the width of its container, in points.
  static let pictureWidth = 480

  /// The Vega-Lite configuration.
  static func config(isDark: Bool) -> ChartSpec {
    let ink: ChartSpec = isDark ? "#e6edf3" : "#1b1f24"
    let soft: ChartSpec = isDark ? "#9aa4af" : "#57606a"
    let line: ChartSpec = isDark ? "#30363d" : "#d8dee4"
    return [
      "background": "transparent", "font": "Helvetica, Arial, sans-serif",
      "view": ["stroke": "transparent"],
      "axis": [
        "labelColor": soft, "titleColor": ink, "gridColor": line, "domainColor": soft,
        "tickColor": soft, "labelFontSize": 12, "titleFontSize": 12.5, "titleFontWeight": "normal",
        "titlePadding": 8, "labelFlush": false,
      ],
      "legend": [
        "labelColor": ink, "titleColor": soft, "labelFontSize": 12, "titleFontWeight": "normal",
        "titleFontSize": 12, "symbolStrokeWidth": 2, "labelLimit": 260,
      ],
      "header": [
        "labelColor": ink, "titleColor": soft, "titleFontWeight": "normal", "labelFontSize": 12,
        "titleFontSize": 12,
      ],
      "title": ["color": ink, "fontSize": 14, "anchor": "start", "offset": 12],
      "text": ["color": ink, "fontSize": 12], "rule": ["color": soft],
      "bar": ["discreteBandSize": 18],
    ]
  }
}
