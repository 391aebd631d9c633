/// The order of events that fall on the same clock edge.
///
/// A clocked system has four things to do at an edge, and this is the order in which they depend
/// on each other. Within one priority, events run in the order in which they were scheduled.
@frozen
public enum EventPriority: UInt8, CaseIterable, Comparable, Sendable {
  /// Work ends: data arrives, a unit falls free, a credit returns. First, so that everything that
  /// is decided at this edge sees what the edge has freed.
  case completion = 0
  /// Shared resources choose among their waiting requesters. After completion, so that the choice
  /// is among all that wait at this edge.
  case arbitration = 1
  /// Winners start: commands and tasks are issued. After arbitration, because it uses its outcome.
  case issue = 2
  /// Observers sample. Last, so that they see the state in which the edge leaves the system.
  case statistics = 3

  @inlinable
  public static func < (left: EventPriority, right: EventPriority) -> Bool {
    left.rawValue < right.rawValue
  }
}
