internal import Foundation

/// Why a table of FIFO depths cannot be read.
public struct DepthSweepError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: what is wrong, where, and how to mend it.
  public let description: String
}

/// Throughput of a dataflow graph against the depth of a class of its FIFOs.
public struct DepthSweep: Sendable {
  /// One depth.
  public struct Row: Hashable, Sendable {
    public var depth: Int
    public var cycles: Int
    /// Scores of attention per cycle; 0 after a deadlock.
    public var rate: Double
    public var isDeadlock: Bool
  }

  /// Which FIFOs it is about.
  public var name: String
  /// Depths in ascending order.
  public var rows: [Row]

  static let header = "depth,cycles,scores_per_cycle,deadlock"

  /// Whether a text is such a table, by its first line.
  public static func isDepthSweep(csv text: String) -> Bool { text.hasPrefix(header) }

  /// Reads what `orrery fabric attention --cliff` writes.
  ///
  /// - Throws: `DepthSweepError` with the line.
  public init(csv text: String, name: String, label: String) throws {
    self.name = name
    rows = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      if line.isEmpty || (index == 0 && line == Self.header) { continue }
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 4, let depth = Int(fields[0]), let cycles = Int(fields[1]),
        let rate = Double(fields[2]), rate.isFinite, let isDeadlock = Bool(fields[3])
      else {
        throw DepthSweepError(
          description: "\(label):\(index + 1): '\(line)' is not of the form \(Self.header)")
      }
      rows.append(Row(depth: depth, cycles: cycles, rate: rate, isDeadlock: isDeadlock))
    }
    guard !rows.isEmpty else {
      throw DepthSweepError(description: "\(label): no depth in it")
    }
    rows.sort { $0.depth < $1.depth }
  }

  /// The best rate of all depths.
  var best: Double { rows.map(\.rate).max() ?? 0 }

  /// The smallest depth whose rate is the best up to a thousandth.
  var enough: Int? { rows.first { $0.rate >= best * 0.999 && !$0.isDeadlock }?.depth }

  /// The largest depth that deadlocks.
  var lastDeadlock: Int? { rows.last { $0.isDeadlock }?.depth }
}
