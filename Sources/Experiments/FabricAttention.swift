public import Numerics
public import StreamingFabric

/// What `orrery fabric attention` is asked for.
public struct FabricAttentionRequest: Sendable {
  public var options: AttentionOptions
  /// Absent, the run is timing only.
  public var precision: AttentionPrecision?
  public var stepping: Stepping
  public var data: AttentionData
  public var seed: UInt64
  /// Whether the least depths at full throughput replace those of the options.
  public var sizesDepths: Bool
  /// Where K and V come from; absent, from on-chip sources.
  public var memory: FabricMemoryRequest?

  public init(
    options: AttentionOptions, precision: AttentionPrecision?, stepping: Stepping,
    data: AttentionData, seed: UInt64, sizesDepths: Bool, memory: FabricMemoryRequest? = nil
  ) {
    self.memory = memory
    self.options = options
    self.precision = precision
    self.stepping = stepping
    self.data = data
    self.seed = seed
    self.sizesDepths = sizesDepths
  }
}

/// A streaming attention graph that was run.
public struct FabricAttention: Sendable {
  public let request: FabricAttentionRequest
  public let graph: DataflowGraph
  public let result: FabricRunResult
  public let intermediateBytes: Int
  public let streamedBytes: Int
  /// Cycles of the same graph with K and V on the chip; absent where they are.
  public let onChipCycles: Int?
  /// Against the f64 reference on the rounded inputs; absent without values or after a deadlock.
  public let error: ErrorMetrics?

  /// Builds the graph and runs it.
  ///
  /// - Throws: `GraphError` naming the option at fault.
  public init(_ request: FabricAttentionRequest) throws {
    self.request = request
    let shape = request.options.shape
    if let fault =
      AttentionSizeLimit.faultOfTiming(shape, isStepped: request.stepping != .periodic)
      ?? (request.precision == nil ? nil : AttentionSizeLimit.faultOfValues(shape))
    {
      throw GraphError(.value, fault)
    }
    if let fault = request.options.fault { throw GraphError(.value, fault) }
    var problem: AttentionProblem?
    if request.precision != nil { problem = request.data.problem(shape, seed: request.seed) }
    let precision = request.precision ?? .f32
    let attention = try AttentionGraph(request.options, problem: problem, precision: precision)
    var graph = attention.graph
    // Depths and remedies are those of the graph with everything on the chip.
    var onChip = graph
    if request.memory != nil {
      var options = request.options
      options.kvBuffer = nil
      onChip = try AttentionGraph(options, precision: precision).graph
    }
    if request.sizesDepths {
      let depths = try onChip.fullThroughputDepths()
      (graph, onChip) = (graph.withDepths(depths), onChip.withDepths(depths))
    }
    var result = try graph.run(
      FabricRunOptions(stepping: request.stepping, carriesValues: problem != nil),
      memory: try request.memory?.make())
    if let deadlock = result.deadlock {
      result.deadlock?.remedies = try onChip.remedies(for: deadlock)
    }
    onChipCycles = request.memory == nil ? nil : try onChip.run().cycles
    self.graph = graph
    self.result = result
    intermediateBytes = attention.intermediateBytes(peaks: result.peaks)
    streamedBytes = attention.streamedBytes
    if let problem, result.deadlock == nil {
      let rounded = problem.rounded(to: precision.storage)
      error = ErrorMetrics(
        actual: attention.output,
        reference: Self.reference(
          request.options.variant, rounded, decay: request.options.decay))
    } else {
      error = nil
    }
  }

  /// The graph as it ran, with K and V on the chip.
  public func onChipGraph() throws -> DataflowGraph {
    guard request.memory != nil else { return graph }
    var options = request.options
    options.kvBuffer = nil
    let onChip = try AttentionGraph(options, precision: request.precision ?? .f32).graph
    return onChip.withDepths(graph.fifos.map(\.depth))
  }

  /// What a variant should compute, in f64.
  static func reference(
    _ variant: AttentionVariant, _ problem: AttentionProblem, decay: Double = 1
  ) -> [Double] {
    switch variant {
    case .sigmoid: AttentionKernel.sigmoid.run(problem, precision: .f64).output
    case .relu: AttentionKernel.relu.run(problem, precision: .f64).output
    case .linear: linearReference(problem, decay: decay)
    default: ReferenceAttention.output(problem)
    }
  }

  /// The recurrence, head by head.
  private static func linearReference(_ problem: AttentionProblem, decay: Double) -> [Double] {
    let shape = problem.shape
    let size = shape.keys * shape.dimension
    let method = LinearAttention(
      tokens: shape.keys, dimension: shape.dimension, decay: decay)
    return (0..<shape.heads).flatMap { head in
      let kv = shape.kvHead(of: head)
      return method.recurrence(
        q: Array(problem.q[(head * size)..<((head + 1) * size)]),
        k: Array(problem.k[(kv * size)..<((kv + 1) * size)]),
        v: Array(problem.v[(kv * size)..<((kv + 1) * size)]), precision: .f64)
    }
  }

