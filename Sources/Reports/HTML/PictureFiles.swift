public import Experiments
internal import Foundation

/// Writes one chart: its data, its Vega-Lite specification, and pictures where vl-convert is there.
public enum PictureFiles {
  /// Writes PREFIX.csv, PREFIX.vl.json, PREFIX.svg and PREFIX.png.
  ///
  /// - Returns: nil, or the reason why there are no pictures.
  /// - Throws: `OutputError` when a file cannot be written.
  public static func write(
    csv: String, specification: String, prefix: String
  ) throws(OutputError) -> String? {
    try OutputFile.write(Array(csv.utf8), to: prefix + ".csv")
    try OutputFile.write(Array(specification.utf8), to: prefix + ".vl.json")
    let folder = NSTemporaryDirectory() + "orrery-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw OutputError("\(folder): cannot be made: \(error.localizedDescription)")
    }
    try OutputFile.write(Array(specification.utf8), to: folder + "/chart.vl.json")
    if case .failure(let reason) = VegaRenderer.render(
      folder: folder, formats: ReportWriter.Format.allCases)
    {
      return reason.description
    }
    for format in ReportWriter.Format.allCases {
      guard let data = FileManager.default.contents(atPath: "\(folder)/chart.\(format.rawValue)")
      else { return "vl-convert made no \(format.rawValue)" }
      try OutputFile.write(Array(data), to: "\(prefix).\(format.rawValue)")
    }
    return nil
  }
}
