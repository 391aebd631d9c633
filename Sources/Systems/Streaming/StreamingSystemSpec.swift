public import Devices

/// A streaming dataflow device with its memory, optionally with links.
public struct StreamingSystemSpec: Hashable, Sendable, Codable {
  /// The name in results.
  public var name: String
  /// Where the numbers come from.
  public var source: String
  /// The discriminator of system types.
  public var type: SystemType
  /// The clock of the fabric and of the map and reduce units.
  public var clock: ClockSpec
  /// The pipelines that run attention.
  public var fabric: StreamingFabricSpec
  /// The units that run everything else.
  public var mapReduce: MapReduceSpec
  public var memory: MemorySpec
  public var link: LinkSpec?

  public init(
    name: String, source: String, clock: ClockSpec, fabric: StreamingFabricSpec,
    mapReduce: MapReduceSpec, memory: MemorySpec, link: LinkSpec? = nil
  ) {
    self.name = name
    self.source = source
    type = .streamingDataflow
    self.clock = clock
    self.fabric = fabric
    self.mapReduce = mapReduce
    self.memory = memory
    self.link = link
  }

  enum CodingKeys: String, CodingKey {
    case name, source, type, clock, fabric, memory, link
    case mapReduce = "map_reduce"
  }
}
