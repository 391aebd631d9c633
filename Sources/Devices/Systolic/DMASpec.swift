public import Units

/// The engines that carry an NPU's loads: requests of a fixed size, some in a clock, some on the way.
public struct DMASpec: Hashable, Sendable, Codable {
  /// Bytes of one request.
  public var burst: ByteCount
  /// Requests that may be on the way.
  public var outstanding: Int
  /// Requests that are sent in a clock.
  public var ports: Int

  public init(burst: ByteCount, outstanding: Int, ports: Int) {
    self.burst = burst
    self.outstanding = outstanding
    self.ports = ports
  }

  /// Checks the parameters.
  ///
  /// - Throws: `DeviceError` with the key that is wrong.
  func validate() throws(DeviceError) {
    guard (1...(1 << 20)).contains(burst.count) else {
      throw DeviceError("npu.dma.burst must be 1 byte to 1 MiB, not \(burst.count)")
    }
    guard (1...(1 << 20)).contains(outstanding), (1...4096).contains(ports) else {
      throw DeviceError(
        "npu.dma.outstanding must be 1 to 1048576 and npu.dma.ports 1 to 4096, not \(outstanding) and \(ports)"
      )
    }
  }
}
