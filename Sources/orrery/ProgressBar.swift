import Experiments
import Foundation
import ResultsStore

/// How far a sweep is: a line that changes on a terminal, elsewhere a new one every 30 seconds.
final class ProgressBar {
  private let name: String
  private let isShown: Bool
  private let start = ContinuousClock.now
  private var latest: ContinuousClock.Instant?

  init(name: String) {
    self.name = name
    isShown = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// Shows the state, at most ten times a second.
  func show(_ progress: SweepProgress) {
    guard progress.total > 0 else { return }
    let now = ContinuousClock.now
    guard isShown else {
      if now - (latest ?? start) >= .seconds(30) {
        latest = now
        FileHandle.standardError.write(Data("orrery: \(line(progress, at: now))\n".utf8))
      }
      return
    }
    if let latest, now - latest < .milliseconds(100), progress.ended < progress.total { return }
    latest = now
    FileHandle.standardError.write(
      Data("\r\u{1B}[2K\(line(progress, at: now).prefix(columns - 1))".utf8))
  }

  private func line(_ progress: SweepProgress, at now: ContinuousClock.Instant) -> String {
    var line = name
    if isShown {
      let width = 24
      let full = width * progress.ended / progress.total
      line +=
        " [" + String(repeating: "#", count: full) + String(repeating: "-", count: width - full)
        + "]"
    }
    line += " \(progress.ended)/\(progress.total)"
    let elapsed = now - start
    let seconds =
      Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    if progress.ended > 0 && seconds > 0 {
      let rate = Double(progress.ended) / seconds
      let left = Int((Double(progress.total - progress.ended) / rate).rounded(.up))
      line += String(format: ", %.1f/s, %d:%02d left", rate, left / 60, left % 60)
    }
    if progress.failed > 0 { line += ", \(progress.failed) failed" }
    // Live best points, an objective each, as far as the line goes.
    for best in progress.best {
      line += String(
        format: "; %@ %@ %.4g (%@)", best.objective.isMaximized ? "most" : "least",
        best.objective.metric, best.value, best.point)
    }
    return line
  }

  /// Leaves the line.
  func end() {
    if isShown, latest != nil { FileHandle.standardError.write(Data("\n".utf8)) }
  }

  private var columns: Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20
      ? Int(size.ws_col) : 80
  }
}
