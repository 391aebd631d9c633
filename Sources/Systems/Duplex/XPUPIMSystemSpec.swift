public import DRAM
public import Devices

/// Where a kind of work that both processors could do is done.
public enum PlacementRule: String, CaseIterable, Hashable, Sendable, Codable {
  case xpu, pim
  /// The processor with the shorter roofline time, operator by operator or expert by expert.
  case fastest
}

/// How work is divided between xPU and PIM.
public struct HybridScheduleSpec: Hashable, Sendable, Codable {
  /// The attention of decoding requests.
  public var decodeAttention: PlacementRule
  /// The networks of experts.
  public var experts: PlacementRule
  /// Whether xPU and PIM work on experts of one layer at once (a part of "+PE").
  public var coprocessesExperts: Bool
  /// Whether prefill attention on the xPU and decode attention on PIM go on at once (of "+PE").
  public var coprocessesAttention: Bool
  /// How experts are divided when both work at once.
  public var expertSplit: ExpertSplitRule
  /// The memory spaces of a device, which are the groups of experts that move as a whole; no groups
  /// when left out.
  public var memorySpaces: Int?
  /// Memory spaces that hold cached keys and values; all but one, which prompts use, when left out.
  public var kvSpaces: Int?
  /// The fraction of bandwidth that the rule `most_to_xpu` reckons with; 0.75 when left out.
  public var splitEfficiency: Double?
  /// Whether every expert is divided over the devices of a node and experts over nodes ("+ET").
  public var dividesExpertsInNode: Bool
  /// All-reduces after a layer of divided experts: 1 sums the parts; the authors' simulator takes 2.
  public var expertTensorReductions: Int
  /// Whether the xPU's sum over the parts of the stacks is charged; the authors' simulator does not.
  public var reducesStacks: Bool
  /// Whether keys and values of prompts are moved once, from the space of prompts to those of decoding;
  /// false when left out, as in the authors' simulator.
  public var chargesMigration: Bool?

  public init(
    decodeAttention: PlacementRule = .fastest, experts: PlacementRule = .fastest,
    coprocessesExperts: Bool = false, coprocessesAttention: Bool = false,
    expertSplit: ExpertSplitRule = .mostToXPU, memorySpaces: Int? = nil, kvSpaces: Int? = nil,
    splitEfficiency: Double? = nil, dividesExpertsInNode: Bool = false,
    expertTensorReductions: Int = 1, reducesStacks: Bool = false, chargesMigration: Bool? = nil
  ) {
    self.decodeAttention = decodeAttention
    self.experts = experts
    self.coprocessesExperts = coprocessesExperts
    self.coprocessesAttention = coprocessesAttention
    self.expertSplit = expertSplit
    self.memorySpaces = memorySpaces
    self.kvSpaces = kvSpaces
    self.splitEfficiency = splitEfficiency
    self.dividesExpertsInNode = dividesExpertsInNode
    self.expertTensorReductions = expertTensorReductions
    self.reducesStacks = reducesStacks
    self.chargesMigration = chargesMigration
  }

  enum CodingKeys: String, CodingKey {
    case decodeAttention = "decode_attention"
    case experts
    case coprocessesExperts = "coprocesses_experts"
    case coprocessesAttention = "coprocesses_attention"
    case expertSplit = "expert_split"
    case memorySpaces = "memory_spaces"
    case kvSpaces = "kv_spaces"
    case splitEfficiency = "split_efficiency"
    case dividesExpertsInNode = "divides_experts_in_node"
    case expertTensorReductions = "expert_tensor_reductions"
    case reducesStacks = "reduces_stacks"
    case chargesMigration = "charges_migration"
  }
}

/// The degrees of parallelism; what is left out follows from the devices and the model.
public struct ParallelismSpec: Hashable, Sendable, Codable {
  /// Devices that divide each matrix; the devices of a node when left out.
  public var tensor: Int?
  /// Consecutive groups of layers on devices of their own; 1 when left out.
  public var pipeline: Int?
  /// Groups of devices that hold different experts; as many as possible when left out.
  public var expert: Int?

  public init(tensor: Int? = nil, pipeline: Int? = nil, expert: Int? = nil) {
    self.tensor = tensor
    self.pipeline = pipeline
    self.expert = expert
  }
}

