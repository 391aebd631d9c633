internal import Experiments

/// A piece of a Vega-Lite specification, written as Swift literals; keys keep their order.
indirect enum ChartSpec: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
  ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, Sendable
{
  case object([(key: String, value: ChartSpec)])
  case array([ChartSpec])
  case text(String)
  case integer(Int)
  case real(Double)
  case truth(Bool)
  case null

  init(dictionaryLiteral elements: (String, ChartSpec)...) {
    self = .object(elements.map { (key: $0.0, value: $0.1) })
  }

  init(arrayLiteral elements: ChartSpec...) { self = .array(elements) }
  init(stringLiteral value: String) { self = .text(value) }
  init(integerLiteral value: Int) { self = .integer(value) }
  init(floatLiteral value: Double) { self = .real(value) }
  init(booleanLiteral value: Bool) { self = .truth(value) }

  /// A number; null when it is not finite.
  init(_ value: Double) { self = value.isFinite ? .real(value) : .null }

  /// This object with another key.
  func adding(_ key: String, _ value: ChartSpec) -> ChartSpec {
    guard case .object(let entries) = self else { return self }
    return .object(entries.filter { $0.key != key } + [(key: key, value: value)])
  }

  /// The specification as JSON text.
  var json: String {
    var json = JSONWriter(isPretty: false)
    write(to: &json)
    return json.text
  }

  private func write(to json: inout JSONWriter) {
    switch self {
    case .object(let entries):
      json.object { json in
        for entry in entries { json.field(entry.key) { entry.value.write(to: &$0) } }
      }
    case .array(let elements):
      json.array { json in
        for element in elements { element.write(to: &json) }
      }
    case .text(let value): json.value(value)
    case .integer(let value): json.value(value)
    case .real(let value): json.value(value)
    case .truth(let value): json.value(value)
    case .null: json.null()
    }
  }
}

/// A chart of a page.
struct Chart: Sendable {
  /// The name of its files.
  var id: String
  /// What it shows, as a heading.
  var title: String
  /// How to read it, in a sentence or two.
  var caption: String
  /// The specification without its schema.
  var body: ChartSpec

  /// The whole specification, as it is saved beside the page.
  var json: String {
    guard case .object(let entries) = body else { return body.json }
    let head: ChartSpec = [
      "$schema": "https://vega.github.io/schema/vega-lite/v6.json", "title": .text(title),
    ]
    guard case .object(let first) = head else { return body.json }
    return ChartSpec.object(first + entries).json
  }
}

/// A table of a page.
struct PageTable: Sendable {
  var title: String
  var columns: [String]
  /// Whether a column holds numbers, which stand at the right.
  var isNumeric: [Bool]
  var rows: [[String]]
  /// A remark below the table, such as how many rows are left out.
  var remark = ""
}

/// Whatever can be shown as a page of tables and charts.
public protocol ReportPage {
  /// The heading.
  var title: String { get }
  /// What stands below it.
  var content: PageContent { get }
}

/// What stands on a page: figures, charts and tables, in this order.
public struct PageContent: Sendable {
  /// What the page is about, in a line.
  var subtitle = ""
  /// Figures that stand out: name, value, remark.
  var figures: [(name: String, value: String, remark: String)] = []
  var charts: [Chart] = []
  var tables: [PageTable] = []
}

/// Colours that keep apart in greyscale and for the colour-blind, in the order of use.
///
/// Source: Okabe and Ito, "Color Universal Design" (2008); the order alternates light and dark.
/// Lines also differ by dashes and points by shape, so that no chart needs its colours.
enum Palette {
  static let colors: ChartSpec = [
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C8C8C", "#F0E442",
    "#5D3A9B", "#994F00", "#40B0A6", "#E1BE6A", "#1A1A1A",
  ]

  /// Colours of areas that lie on each other, where nothing but lightness is left in greyscale: those of Okabe
  /// and Ito that are far apart in it, and two more. Greys of the first six: 94, 160, 50, 219, 121, 198 of 255.
  static let fills: ChartSpec = [
    "#0072B2", "#E69F00", "#3B2A6B", "#F0E442", "#009E73", "#F2B8D0", "#7A2E0E", "#8C8C8C",
    "#56B4E9", "#D55E00", "#CC79A7", "#B3DE69", "#1A1A1A",
  ]
}
