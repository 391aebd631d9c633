public import Devices
public import Numerics
internal import StreamingFabric
public import Units

/// One line of a comparison: a kernel on an input, against its reference.
public struct CompareRow: Sendable {
  public let kernel: String
  public let input: String
  /// What the cycles are of; absent when only numerics were run.
  public var device: String?
  public var cycles: Int?
  public var time: Duration?
  public var intermediateBytes: Int?
  public var flops: Int?
  public var bytes: Int?
  public let error: ErrorMetrics
  public let tolerance: CompareTolerance
  public let passes: Bool

  /// Bytes moved per second of simulated time; absent without a time.
  public var bandwidth: Double? {
    guard let time, let bytes, time.picoseconds > 0 else { return nil }
    return Double(bytes) * 1e12 / Double(time.picoseconds)
  }
}

/// Runs kernels on inputs and holds their errors against tolerances.
public struct Compare: Sendable {
  public var precision: AttentionPrecision
  /// Absent, the tolerance follows from the precision.
  public var tolerance: CompareTolerance?
  /// Whether NaN and infinity are expected: then a kernel passes when it gives some.
  public var expectsNonFinite: Bool
  /// The clock of the streaming fabric; absent, its time is unknown and only cycles are given.
  public var clock: ClockDomain?
  /// A system whose roofline times kernels that are no streaming graphs.
  public var roofline: Roofline?
  /// The streaming device whose pipeline runs streaming graphs; absent, one of full width whose
  /// latencies are the least.
  public var streaming: StreamingDevice?
  /// The decay of linear attention.
  public var decay = 1.0
  /// A system whose banks run the PIM kernels.
  public var pim: ComparePIMDevice?

  /// Peaks that bound a kernel's time from below.
  public struct Roofline: Sendable {
    public let device: String
    public let compute: ComputeRate?
    public let bandwidth: Bandwidth
    public let clock: ClockDomain

    public init(
      device: String, compute: ComputeRate?, bandwidth: Bandwidth, clock: ClockDomain
    ) {
      self.device = device
      self.compute = compute
      self.bandwidth = bandwidth
      self.clock = clock
    }

    /// The later of computing `flops` and moving `bytes`.
    func time(flops: Int, bytes: Int) -> Duration {
      let moving = bandwidth.duration(moving: ByteCount(bytes))
      guard let compute else { return moving }
      return max(moving, compute.duration(computing: flops))
    }
  }

  public init(
    precision: AttentionPrecision, tolerance: CompareTolerance? = nil,
    expectsNonFinite: Bool = false, clock: ClockDomain? = nil, roofline: Roofline? = nil,
    pim: ComparePIMDevice? = nil
  ) {
    self.pim = pim
    self.precision = precision
    self.tolerance = tolerance
    self.expectsNonFinite = expectsNonFinite
    self.clock = clock
    self.roofline = roofline
  }

  /// Streaming graphs are called by their variant behind this.
  static let streamingPrefix = "streaming-"

  /// The kernels that compute softmax attention, by name.
  public static var kernelNames: [String] {
    let shape = AttentionShape(rows: 1, keys: 1, dimension: 1)
    let streaming = ["naive", "scaled", "reordered", "memory-free"].map { streamingPrefix + $0 }
    return AttentionKernel.standard(shape).map(\.name) + streaming
  }

  /// Kernels that compute something else than softmax attention; they have references of their own.
  public static let otherKernelNames = [
    "sigmoid", "relu", streamingPrefix + "sigmoid", streamingPrefix + "relu", "linear",
    "lightning-2", streamingPrefix + "linear",
  ]

