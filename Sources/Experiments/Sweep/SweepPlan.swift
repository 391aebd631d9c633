public import Configuration
internal import Foundation
public import ResultsStore
internal import Synchronization
public import Systems

/// One point of a sweep, with everything that its run needs.
public struct SweepPoint: Sendable {
  /// The place in the sweep, from 0.
  public let number: Int
  /// The values of the axes.
  public let coordinates: [Coordinate]
  /// The resolved configuration of the system.
  public let configuration: ConfigurationNode
  /// The trace.
  public let trace: TraceRequest
  /// The digest of the trace's content.
  public let traceDigest: String
  /// How closely hardware is modelled.
  public let fidelity: Fidelity
  /// Whether a model that does not fit the memory is run all the same.
  public let allowsOversubscription: Bool
  /// The identity of the run.
  public let identity: RunIdentity

  /// The name of the system.
  public var system: String { configuration["name"]?.text ?? "" }

  /// The point in a few words, for messages.
  public var label: String {
    coordinates.map { "\($0.axis)=\($0.text)" }.joined(separator: " ")
  }

  /// The same point at analytic fidelity, for an estimate; it keeps the identity of the point and is never kept.
  var analytic: SweepPoint {
    SweepPoint(
      number: number, coordinates: coordinates, configuration: configuration, trace: trace,
      traceDigest: traceDigest, fidelity: .analytic,
      allowsOversubscription: allowsOversubscription, identity: identity)
  }
}

/// All points of a sweep, resolved and checked: nothing runs before every point makes sense.
public struct SweepPlan: Sendable {
  /// The sweep.
  public let specification: SweepSpecification
  /// The build that runs it.
  public let build: BuildIdentity
  /// The points, in order.
  public let points: [SweepPoint]
  /// The digest of all identities: the same file, inputs and build give the same plan.
  public let id: String

  /// Expands a sweep.
  ///
  /// Many points share a configuration or a trace; each is resolved and checked once.
  ///
  /// - Parameters:
  ///   - executor: who runs the points; it checks traces and gives their digests.
  ///   - workers: how many configurations and traces are looked at side by side.
  /// - Throws: `ConfigurationError` and what the executor throws for a trace that cannot be had; of
  ///   several faults that of the first point.
  public init(
    _ specification: SweepSpecification, build: BuildIdentity, executor: some PointExecutor,
    workers: Int = 1
  ) throws {
    self.specification = specification
    self.build = build
    var drafts: [PointDraft] = []
    for values in try specification.combinations() {
      for repetition in 0..<specification.repetitions {
        do {
          drafts.append(try PointDraft(specification, values: values, repetition: repetition))
        } catch {
          throw specification.fault(
            error, point: drafts.count, at: values, place: specification.traceOrigin)
        }
      }
    }
    var bases: [String: Result<ConfigurationNode, any Error>] = [:]
    for draft in drafts where bases[draft.system] == nil {
      bases[draft.system] = Result { try PresetLibrary.load(draft.system, kind: .systems) }
    }
    let systems = SweepPlan.distinct(drafts, workers: workers, key: \.systemKey) { draft in
      try ResolvedSystem(draft, base: bases[draft.system]?.get(), executor: executor)
    }
    let digests = SweepPlan.distinct(drafts, workers: workers, key: \.trace) { draft in
      try executor.digest(of: draft.trace)
    }
    var points: [SweepPoint] = []
    points.reserveCapacity(drafts.count)
    for (number, draft) in drafts.enumerated() {
      let system: ResolvedSystem
      do { system = try systems.outcome(of: number) } catch {
        throw specification.fault(
          error, point: number, at: draft.values, place: specification.systemOrigin)
      }
      let digest: String
      do { digest = try digests.outcome(of: number) } catch {
        throw specification.fault(
          error, point: number, at: draft.values, place: specification.traceOrigin)
      }
      points.append(
        SweepPoint(
          number: number, coordinates: draft.coordinates, configuration: system.node,
          trace: draft.trace, traceDigest: digest, fidelity: draft.fidelity,
          allowsOversubscription: specification.allowsOversubscription,
          identity: RunIdentity(
            configuration: system.identity
              + "\nfidelity=\(draft.fidelity.rawValue)"
              + "\noversubscription=\(specification.allowsOversubscription)",
            trace: digest, build: build)))
    }
    self.points = points
    id = SHA256.hexDigest(
      of: "orrery.sweep/1\n\(specification.name)\n"
        + points.map(\.identity.digest).joined(separator: "\n"))
  }

  /// What each of several drafts came to, where equal ones share it.
  private struct Distinct<T> {
    var places: [Int] = []
    var outcomes: [Result<T, any Error>] = []

    func outcome(of number: Int) throws -> T { try outcomes[places[number]].get() }
  }

