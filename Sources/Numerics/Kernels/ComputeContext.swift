internal import CKernels
internal import Dispatch

#if canImport(Glibc)
  internal import Glibc
#endif

/// How kernels run: the instruction set and the number of threads. Neither changes a bit of a result.
public struct ComputeContext: Hashable, Sendable {
  /// An instruction set that the matrix kernels are built for.
  public enum Level: Int32, CaseIterable, Comparable, Hashable, Sendable {
    case baseline = 0
    case avx2 = 1
    case avx512 = 2

    public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

    /// The highest level of this processor.
    public static let best = Level(rawValue: ckernels_best_level()) ?? .baseline

    /// All levels that this processor can run, ascending.
    public static var available: [Level] { allCases.filter { $0 <= best } }
  }

  /// The instruction set in use.
  public let level: Level
  /// The most threads that a kernel divides its work among.
  public let threads: Int

  /// Takes the processor's best level and all its cores unless told otherwise.
  ///
  /// - Precondition: the level is available and there is at least one thread.
  public init(level: Level = .best, threads: Int? = nil) {
    precondition(level <= .best, "this processor has no \(level) instructions")
    self.level = level
    self.threads = threads ?? Self.cores
    precondition(self.threads > 0)
  }

  /// One thread at the best level.
  public static let single = ComputeContext(threads: 1)

  private static let cores: Int = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

  /// Runs `body` for 0 ..< count, on several threads when `work` (operations in all) repays it.
  ///
  /// The pieces must write to separate places; which thread takes which piece is left open.
  func forEach(_ count: Int, work: Int, _ body: @Sendable (Int) -> Void) {
    if threads == 1 || count <= 1 || work < Self.worthThreads {
      for index in 0..<count { body(index) }
    } else if count <= threads {
      DispatchQueue.concurrentPerform(iterations: count, execute: body)
    } else {
      // No more iterations than threads, so that `threads` is kept.
      let threads = threads
      DispatchQueue.concurrentPerform(iterations: threads) { thread in
        for index in stride(from: thread, to: count, by: threads) { body(index) }
      }
    }
  }

  /// Operations below which waking threads costs more than it gains.
  /// Measured: about 10 us a region, at 20 operations a nanosecond.
  private static let worthThreads = 400_000
}

extension ComputeContext.Level {
  /// Does `rounds` rounds of independent products and sums in registers, for benchmarks.
  ///
  /// - Returns: how many operations that were: what a product of matrices cannot exceed.
  public func peakLoop(rounds: Int) -> Int {
    precondition(!ckernels_peak(rawValue, rounds).isNaN)
    return rounds * 24 * ckernels_width(rawValue)
  }
}

/// A pointer that may cross to other threads; the kernel sees to separate places.
struct Shared<Pointee>: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Pointee>

  init(_ pointer: UnsafeMutablePointer<Pointee>) { self.pointer = pointer }
  init(_ pointer: UnsafePointer<Pointee>) {
    self.pointer = UnsafeMutablePointer(mutating: pointer)
  }
}

extension ComputeContext {
  /// Runs `body` for 0 ..< count on several threads when `work` (operations in all) repays it.
  ///
  /// For code that composes kernels; the pieces must write to separate places.
  package func divide(_ count: Int, work: Int, _ body: @Sendable (Int) -> Void) {
    forEach(count, work: work, body)
  }
}
