internal import Configuration
internal import DRAM
internal import Devices
internal import Synchronization

/// Memory standards and PIM designs that system configurations name, each read and decoded once.
///
/// The points of a sweep name the same few; to decode a standard for each costs more than many a run.
/// A file counts as it was when it was first read.
public final class HardwareDefinitions: Sendable {
  private let standards = Mutex<[String: MemoryStandard]>([:])
  private let designs = Mutex<[String: BundleDesign]>([:])

  public init() {}

  /// The memory standard that `reference` names.
  ///
  /// - Throws: as `StandardLoader`.
  func standard(_ reference: String) throws -> MemoryStandard {
    if let known = standards.withLock({ $0[reference] }) { return known }
    let standard = try StandardLoader.load(reference)
    standards.withLock { $0[reference] = standard }
    return standard
  }

  /// The PIM design that `reference` names.
  ///
  /// - Throws: `ConfigurationError`.
  func design(_ reference: String) throws -> BundleDesign {
    if let known = designs.withLock({ $0[reference] }) { return known }
    let design = try PresetLibrary.load(reference, kind: .devices).decode(BundleDesign.self)
    designs.withLock { $0[reference] = design }
    return design
  }
}
