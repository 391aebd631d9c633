public import Experiments
public import ResultsStore

/// The points of a sweep before they run: what `--dry-run` prints.
public struct SweepListing {
  private let plan: SweepPlan
  private let known: [RunIdentity: Bool]

  public init(_ plan: SweepPlan, known: [RunIdentity: Bool]) {
    self.plan = plan
    self.known = known
  }

  private func status(_ point: SweepPoint) -> String {
    known[point.identity].map { $0 ? "done" : "failed" } ?? "missing"
  }

  private var missing: Int { plan.points.count { known[$0.identity] == nil } }

  /// One line a point, and the counts.
  public var text: String {
    var table = TextTable([.right, .left, .left, .left, .left])
    for point in plan.points {
      table.add([
        String(point.number), String(point.identity.short), status(point), point.label,
        point.trace.label,
      ])
    }
    return table.lines(indent: 0).joined(separator: "\n")
      + "\n\n\(plan.specification.name): \(plan.points.count) points, \(missing) to run\n"
  }

  /// `{"schema":"orrery.sweep_plan/1","points":[...]}`.
  public var json: String {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.sweep_plan/1")
      json.field("sweep", plan.specification.name)
      json.field("plan", plan.id)
      json.field("missing", missing)
      json.records("points", plan.points) { json, point in
        json.field("point", point.number)
        json.field("run", point.identity.digest)
        json.field("status", status(point))
        json.field("trace", point.trace.label)
        json.field("axes") { json in
          json.object { json in
            for value in point.coordinates { json.field(value.axis, value.text) }
          }
        }
      }
    }
    return json.text
  }
}

/// What a sweep came to: what `orrery sweep` prints at its end.
public struct SweepOutcome {
  public let sweep: SweepRecord
  public let runs: [RunIdentity: RunRecord]
  private let store: String
  private let ran: Int?
  private let front: [Int]
  private let discarded: [BoundedSearch.Discarded]

  /// - Parameters:
  ///   - ran: how many runs this call did, when it counted them.
  ///   - front: the Pareto front of a search; that of all points when nil.
  public init(
    sweep: SweepRecord, runs: [RunIdentity: RunRecord], store: String, ran: Int?,
    front: [Int]?, discarded: [BoundedSearch.Discarded]
  ) {
    self.sweep = sweep
    self.runs = runs
    self.store = store
    self.ran = ran
    self.discarded = discarded
    self.front = front ?? SweepOutcome.front(sweep, runs)
  }

  /// Points whose run is done.
  public var done: Int { sweep.points.count { runs[$0.run]?.isDone == true } }
  /// Points whose run failed.
  public var failed: Int { sweep.points.count { runs[$0.run]?.isDone == false } }

  /// The Pareto front of the points that have all objectives, by number.
  static func front(_ sweep: SweepRecord, _ runs: [RunIdentity: RunRecord]) -> [Int] {
    guard !sweep.objectives.isEmpty else { return [] }
    var numbers: [Int] = []
    var vectors: [[Double]] = []
    for point in sweep.points {
      let vector = sweep.objectives.compactMap { runs[point.run]?.metric($0.metric) }
      guard vector.count == sweep.objectives.count else { continue }
      numbers.append(point.number)
      vectors.append(vector)
    }
    return ParetoFront.indices(vectors, sweep.objectives).map { numbers[$0] }
  }

  /// Counts, errors and the best points.
  public var text: String {
    var lines = [sweep.title == sweep.name ? sweep.name : "\(sweep.name): \(sweep.title)", ""]
    var counts = "\(sweep.points.count) points: \(done) done, \(failed) failed"
    let open = sweep.points.count - done - failed
    if !discarded.isEmpty { counts += ", \(discarded.count) discarded on proven bounds" }
    if open > discarded.count { counts += ", \(open - discarded.count) missing" }
    if let ran { counts += "; \(ran) run now" }
    lines += [counts, "results in \(store)"]
    let failures = sweep.points.filter { runs[$0.run]?.isDone == false }
    if !failures.isEmpty {
      lines += ["", "Failed"]
      for point in failures.prefix(5) {
        guard case .failed(let error)? = runs[point.run]?.outcome else { continue }
        lines.append("  \(point.number) \(label(point)): \(error)")
      }
      if failures.count > 5 { lines.append("  ... and \(failures.count - 5) more") }
    }
    for metric in missingObjectives {
      lines += ["", "No run has the objective '\(metric)': its system does not model it"]
    }
    if !front.isEmpty {
      lines += ["", sweep.objectives.count > 1 ? "Pareto front" : "Best"]
      var table = TextTable(
        [.right] + sweep.axes.map { _ in .left } + sweep.objectives.map { _ in .right })
      let quantities = sweep.objectives.map { MetricQuantity($0.metric) }
      table.add(["point"] + sweep.axes + quantities.map(\.heading))
      for number in front.prefix(20) {
        let point = sweep.points[number]
        table.add(
          [String(number)] + point.coordinates.map(\.text)
            + quantities.map { quantity in
              runs[point.run]?.metric(quantity.metric).map {
                NumberText.significant($0 * quantity.scale)
              } ?? ""
            })
      }
      lines += table.lines()
      if front.count > 20 { lines.append("  ... and \(front.count - 20) more") }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Objectives that no run that is done has a value of.
  private var missingObjectives: [String] {
    guard done > 0 else { return [] }
    return sweep.objectives.map(\.metric).filter { metric in
      !sweep.points.contains { runs[$0.run]?.metric(metric) != nil }
    }
  }

  private func label(_ point: PointRecord) -> String {
    point.coordinates.map { "\($0.axis)=\($0.text)" }.joined(separator: " ")
  }

  /// `{"schema":"orrery.sweep/1",...}` with counts, failures and the front.
  public var json: String {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.sweep/1")
      json.field("sweep", sweep.name)
      json.field("plan", sweep.id)
      json.field("store", store)
      json.field("points", sweep.points.count)
      json.field("done", done)
      json.field("failed", failed)
      if let ran { json.field("run_now", ran) }
      json.records("discarded", discarded) { json, item in
        json.field("point", item.number)
        json.field("dominator", item.dominator)
      }
      json.field("errors") { json in
        json.array { json in
          for point in sweep.points {
            guard case .failed(let error)? = runs[point.run]?.outcome else { continue }
            json.compact { json in
              json.object { json in
                json.field("point", point.number)
                json.field("error", error)
              }
            }
          }
        }
      }
      json.field("front") { json in
        json.array { json in
          for number in front { write(sweep.points[number], to: &json) }
        }
      }
    }
    return json.text
  }

  private func write(_ point: PointRecord, to json: inout JSONWriter) {
    json.compact { json in
      json.object { json in
        json.field("point", point.number)
        json.field("run", point.run.digest)
        json.field("axes") { json in
          json.object { json in
            for value in point.coordinates { json.field(value.axis, value.text) }
          }
        }
        json.field("objectives") { json in
          json.object { json in
            for objective in sweep.objectives {
              if let value = runs[point.run]?.metric(objective.metric) {
                json.field(objective.metric, value)
              }
            }
          }
        }
      }
    }
  }
}
