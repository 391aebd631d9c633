public import Experiments
internal import SimulationCore
internal import Systems
internal import Units

/// The text that `orrery limits` prints.
public struct LimitTable {
  private let report: LimitReport

  public init(_ report: LimitReport) {
    self.report = report
  }

  /// A line for each limit, ended by a newline.
  public var text: String {
    let base = report.base
    let total = base.time
    func share(_ time: Duration) -> String {
      NumberText.percent(total > .zero ? time.seconds / total.seconds : 0)
    }
    var table = TextTable([.left, .left, .right, .right, .right, .right, .right])
    table.add(["limit", "cause", "charged", "", "saved", "", "saved / charged"])
    for limit in report.limits {
      table.add([
        limit.limit.rawValue, limit.limit.cause.name, NumberText.time(limit.charged),
        share(limit.charged), NumberText.time(limit.saved), share(limit.saved),
        limit.ratio.map { NumberText.decimal($0, digits: 2) } ?? "",
      ])
    }
    let model = base.model.isEmpty ? "" : "\(base.model) on "
    return """
      \(model)\(base.system), \(base.fidelity) fidelity: \(NumberText.time(total))

      \(table.lines().joined(separator: "\n"))

      """
  }
}
