internal import DRAM
internal import Devices
internal import Workload

/// A tiled device in front of the command-level memory that its system names, for cycle fidelity.
struct DeviceOverMemory {
  /// The name of the system and of the unit.
  let name: String
  let device: any TiledDevice
  let link: LinkSpec?
  let memory: CommandLevelMemorySpec?
  let standard: MemoryStandard?

  /// The memory and its standard.
  ///
  /// - Throws: `SystemError` when the system has none.
  func present() throws -> (spec: CommandLevelMemorySpec, standard: MemoryStandard) {
    guard let memory, let standard else {
      throw SystemError(
        "system '\(name)' has no command-level memory; add memory.dram with a standard, or use "
          + "--fidelity analytic")
    }
    return (memory, standard)
  }

  /// What can be removed, with a memory.
  var limits: [IdealLimit] {
    memory == nil ? [] : [.refresh, .tfaw, .row, .turnaround] + (link == nil ? [] : [.link])
  }

  /// Runs the operators of a trace one after the other.
  ///
  /// - Throws: `SystemError` when the system has no such memory or not the limits to remove, what the
  ///   source throws, and what an operator that cannot run here throws.
  func run(
    _ source: consuming some OperatorSource & ~Copyable, options: RunOptions
  ) throws -> SystemRun {
    let (memory, standard) = try present()
    try options.checkLimits(of: name, limits)
    var executor = CycleExecutor(
      name: name, device: device, link: link,
      memory: try memory.makeMemory(standard, ideal: options.ideal, channels: options.channels),
      options: options)
    var source = source
    while let op = try source.next() { try executor.run(op) }
    return executor.finish()
  }
}
