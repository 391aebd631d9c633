/// What happens at a clock edge: a message of 64 bits to one component.
///
/// What the payload means is the component's affair. An event holds no reference, so scheduling
/// one neither allocates nor counts references.
@frozen
public struct Event: Hashable, Sendable {
  /// The component that the event is for; whoever handles events gives components their numbers.
  public var target: UInt32
  /// The message, in the target's own encoding.
  public var payload: UInt64

  @inlinable
  public init(target: UInt32, payload: UInt64 = 0) {
    self.target = target
    self.payload = payload
  }
}