  /// The result with the keys of the command's documentation.
  public var json: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.fabric/1")
      json.field("variant", request.options.variant.rawValue)
      json.field("cycles", result.cycles)
      if let deadlock = result.deadlock {
        json.field("deadlock") { write(deadlock, into: &$0) }
      } else {
        json.field("deadlock") { $0.null() }
      }
      json.field("fifos") { json in
        json.array { json in
          for (fifo, peak) in zip(graph.fifos, result.peaks) {
            json.compact { json in
              json.object { json in
                json.field("name", fifo.name)
                write(fifo.depth, into: &json)
                json.field("peak", peak)
              }
            }
          }
        }
      }
      json.field("intermediate_bytes", intermediateBytes)
      json.field("streamed_bytes", streamedBytes)
      json.field("fifo_operations", result.fifoOperations)
      if let memory = result.memory { write(memory, into: &json) }
      json.field("epochs", result.epochs)
      json.field("stepped_epochs", result.steppedEpochs)
      if let error {
        json.field("error") { json in
          json.object { json in
            json.finite("max_abs", error.maximumAbsolute)
            json.finite("relative_l2", error.relativeL2)
            json.finite("cosine", error.cosine)
            json.field("non_finite", error.nonFiniteCount)
          }
        }
      } else {
        json.field("error") { $0.null() }
      }
    }
    return json.utf8
  }

  private func write(_ depth: FIFODepth, into json: inout JSONWriter) {
    if let slots = depth.slots {
      json.field("depth", slots)
    } else {
      json.field("depth", "unbounded")
    }
  }

  private func write(_ deadlock: DeadlockReport, into json: inout JSONWriter) {
    func list(_ names: [String], into json: inout JSONWriter) {
      json.array { json in for name in names { json.value(name) } }
    }
    json.object { json in
      json.field("cycle", deadlock.cycle)
      json.field("blocked") { json in
        json.array { json in
          for node in deadlock.blocked {
            json.object { json in
              json.field("node", node.node)
              json.field("local_time", node.localTime)
              json.field("firing", node.firing)
              json.field("empty_inputs") { list(node.emptyInputs, into: &$0) }
              json.field("full_outputs") { list(node.fullOutputs, into: &$0) }
            }
          }
        }
      }
      json.field("full_fifos") { json in
        json.array { json in
          for fill in deadlock.fullFIFOs {
            json.object { json in
              json.field("fifo", fill.fifo)
              json.field("fill", fill.fill)
              write(fill.depth, into: &json)
            }
          }
        }
      }
      json.field("empty_fifos") { list(deadlock.emptyFIFOs, into: &$0) }
      json.field("wait_cycle") { list(deadlock.waitCycle, into: &$0) }
      json.field("smallest_depths") { json in
        json.array { json in
          for remedy in deadlock.remedies {
            json.object { json in
              json.field("fifo", remedy.fifo)
              json.field("depth", remedy.depth)
            }
          }
        }
      }
    }
  }

  /// The result for people.
  public var text: String {
    let shape = request.options.shape
    let stepped =
      result.period == nil
      ? "\(result.steppedEpochs) of \(result.epochs) epochs, all stepped"
      : "\(result.steppedEpochs) of \(result.epochs) epochs stepped, then periodic"
    var text = "\(request.options.variant.rawValue) attention, \(shape.heads) head(s), "
    text += "\(shape.rows) rows, \(shape.keys) keys, dimension \(shape.dimension)\n"
    text += "cycles              \(result.cycles) (\(stepped))\n"
    text += "intermediate bytes  \(intermediateBytes)\n"
    text += "streamed bytes      \(streamedBytes)\n"
    text += "FIFO operations     \(result.fifoOperations)\n"
    if let error {
      text += "max abs error       \(error.maximumAbsolute)\n"
      text += "relative L2 error   \(error.relativeL2.map { "\($0)" } ?? "undefined")\n"
      if error.nonFiniteCount > 0 { text += "not finite          \(error.nonFiniteCount)\n" }
    }
    text += memoryText
    for (fifo, peak) in zip(graph.fifos, result.peaks) {
      text += "  fifo \(fifo.name): depth \(fifo.depth), peak \(peak)\n"
    }
    if let deadlock = result.deadlock {
      text += "deadlock at cycle \(deadlock.cycle): "
      text += deadlock.waitCycle.joined(separator: " waits for ") + "\n"
      for fill in deadlock.fullFIFOs { text += "  full: \(fill.fifo), depth \(fill.depth)\n" }
      for remedy in deadlock.remedies {
        text += "  smallest depth of \(remedy.fifo) that frees it: \(remedy.depth)\n"
      }
    }
    return text
  }
}

extension JSONWriter {
  /// A number, or null where it is undefined or not finite.
  mutating func finite(_ key: String, _ value: Double?) {
    if let value, value.isFinite { field(key, value) } else { field(key) { $0.null() } }
  }
}
