/// A number of bytes.
@frozen
public struct ByteCount: Hashable, Comparable, Sendable {
  /// The number of bytes.
  public var count: Int

  @inlinable
  public init(_ count: Int) {
    self.count = count
  }

  /// No bytes.
  @inlinable
  public static var zero: ByteCount { ByteCount(0) }

  @inlinable
  public static func < (left: ByteCount, right: ByteCount) -> Bool { left.count < right.count }

  @inlinable
  public static func + (left: ByteCount, right: ByteCount) -> ByteCount {
    ByteCount(left.count + right.count)
  }

  @inlinable
  public static func - (left: ByteCount, right: ByteCount) -> ByteCount {
    ByteCount(left.count - right.count)
  }

  @inlinable
  public static func * (left: ByteCount, right: Int) -> ByteCount { ByteCount(left.count * right) }

  @inlinable
  public static func += (left: inout ByteCount, right: ByteCount) { left = left + right }
}

/// A rate of data, in whole bytes per second.
@frozen
public struct Bandwidth: Hashable, Comparable, Sendable {
  /// Bytes per second.
  public var bytesPerSecond: Int

  @inlinable
  public init(bytesPerSecond: Int) {
    self.bytesPerSecond = bytesPerSecond
  }

  @inlinable
  public static func < (left: Bandwidth, right: Bandwidth) -> Bool {
    left.bytesPerSecond < right.bytesPerSecond
  }

  /// The shortest whole number of picoseconds in which `bytes` can move at this rate.
  ///
  /// - Precondition: the bandwidth is positive and `bytes` is not negative.
  @inlinable
  public func duration(moving bytes: ByteCount) -> Duration {
    Duration(
      picoseconds: multiplyDivideCeiling(bytes.count, picosecondsPerSecond, bytesPerSecond))
  }
}

/// A rate of floating-point operations, in whole operations per second.
@frozen
public struct ComputeRate: Hashable, Comparable, Sendable {
  /// Floating-point operations per second; a multiply-accumulate counts as two.
  public var flopsPerSecond: Int

  @inlinable
  public init(flopsPerSecond: Int) {
    self.flopsPerSecond = flopsPerSecond
  }

  @inlinable
  public static func < (left: ComputeRate, right: ComputeRate) -> Bool {
    left.flopsPerSecond < right.flopsPerSecond
  }

  /// The shortest whole number of picoseconds in which `flops` operations fit at this rate.
  ///
  /// - Precondition: the rate is positive and `flops` is not negative.
  @inlinable
  public func duration(computing flops: Int) -> Duration {
    Duration(picoseconds: multiplyDivideCeiling(flops, picosecondsPerSecond, flopsPerSecond))
  }
}

/// An amount of energy, in picojoules.
@frozen
public struct Energy: Hashable, Comparable, Sendable {
  /// Picojoules.
  public var picojoules: Double

  @inlinable
  public init(picojoules: Double) {
    self.picojoules = picojoules
  }

  /// No energy.
  @inlinable
  public static var zero: Energy { Energy(picojoules: 0) }

  /// This energy in joules.
  @inlinable
  public var joules: Double { picojoules * 1e-12 }

  @inlinable
  public static func < (left: Energy, right: Energy) -> Bool {
    left.picojoules < right.picojoules
  }

  @inlinable
  public static func + (left: Energy, right: Energy) -> Energy {
    Energy(picojoules: left.picojoules + right.picojoules)
  }

  @inlinable
  public static func * (left: Energy, right: Double) -> Energy {
    Energy(picojoules: left.picojoules * right)
  }

  @inlinable
  public static func += (left: inout Energy, right: Energy) { left = left + right }
}