/// The memory that cycle fidelity runs, by the names of other presets or files.
public struct CommandLevelSpec: Hashable, Sendable, Codable {
  /// The standard: a preset of `configs/memories` or a file.
  public var memory: String
  /// The PIM design: a preset of `configs/devices` or a file; left out for devices without PIM.
  public var pim: String?
  /// How the host's controllers refresh: `all-bank` (when left out), `rank-staggered`, `per-bank` or
  /// `none`.
  public var refresh: RefreshMode?
  /// When banks that PIM streams through are refreshed: `postponed` (when left out), `first` or `none`.
  public var pimRefresh: BundleRefresh?
  /// Who goes first where xPU and PIM want one bank: `oldest` (when left out), `pim` or `host`.
  public var priority: SharedPriority?
  /// Whether kernels with equal traffic are simulated once; true when left out. The result is the same.
  public var reusesKernels: Bool?
  /// Whether kernels that run on the xPU and on PIM at once slow each other as the shared channel has
  /// it; true when left out.
  public var chargesConflicts: Bool?
  /// Whether the xPU finds the weights of experts in the layout of PIM's operands, whose rows it has to
  /// switch more often; true when left out, for devices with PIM.
  public var expertsInBundles: Bool?

  public init(
    memory: String, pim: String? = nil, refresh: RefreshMode? = nil,
    pimRefresh: BundleRefresh? = nil, priority: SharedPriority? = nil, reusesKernels: Bool? = nil,
    chargesConflicts: Bool? = nil, expertsInBundles: Bool? = nil
  ) {
    self.memory = memory
    self.pim = pim
    self.refresh = refresh
    self.pimRefresh = pimRefresh
    self.priority = priority
    self.reusesKernels = reusesKernels
    self.chargesConflicts = chargesConflicts
    self.expertsInBundles = expertsInBundles
  }

  enum CodingKeys: String, CodingKey {
    case memory, pim, refresh, priority
    case pimRefresh = "pim_refresh"
    case reusesKernels = "reuses_kernels"
    case chargesConflicts = "charges_conflicts"
    case expertsInBundles = "experts_in_bundles"
  }
}

/// A machine of equal hybrid devices; GPU, Duplex, Bank-PIM and mixed machines are configurations.
public struct XPUPIMSystemSpec: Hashable, Sendable, Codable {
  /// The name in results.
  public var name: String
  /// Where the numbers come from.
  public var source: String
  /// The discriminator of system types.
  public var type: SystemType
  /// The clock in which results count cycles beside time.
  public var clock: ClockSpec
  /// All devices.
  public var devices: Int
  /// Devices of a node; all of them when left out.
  public var nodeDevices: Int?
  /// Of the devices, those whose stacks do experts and decode attention while their xPU rests and
  /// the other devices do the rest; every device does both when left out.
  public var separatePIMDevices: Int?
  /// Each of the devices.
  public var device: HybridDeviceSpec
  /// The links within a node.
  public var link: LinkSpec
  /// The links between nodes.
  public var nodeLink: LinkSpec?
  /// The degrees of parallelism.
  public var parallelism: ParallelismSpec?
  /// How work is divided between the processors.
  public var schedule: HybridScheduleSpec
  /// Sets of energy coefficients; the first is the one of headlines. Energy is absent without.
  public var energy: [MemoryEnergySpec]?
  /// What PIM adds to a die of each stack; absent where no source gives it.
  public var area: AddedAreaSpec?
  /// The memory of cycle fidelity; the system is analytic only without.
  public var commandLevel: CommandLevelSpec?

  public init(
    name: String, source: String, clock: ClockSpec, devices: Int, nodeDevices: Int? = nil,
    separatePIMDevices: Int? = nil, device: HybridDeviceSpec, link: LinkSpec,
    nodeLink: LinkSpec? = nil, parallelism: ParallelismSpec? = nil,
    schedule: HybridScheduleSpec = HybridScheduleSpec(), energy: [MemoryEnergySpec]? = nil,
    area: AddedAreaSpec? = nil, commandLevel: CommandLevelSpec? = nil
  ) {
    self.name = name
    self.source = source
    type = .xpuPIM
    self.clock = clock
    self.devices = devices
    self.nodeDevices = nodeDevices
    self.separatePIMDevices = separatePIMDevices
    self.device = device
    self.link = link
    self.nodeLink = nodeLink
    self.parallelism = parallelism
    self.schedule = schedule
    self.energy = energy
    self.area = area
    self.commandLevel = commandLevel
  }

  enum CodingKeys: String, CodingKey {
    case name, source, type, clock, devices
    case nodeDevices = "node_devices"
    case separatePIMDevices = "separate_pim_devices"
    case device, link
    case nodeLink = "node_link"
    case parallelism, schedule, energy, area
    case commandLevel = "command_level"
  }
}