  /// Works on one draft of each key, side by side.
  private static func distinct<Key: Hashable, T: Sendable>(
    _ drafts: [PointDraft], workers: Int, key: (PointDraft) -> Key,
    _ work: (PointDraft) throws -> T
  ) -> Distinct<T> {
    var result = Distinct<T>()
    var places: [Key: Int] = [:]
    var firsts: [PointDraft] = []
    for draft in drafts {
      let key = key(draft)
      if let place = places[key] {
        result.places.append(place)
      } else {
        places[key] = firsts.count
        result.places.append(firsts.count)
        firsts.append(draft)
      }
    }
    let outcomes = Mutex<[Result<T, any Error>?]>(Array(repeating: nil, count: firsts.count))
    let next = Atomic(0)
    SideBySide.run(workers: min(workers, firsts.count)) {
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < firsts.count else { return }
        let outcome = Result { try work(firsts[index]) }
        outcomes.withLock { $0[index] = outcome }
      }
    }
    result.outcomes = outcomes.withLock { $0.compactMap { $0 } }
    return result
  }

  /// The sweep as the store keeps it.
  public var record: SweepRecord {
    SweepRecord(
      id: id, name: specification.name, title: specification.title,
      specification: specification.text, objectives: specification.objectives,
      points: points.map {
        PointRecord(number: $0.number, run: $0.identity, coordinates: $0.coordinates)
      })
  }
}

extension SweepSpecification {
  /// What is wrong with a point, with the place of the axis whose key or value it names, else of the key that it follows
  /// from.
  fileprivate func fault(
    _ error: any Error, point: Int, at values: [AxisValue], place: String
  ) -> ConfigurationError {
    // The values of axes reach keys as overrides of the command line do.
    let text = "\(error)".replacing("--set ", with: "")
    let axis = axes.first { axis in
      axis.targets.contains { target in
        let path = target.hasPrefix("system.") ? String(target.dropFirst(7)) : target
        return text.contains(path + ":") || text.contains(path + " ")
      }
    }
    let named =
      axis
      ?? zip(axes, values).first { _, value in
        if case .text = value { text.contains(value.label) } else { false }
      }?.0
    let place = named.map { "\($0.origin): axis '\($0.name)'" } ?? place
    let label = zip(axes, values).map { "\($0.name)=\($1.label)" }.joined(separator: " ")
    return ConfigurationError(
      "\(place): point \(point)\(label.isEmpty ? "" : " (\(label))"): \(text)")
  }
}

/// The configuration of a system, resolved and checked, with what its identity follows from.
private struct ResolvedSystem {
  let node: ConfigurationNode
  let identity: String

  init(
    _ draft: PointDraft, base: ConfigurationNode?, executor: some PointExecutor
  ) throws {
    var node = base ?? ConfigurationNode(value: .mapping([]), origin: draft.system)
    for text in draft.overrides { try node.apply(override: text) }
    try executor.check(node, fidelity: draft.fidelity)
    self.node = node
    identity = node.canonicalText + (try node.fileDigests)
  }
}

/// A point before its files are read.
private struct PointDraft {
  var system: String
  var overrides: [String]
  var trace: TraceRequest
  var fidelity: Fidelity
  var coordinates: [Coordinate] = []
  let values: [AxisValue]

  /// What the resolved configuration follows from.
  var systemKey: [String] { [system, fidelity.rawValue] + overrides }

  init(
    _ specification: SweepSpecification, values: [AxisValue], repetition: Int
  ) throws(ConfigurationError) {
    self.values = values
    var system = specification.system
    var overrides = specification.systemOverrides
    var traceNode = specification.trace
    var fidelityText = specification.fidelity
    for (axis, value) in zip(specification.axes, values) {
      coordinates.append(value.coordinate(on: axis.name))
      for target in axis.targets {
        switch target {
        case "system": system = value.label
        case "fidelity": fidelityText = value.label
        case _ where target.hasPrefix("system."):
          overrides.append("\(target.dropFirst("system.".count))=\(value.yaml)")
        default: try traceNode.apply(override: "\(target)=\(value.yaml)")
        }
      }
    }
    if specification.repetitions > 1 {
      let seed = specification.seed + UInt64(repetition)
      guard case .mapping = traceNode["trace"]?.value else {
        throw ConfigurationError(
          "repetitions: a trace file gives the same result each time; "
            + "repetitions need a trace that is emitted with a seed")
      }
      try traceNode.apply(override: "trace.seed=\(seed)")
      coordinates.append(
        Coordinate(axis: "repetition", text: String(repetition), number: Double(repetition)))
    }
    self.system =
      PresetLibrary.isFile(system) ? resolvePath(system, in: specification.folder) : system
    self.overrides = overrides
    guard let fidelity = Fidelity(rawValue: fidelityText) else {
      throw ConfigurationError("fidelity: \(SweepSpecification.unknownFidelity(fidelityText))")
    }
    self.fidelity = fidelity
    trace = try TraceRequest(
      traceNode["trace"] ?? traceNode, folder: specification.folder)
  }
}

extension ConfigurationNode {
  /// Key paths and values, sorted: equal for configurations that say the same.
  var canonicalText: String {
    leaves.map { "\($0.path)=\($0.text.utf8.count):\($0.text)" }.sorted().joined(separator: "\n")
  }

  /// The digests of files that values name, such as memory standards: their content counts too.
  fileprivate var fileDigests: String {
    get throws(StoreError) {
      var text = ""
      for leaf in leaves
      where (leaf.text.hasSuffix(".yaml") || leaf.text.hasSuffix(".yml")) && isReadable(leaf.text) {
        text += "\n\(leaf.path)=\(try BuildIdentity.digest(ofFile: leaf.text))"
      }
      return text
    }
  }

  /// A JSON object of key paths and values, in the order of the file.
  var leavesJSON: String {
    var json = JSONWriter(isPretty: false)
    json.object { json in
      for leaf in leaves { json.field(leaf.path, leaf.text) }
    }
    return json.text
  }
}

private func isReadable(_ path: String) -> Bool {
  FileManager.default.isReadableFile(atPath: path)
}