  /// The names in a list such as `safe,online` or `all`.
  public static func names(_ text: String) throws -> [String] {
    if text == "all" { return kernelNames }
    let known = kernelNames + otherKernelNames + pimKernelNames
    return try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      let name = String(part)
      guard known.contains(name) else {
        let near = nearestName(to: name, among: known).map { "; did you mean '\($0)'?" } ?? ""
        throw CompareError("no kernel '\(name)'\(near) (\(known.joined(separator: ", ")))")
      }
      return name
    }
  }

  /// Runs one attention kernel.
  ///
  /// - Throws: `CompareError` for an unknown kernel; `GraphError` from a streaming graph.
  public func run(_ kernel: String, on input: CompareInput) throws -> CompareRow {
    if let kernel = PIMKernel(rawValue: kernel) { return try run(kernel, on: input) }
    let rounded = input.problem.rounded(to: precision.storage)
    if kernel.hasPrefix(Self.streamingPrefix) {
      let name = String(kernel.dropFirst(Self.streamingPrefix.count))
      guard let variant = AttentionVariant(rawValue: name) else {
        throw CompareError("no streaming graph '\(name)'")
      }
      return try stream(variant, kernel, input, rounded)
    }
    if kernel == "linear" || kernel == "lightning-2" {
      return try linear(kernel, input, rounded)
    }
    guard let method = AttentionKernel.named(kernel, input.problem.shape) else {
      throw CompareError("no kernel '\(kernel)'")
    }
    let result = method.run(rounded, precision: precision)
    let reference =
      method.isSoftmax
      ? input.reference ?? ReferenceAttention.output(rounded)
      : method.run(rounded, precision: .f64).output
    var row = judge(result.output, reference, kernel, input.name)
    row.intermediateBytes = result.peakIntermediateBytes
    row.flops = result.flops
    row.bytes = result.bytes
    applyRoofline(&row)
    return row
  }

  private func stream(
    _ variant: AttentionVariant, _ kernel: String, _ input: CompareInput,
    _ rounded: AttentionProblem
  ) throws -> CompareRow {
    let options = try pipeline(variant, rounded.shape)
    let attention = try AttentionGraph(options, problem: rounded, precision: precision)
    let result = try attention.graph.run(FabricRunOptions(carriesValues: true))
    if let deadlock = result.deadlock {
      throw CompareError("\(kernel): the graph is in deadlock at cycle \(deadlock.cycle)")
    }
    let isSoftmax = variant != .sigmoid && variant != .relu && variant != .linear
    let reference =
      isSoftmax
      ? input.reference ?? ReferenceAttention.output(rounded)
      : FabricAttention.reference(variant, rounded, decay: decay)
    var row = judge(attention.output, reference, kernel, input.name)
    row.device = roofline.flatMap { streaming == nil ? nil : $0.device } ?? "streaming-dataflow"
    row.cycles = result.cycles
    row.time = (clock ?? streaming?.clock).map {
      $0.instant(of: Cycles(result.cycles)) - Instant(picoseconds: 0)
    }
    row.intermediateBytes = attention.intermediateBytes(peaks: result.peaks)
    row.bytes =
      attention.streamedBytes
      + rounded.q.count * precision.storage.bytes
    row.flops = streamingFlops(variant, rounded.shape)
    return row
  }

  /// The graph of one pipeline of the streaming device, or of one of full width.
  private func pipeline(
    _ variant: AttentionVariant, _ shape: AttentionShape
  ) throws -> AttentionOptions {
    var options = AttentionOptions(variant, shape: shape)
    options.decay = variant == .linear ? decay : 1
    guard let streaming else { return options }
    options.lanes = streaming.spec.lanes
    options.latencies = (streaming.spec.latency ?? [:]).filter {
      variant.nodeNames.contains($0.key)
    }
    if variant != .linear { options.queryBlock = streaming.spec.queryBlock }
    options.fork = streaming.spec.fork.flatMap(ForkMode.init(rawValue:)) ?? .atomic
    options.depths = options.fullThroughputDepths
    if let depth = streaming.spec.shortDepth { options.depths.short = .bounded(depth) }
    if let depth = streaming.spec.longDepth {
      (options.depths.long1, options.depths.long2) = (.bounded(depth), .bounded(depth))
    }
    return options
  }

  /// Operations of the kernel that the graph stands for.
  private func streamingFlops(_ variant: AttentionVariant, _ shape: AttentionShape) -> Int {
    let kernel: AttentionKernel
    switch variant {
    case .naive: kernel = .naive
    case .scaled: kernel = .safe
    case .reordered: kernel = .reordered
    case .memoryFree: kernel = .online
    case .sigmoid: kernel = .sigmoid
    case .relu: kernel = .relu
    case .linear: return linearFlops(shape)
    }
    return kernel.cost(shape, precision: precision).flops
  }

  /// The state update and the product of query and state: 5 d^2 operations a token and head.
  private func linearFlops(_ shape: AttentionShape) -> Int {
    5 * shape.heads * shape.keys * shape.dimension * shape.dimension
  }

  /// The linear-attention recurrence, or its blocks of 64 tokens.
  private func linear(
    _ kernel: String, _ input: CompareInput, _ problem: AttentionProblem
  ) throws -> CompareRow {
    let shape = problem.shape
    guard shape.rows == shape.keys else {
      throw CompareError("\(kernel): linear attention has as many query rows as keys")
    }
    guard decay > 0, decay <= 1 else {
      throw CompareError("\(kernel): the decay is \(decay), must lie in (0, 1]")
    }
    let (size, d, block) = (shape.keys * shape.dimension, shape.dimension, 64)
    let method = LinearAttention(tokens: shape.keys, dimension: d, decay: decay)
    var output: [Double] = []
    for head in 0..<shape.heads {
      let kv = shape.kvHead(of: head) * size
      let (q, k, v) = (
        Array(problem.q[(head * size)..<((head + 1) * size)]),
        Array(problem.k[kv..<(kv + size)]), Array(problem.v[kv..<(kv + size)])
      )
      output +=
        kernel == "linear"
        ? method.recurrence(q: q, k: k, v: v, precision: precision)
        : method.lightning2(q: q, k: k, v: v, block: block, precision: precision)
    }
    let reference = FabricAttention.reference(.linear, problem, decay: decay)
    var row = judge(output, reference, kernel, input.name)
    let element = precision.accumulator.bytes
    row.intermediateBytes = kernel == "linear" ? d * d * element : (d * d + block + d) * element
    row.flops =
      kernel == "linear" ? linearFlops(shape) : shape.heads * method.lightning2Flops(block: block)
    row.bytes = (2 * problem.q.count + 2 * problem.k.count) * precision.storage.bytes
    applyRoofline(&row)
    return row
  }

  /// Compares an output with its reference.
  func judge(
    _ output: [Double], _ reference: [Double], _ kernel: String, _ input: String,
    default fallback: CompareTolerance? = nil
  ) -> CompareRow {
    let metrics = ErrorMetrics(actual: output, reference: reference)
    let tolerance = self.tolerance ?? fallback ?? .standard(precision)
    let passes =
      expectsNonFinite
      ? metrics.nonFiniteCount > 0 : tolerance.accepts(output, reference, metrics)
    return CompareRow(
      kernel: kernel, input: input, error: metrics, tolerance: tolerance, passes: passes)
  }

  func applyRoofline(_ row: inout CompareRow) {
    guard let roofline, let flops = row.flops, let bytes = row.bytes else { return }
    let time = roofline.time(flops: flops, bytes: bytes)
    row.device = roofline.device
    row.time = time
    row.cycles = roofline.clock.firstEdge(atOrAfter: Instant(picoseconds: time.picoseconds)).count
  }
}
