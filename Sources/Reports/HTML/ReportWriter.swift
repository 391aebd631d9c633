public import Experiments
internal import Foundation

/// Writes pages: one HTML file that opens offline, and the specification of each chart beside it.
public struct ReportWriter {
  /// Pictures of charts.
  public enum Format: String, CaseIterable, Sendable {
    case svg, png
  }

  private let folder: String
  private let formats: [Format]

  /// - Parameters:
  ///   - folder: made when there is none; the page is `index.html` in it.
  ///   - formats: pictures of each chart to write beside the specifications.
  public init(folder: String, formats: [Format] = []) {
    self.folder = folder
    self.formats = formats
  }

  /// Writes a page.
  ///
  /// Without vl-convert the page has its tables and a notice, and the specifications are there.
  ///
  /// - Returns: nil, or the reason why there are no charts.
  /// - Throws: `OutputError` when a file cannot be written.
  @discardableResult
  public func write(_ page: some ReportPage) throws(OutputError) -> String? {
    let content = page.content
    let charts = folder + "/charts"
    do {
      try FileManager.default.createDirectory(atPath: charts, withIntermediateDirectories: true)
    } catch {
      throw OutputError("\(charts): cannot be made: \(error.localizedDescription)")
    }
    for chart in content.charts {
      try OutputFile.write(Array(chart.json.utf8), to: "\(charts)/\(chart.id).vl.json")
    }
    var bundle: String?
    var notice: String?
    if !content.charts.isEmpty {
      switch VegaRenderer.render(folder: charts, formats: formats) {
      case .success(let script): bundle = script
      case .failure(let reason): notice = reason.description
      }
    }
    let html = HTMLPage(
      title: page.title, content: content, bundle: bundle, notice: notice
    ).text
    try OutputFile.write(Array(html.utf8), to: folder + "/index.html")
    return notice
  }
}
