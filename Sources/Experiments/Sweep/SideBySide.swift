internal import Foundation

/// Runs the same loop on several threads.
enum SideBySide {
  /// Carries a closure over to the threads; the caller waits for all of them.
  private struct Carrier: @unchecked Sendable {
    let body: () -> Void
  }

  /// Calls `body` on up to `workers` threads, this one among them, and returns when all calls have returned.
  ///
  /// What the calls share must be safe for that: atomics, locks, values that nobody changes.
  static func run(workers: Int, _ body: () -> Void) {
    withoutActuallyEscaping(body) { body in
      let carrier = Carrier(body: body)
      DispatchQueue.concurrentPerform(iterations: workers) { _ in carrier.body() }
    }
  }
}
