public import SimulationCore
public import Units
public import Workload

/// One iteration over a batch, as a scheduler hands it out.
public struct Iteration: Hashable, Sendable {
  /// The number of the stage, from 0.
  public var stage: Int
  /// What the stage does.
  public var phase: Phase
  /// The requests with their new and cached tokens, by slot.
  public var runs: [RequestRun]

  public init(stage: Int, phase: Phase, runs: [RequestRun]) {
    self.stage = stage
    self.phase = phase
    self.runs = runs
  }
}

/// What an iteration took.
public struct IterationOutcome: Hashable, Sendable {
  /// From start to the last token.
  public var duration: Duration
  /// What the time was spent on; sums to the duration.
  public var causes: CauseLedger
  /// The energy with the first set of coefficients; nil when none is known.
  public var energy: Energy?

  public init(duration: Duration, causes: CauseLedger, energy: Energy? = nil) {
    self.duration = duration
    self.causes = causes
    self.energy = energy
  }
}

/// Whoever can execute an iteration: a system with a source of operator graphs.
public protocol IterationExecutor {
  /// Executes one iteration.
  ///
  /// - Throws: what emitting the operators or running them throws.
  mutating func execute(_ iteration: Iteration) throws -> IterationOutcome
}

/// An executor that asks a closure for each batch's graph and another one to run it.
public struct GraphExecutor: IterationExecutor {
  private let graph: (Iteration) throws -> [Operator]
  private let run: ([Operator]) throws -> IterationOutcome

  /// - Parameters:
  ///   - graph: the operators of an iteration.
  ///   - run: what they take.
  public init(
    graph: @escaping (Iteration) throws -> [Operator],
    run: @escaping ([Operator]) throws -> IterationOutcome
  ) {
    self.graph = graph
    self.run = run
  }

  public func execute(_ iteration: Iteration) throws -> IterationOutcome {
    try run(graph(iteration))
  }
}
