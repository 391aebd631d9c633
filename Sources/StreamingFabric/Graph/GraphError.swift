/// A graph or a request that cannot be simulated, with what is wrong and how to mend it.
public struct GraphError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Hashable, Sendable {
    case unconnectedPort, elementType, zeroDelay, unprimedLoop, tokenBalance, shape, name, value
  }

  public let code: Code
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
