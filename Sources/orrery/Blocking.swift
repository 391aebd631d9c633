import Foundation

/// Calls asynchronous work from a synchronous command.
enum Blocking {
  /// Holds what the work came to, for the thread that waits.
  private final class Box<T>: @unchecked Sendable {
    var result: Result<T, any Error>?
  }

  /// Carries work over to the task; the caller waits, so nothing runs beside it.
  private struct Carrier<T>: @unchecked Sendable {
    let body: () async throws -> T
  }

  /// Runs `body` to its end while this thread waits.
  ///
  /// - Throws: what `body` throws.
  static func run<T>(_ body: @escaping () async throws -> T) throws -> T {
    let box = Box<T>()
    let carrier = Carrier(body: body)
    let done = DispatchSemaphore(value: 0)
    Task.detached {
      do { box.result = .success(try await carrier.body()) } catch { box.result = .failure(error) }
      done.signal()
    }
    done.wait()
    guard let result = box.result else { throw CancellationError() }
    return try result.get()
  }
}
