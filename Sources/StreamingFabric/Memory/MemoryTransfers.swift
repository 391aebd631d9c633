/// One transfer between a memory node and the memory.
public struct MemoryTransfer: Hashable, Sendable {
  /// A reader's first firing that needs its bytes; a writer's firing that makes them.
  public var firing: Int
  /// The firings after which its place in the buffer is free again; the reader's own count.
  public var release: Int
  /// The bytes in the memory.
  public var offset: Int
  public var length: Int

  public init(firing: Int, release: Int, offset: Int, length: Int) {
    self.firing = firing
    self.release = release
    self.offset = offset
    self.length = length
  }
}

/// What a memory node moves: its transfers in order, and how many its buffer holds.
public struct MemoryTransfers: Hashable, Sendable {
  public var transfers: [MemoryTransfer]
  /// Transfers that are under way or in the buffer at once.
  public var window: Int

  public init(_ transfers: [MemoryTransfer], window: Int) {
    self.transfers = transfers
    self.window = window
  }

  /// The sum of the lengths.
  public var bytes: Int { transfers.reduce(0) { $0 + $1.length } }
}
