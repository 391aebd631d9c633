internal import Devices
public import Units

/// How the memory of one device is divided into the spaces that bundles of banks make.
///
/// An operand of PIM lies in one space, in the layout of its commands. Experts are dealt round robin,
/// ranks first, so that neighbours can be used at once; where a device holds more of them than it has
/// spaces, in a multiple, consecutive ones share a space. Keys and values of a request lie in one of the
/// spaces of the cache, those of prompts wait in the last space. What only the xPU uses lies over all
/// banks, so it takes the same part of each space.
struct DeviceSpaces: Hashable, Sendable {
  /// The spaces; 1 where there are no bundles.
  let count: Int
  /// Spaces that hold cached keys and values.
  let cached: Int
  /// Bytes of each.
  let capacity: Int
  /// Spaces in the order of dealing.
  private let order: [Int]

  init(spec: XPUPIMSystemSpec, device: HybridDevice) throws(SystemError) {
    let bundles = spec.device.pim.map { $0.level != .bank } ?? false
    let measured = device.contention
    count = bundles ? spec.schedule.memorySpaces ?? measured?.spaces ?? 1 : 1
    if let measured, bundles, count > measured.spaces {
      throw SystemError(
        "schedule.memory_spaces (\(count)) exceeds the \(measured.spaces) spaces that the bundles of "
          + "command_level.pim make")
    }
    cached = bundles ? spec.schedule.kvSpaces ?? max(1, count - 1) : 1
    guard cached >= 1, cached <= count else {
      throw SystemError(
        "schedule.kv_spaces (\(cached)) must be 1 to the \(count) memory spaces of a device")
    }
    capacity = device.capacity.count / count
    let ofRank = min(count, max(1, measured?.spacesOfRank ?? (count + 1) / 2))
    let spaces = count
    order = (0..<spaces).sorted { ($0 % ofRank, $0) < ($1 % ofRank, $1) }
  }

  /// The space of an expert.
  ///
  /// - Parameters:
  ///   - index: its place among the `local` experts of the device.
  ///   - turn: the layers of experts before its own, so that dealing goes on from layer to layer.
  func ofExpert(_ index: Int, of local: Int, turn: Int) -> Int {
    if let size = groupSize(of: local) { return order[index / size] }
    return order[(turn * local + index) % count]
  }

  /// Experts that share a space and move as a whole; nil where they are dealt one by one.
  func groupSize(of local: Int) -> Int? {
    count > 1 && local > count && local % count == 0 ? local / count : nil
  }

  /// The space of a slot of the cache.
  ///
  /// - Parameter turn: the KV tensors before its own.
  func ofCache(slot: Int, turn: Int) -> Int { order[(slot + turn) % cached] }

  /// The space in which keys and values of prompts wait.
  var ofPrompts: Int { order[count - 1] }

  /// So many bytes over all spaces alike.
  func spread(_ bytes: Int) -> [Int] {
    (0..<count).map { bytes / count + ($0 < bytes % count ? 1 : 0) }
  }
}

/// What lies in one memory space of the fullest device, and what moved there on all devices.
public struct MemorySpaceRecord: Hashable, Sendable {
  /// Its number.
  public var space: Int
  /// What it holds.
  public var capacity: ByteCount
  /// Its part of what lies over all banks: dense weights, state, activations.
  public var shared = ByteCount.zero
  public var experts = ByteCount.zero
  /// Keys and values of decoding requests.
  public var cache = ByteCount.zero
  /// Keys and values of prompts before they move to the cache.
  public var prompts = ByteCount.zero
  /// Bytes that the xPU and PIM moved.
  public var xpuTraffic = ByteCount.zero
  public var pimTraffic = ByteCount.zero

  public init(space: Int, capacity: ByteCount) {
    self.space = space
    self.capacity = capacity
  }

  /// All that lies there.
  public var used: ByteCount { shared + experts + cache + prompts }
}

/// Where a tensor lies in the memory of the fullest device.
public struct PlacementRecord: Hashable, Sendable {
  /// How it lies: over all banks, or in the bundles of one space.
  public enum Layout: String, Hashable, Sendable {
    case interleaved, bundle
  }

  public var tensor: Int
  /// The operator that used it first.
  public var name: String
  public var layout: Layout
  /// The memory space, of a bundle.
  public var space: Int?
  /// Its first byte: in the whole memory where it is interleaved, else in its space.
  public var address: Int
  public var bytes: ByteCount
}

/// The first tensor that a memory space has no room for.
public struct SpaceOverflow: Hashable, Sendable {
  public var space: Int
  public var tensor: Int
  /// What the tensor is and who uses it first.
  public var name: String
}
