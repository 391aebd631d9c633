internal import Foundation

/// Calls vl-convert, the Python package that bundles and renders Vega-Lite without a network.
///
/// It is looked for in a `.venv` beside the program, in the folders above it and in the working
/// folder, then in the `python3` of the PATH.
enum VegaRenderer {
  /// Why there are no charts.
  struct Unavailable: Error, CustomStringConvertible {
    let description: String
  }

  /// Bundles the libraries and renders pictures of all specifications in `folder`.
  ///
  /// - Returns: the script that a page embeds.
  static func render(
    folder: String, formats: [ReportWriter.Format]
  ) -> Result<String, Unavailable> {
    let bundle = NSTemporaryDirectory() + "orrery-\(UUID().uuidString).js"
    defer { try? FileManager.default.removeItem(atPath: bundle) }
    var problem = ""
    for python in interpreters {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments =
        [
          python, "-c", script, bundle, folder, ChartTheme.config(isDark: false).json,
          String(ChartTheme.pictureWidth),
        ] + formats.map(\.rawValue)
      let errors = Pipe()
      process.standardError = errors
      process.standardOutput = FileHandle.nullDevice
      process.standardInput = FileHandle.nullDevice
      guard (try? process.run()) != nil else { continue }
      let text = String(
        decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      if process.terminationStatus == 0,
        let data = FileManager.default.contents(atPath: bundle)
      {
        return .success(String(decoding: data, as: UTF8.self))
      }
      // 127: no such interpreter; 9: it has no vl-convert.
      if process.terminationStatus != 127 && process.terminationStatus != 9 {
        problem = text.split(separator: "\n").last.map { ": \($0)" } ?? ""
      }
    }
    return .failure(
      Unavailable(
        description: problem.isEmpty
          ? "charts need vl-convert: run 'make setup', or install the Python package "
            + "vl-convert-python (1.9 or later), and write the report again"
          : "vl-convert failed\(problem)"))
  }

  private static var interpreters: [String] {
    var folders: [String] = []
    if let program = Bundle.main.executablePath {
      var url = URL(fileURLWithPath: program).resolvingSymlinksInPath().deletingLastPathComponent()
      // From .build/TRIPLE/release the repository is three folders up.
      for _ in 0..<4 {
        folders.append(url.path)
        url.deleteLastPathComponent()
      }
    }
    folders.append(FileManager.default.currentDirectoryPath)
    let environments = folders.map { $0 + "/.venv/bin/python3" }
    return environments.filter { FileManager.default.isExecutableFile(atPath: $0) } + ["python3"]
  }

  /// Arguments: the file for the bundle, the folder of the specifications, the theme, the width of a
  /// picture, formats.
  private static let script = """
    import json, sys, pathlib
    try:
        import vl_convert
    except ImportError:
        sys.exit(9)
    newest = vl_convert.get_vegalite_versions()[-1]
    pathlib.Path(sys.argv[1]).write_text(vl_convert.javascript_bundle(vl_version=newest))
    formats = sys.argv[5:]
    config = dict(json.loads(sys.argv[3]), background="white", padding=10)
    for path in sorted(pathlib.Path(sys.argv[2]).glob("*.vl.json")) if formats else []:
        spec = json.loads(path.read_text())
        if spec.get("width") == "container":
            spec["width"] = int(sys.argv[4])
        stem = str(path)[:-len(".vl.json")]
        if "svg" in formats:
            pathlib.Path(stem + ".svg").write_text(
                vl_convert.vegalite_to_svg(spec, vl_version=newest, config=config))
        if "png" in formats:
            pathlib.Path(stem + ".png").write_bytes(
                vl_convert.vegalite_to_png(spec, vl_version=newest, config=config, scale=3))
    """
}
