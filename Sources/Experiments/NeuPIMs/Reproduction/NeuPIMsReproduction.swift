internal import ReferenceTransformer
public import Workload

/// The published claims of NeuPIMs (arXiv 2403.00579) beside ours.
///
/// Machines, models, batches and assumptions are fixed here before any run; nothing is fitted. One steady-state layer
/// stands for the model, since every layer does the same.
public struct NeuPIMsReproduction: Sendable {
  /// Batches drawn of each size; the paper takes ten.
  public var samples: Int
  /// The seed of the first sample.
  public var seed: UInt64
  public var batches: [Int]
  /// Names of `allModels`.
  public var models: [String]
  public var datasets: [RequestDataset]
  /// Points that run at the same time.
  public var workers: Int
  /// What is compared; claims that need others are left open.
  var machines = Machine.allCases

  public init(
    samples: Int = 1, seed: UInt64 = 1, batches: [Int] = Self.allBatches,
    models: [String] = Self.allModels.map(\.name),
    datasets: [RequestDataset] = RequestDataset.allCases,
    workers: Int
  ) {
    self.samples = samples
    self.seed = seed
    self.batches = batches
    self.models = models
    self.datasets = datasets
    self.workers = workers
  }

  /// Requests in a batch, as in the paper.
  public static let allBatches = [64, 128, 256, 384, 512]

  /// Models with their tensor- and pipeline-parallel devices, as in the paper.
  public static let allModels: [(name: String, tensor: Int, pipeline: Int)] = [
    ("gpt3-7b", 4, 1), ("gpt3-13b", 4, 1), ("gpt3-30b", 4, 2), ("gpt3-175b", 8, 4),
  ]

  /// The systems that are compared: presets, and what `--set` changes in them.
  enum Machine: String, CaseIterable, Hashable, Sendable {
    case gpu
    /// The GPU with the paper's ceiling on its use of compute.
    case gpuCeiling = "gpu at 40 % of its compute"
    case npuOnly = "npu-only"
    /// The naive NPU + PIM: one row buffer, blocked mode, round robin.
    case naive = "npu+pim"
    /// The same with the released code's dispatch: one PIM instruction a clock for all channels.
    case naiveDispatch = "npu+pim, one instruction a clock"
    case balanced = "npu+pim +balance"
    case dual = "npu+pim +dual"
    case dualReleased = "npu+pim +dual, rows released"
    case dualBalanced = "npu+pim +dual +balance"
    case dualInterleaved = "npu+pim +dual +interleave"
    case neupims

    /// The preset and its overrides for models over `tensor` devices.
    func configuration(tensor: Int) -> (preset: String, overrides: [String]) {
      let dual = "memory=hbm2-neupims-dual"
      let balance = "attention.balance=min_load"
      let devices = "parallel.tensor=\(tensor)"
      switch self {
      case .gpu: return ("gpu-a100", ["devices=\(tensor)"])
      case .gpuCeiling:
        return ("gpu-a100", ["devices=\(tensor)", "device.xpu.matrix_rate.f16=124.8 TFLOPS"])
      case .npuOnly: return ("npu-only", [devices])
      case .naive: return ("npu-pim-blocked", [devices])
      case .naiveDispatch:
        return ("npu-pim-blocked", [devices, "attention.dispatches_one_a_clock=true"])
      case .balanced: return ("npu-pim-blocked", [devices, balance])
      case .dual: return ("npu-pim-blocked", [devices, dual])
      case .dualReleased:
        return ("npu-pim-blocked", [devices, dual, "attention.row_hold=as-released"])
      case .dualBalanced: return ("npu-pim-blocked", [devices, dual, balance])
      case .dualInterleaved:
        return ("neupims", [devices, "attention.balance=round_robin"])
      case .neupims: return ("neupims", [devices])
      }
    }
  }

  /// Runs everything.
  ///
  /// - Parameter progress: told how many of how many points have ended.
  /// - Throws: `ConfigurationError` or `SystemError` when a preset has been broken.
  public func run(
    progress: (_ ended: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> Reproduction {
    var table = NeuPIMsTable()
    let points = points
    try await withThrowingTaskGroup(of: (NeuPIMsPoint, [Machine: LayerMeasurement]).self) { group in
      var next = 0
      var ended = 0
      func start() {
        guard next < points.count else { return }
        let point = points[next]
        next += 1
        group.addTask { (point, try point.measure()) }
      }
      for _ in 0..<max(workers, 1) { start() }
      while let (point, measured) = try await group.next() {
        start()
        table.add(measured, at: point)
        ended += 1
        progress(ended, points.count)
      }
    }
    var reproduction = Reproduction(
      paper: "NeuPIMs: NPU and PIM with dual row buffers (ASPLOS 2024, arXiv 2403.00579)",
      setup: setup, claims: NeuPIMsClaims(table: table, reproduction: self).all)
    reproduction.points = table.rows
    return reproduction
  }

  private var setup: [String] {
    [
      "presets gpu-a100, npu-only, npu-pim-blocked, neupims at command level; ablation by --set",
      "models over tensor-parallel devices: "
        + chosenModels.map { "\($0.name) \($0.tensor)" }.joined(separator: ", ")
        + "; with pipeline parallelism every stage holds a batch, which leaves ratios as they are",
      "\(samples) batch(es) of each size "
        + batches.map(String.init).joined(separator: ", ") + " of "
        + datasets.map(\.rawValue).joined(separator: " and ") + " requests, seed \(seed)",
      "decode, FP16; one steady-state layer: A + B + E, with sub-batches C + D; embedding and head left "
        + "out; capacity not enforced",
    ]
  }

  var chosenModels: [(name: String, tensor: Int, pipeline: Int)] {
    Self.allModels.filter { models.contains($0.name) }
  }

  /// All points, the longest to simulate first.
  private var points: [NeuPIMsPoint] {
    var points: [NeuPIMsPoint] = []
    for model in chosenModels {
      for dataset in datasets {
        for batch in batches {
          for sample in 0..<samples {
            points.append(
              NeuPIMsPoint(
                model: model.name, tensor: model.tensor, dataset: dataset, batch: batch,
                seed: seed &+ UInt64(sample), machines: machines))
          }
        }
      }
    }
    // Tensor against pipeline parallelism: twice the devices on whole batches, or two halves in flight.
    if let model = chosenModels.first(where: { $0.name == NeuPIMsClaims.parallelModel }),
      datasets.contains(.shareGPT)
    {
      for sample in 0..<samples {
        points.append(
          NeuPIMsPoint(
            model: model.name, tensor: 2 * model.tensor, dataset: .shareGPT, batch: 256,
            seed: seed &+ UInt64(sample), machines: [.neupims]))
        points.append(
          NeuPIMsPoint(
            model: model.name, tensor: model.tensor, dataset: .shareGPT, batch: 128,
            seed: seed &+ UInt64(sample), machines: [.neupims]))
      }
    }
    var seen: Set<NeuPIMsPoint> = []
    return points.filter { seen.insert($0.withoutMachines).inserted }
      .sorted { $0.batch != $1.batch ? $0.batch > $1.batch : $0.model < $1.model }
  }
}
