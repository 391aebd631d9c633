public import Serving
internal import SimulationCore
public import Systems
public import Units
internal import Workload

/// The outcome of `orrery serve`.
public struct ServiceResult: Sendable {
  /// The version of the JSON form.
  public static let schema = "orrery.service/1"

  /// The name of the system.
  public var system: String
  /// The name of the model.
  public var model: String
  /// How closely hardware is modelled.
  public var fidelity: String
  /// Requests and batching.
  public var spec: ServingSpec
  /// What all memories hold.
  public var capacity: ByteCount
  /// What the model takes on the fullest device, times the devices; nil when no stage ran.
  public var footprint: Footprint?
  /// What happened.
  public var run: ServiceRun

  /// Energy of a generated token in picojoules; nil when none is known.
  public var picojoulesPerToken: Double? {
    guard let energy = run.energy, run.tokens > 0 else { return nil }
    return energy.picojoules / Double(run.tokens)
  }

  /// The result as JSON, schema `orrery.service/1`; `docs/serving.md` documents each key.
  public var json: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", ServiceResult.schema)
      json.field("system", system)
      json.field("model", model)
      json.field("fidelity", fidelity)
      json.field("seed", Int(truncatingIfNeeded: spec.seed ?? 0))
      json.field("time_ps", run.time.picoseconds)
      writeCounts(to: &json)
      writeLatencies(to: &json)
      json.field("causes") { json in
        json.object { json in
          for (cause, duration) in run.causes.charges {
            json.field(cause.name, duration.picoseconds)
          }
        }
      }
      json.field("memory") { json in
        json.object { json in
          json.field("capacity_bytes", capacity.count)
          if let footprint { json.field("footprint_bytes", footprint.total.count) }
        }
      }
      if let energy = run.energy {
        json.field("energy") { json in
          json.object { json in
            json.field("picojoules", energy.picojoules)
            if let picojoulesPerToken { json.field("picojoules_per_token", picojoulesPerToken) }
          }
        }
      }
      json.field("stages") { json in
        json.array { json in for stage in run.stages { write(stage, to: &json) } }
      }
      json.field("requests") { json in
        json.array { json in for request in run.requests { write(request, to: &json) } }
      }
    }
    return json.utf8
  }

  private func writeCounts(to json: inout JSONWriter) {
    json.field("stage_count", run.stages.count)
    json.field("tokens", run.tokens)
    json.field("prompt_tokens", run.promptTokens)
    json.field("finished_requests", run.finished)
    json.field("waiting_requests", run.waiting)
    if let rate = run.tokensPerSecond { json.field("tokens_per_second", rate) }
    if let rate = run.requestsPerSecond { json.field("requests_per_second", rate) }
  }

  private func writeLatencies(to json: inout JSONWriter) {
    let summaries = [
      ("time_between_tokens", LatencySummary(run.timeBetweenTokens)),
      ("time_to_first_token", LatencySummary(run.timesToFirstToken)),
      ("end_to_end", LatencySummary(run.endToEndTimes)),
    ]
    json.field("latency_ps") { json in
      json.object { json in
        for (name, summary) in summaries {
          guard let summary else { continue }
          json.field(name) { json in
            json.object { json in
              json.field("count", summary.count)
              json.field("mean", summary.mean)
              json.field("p50", summary.p50.picoseconds)
              json.field("p90", summary.p90.picoseconds)
              json.field("p99", summary.p99.picoseconds)
              json.field("max", summary.greatest.picoseconds)
            }
          }
        }
      }
    }
  }

  private func write(_ stage: Serving.StageRecord, to json: inout JSONWriter) {
    json.compact { json in
      json.object { json in
        json.field("stage", stage.stage)
        json.field("phase", stage.phase.rawValue)
        json.field("start_ps", stage.start.picoseconds)
        json.field("end_ps", stage.end.picoseconds)
        json.field("requests", stage.requests)
        json.field("prompts", stage.prompts)
        json.field("prompt_tokens", stage.promptTokens)
        json.field("tokens", stage.tokens)
        json.field("kv_tokens", stage.kvTokens)
        if stage.end > stage.start {
          json.field("tokens_per_second", Double(stage.tokens) / (stage.end - stage.start).seconds)
        }
      }
    }
  }

  private func write(_ request: RequestRecord, to json: inout JSONWriter) {
    json.compact { json in
      json.object { json in
        json.field("request", request.id)
        json.field("prompt", request.prompt)
        json.field("output", request.output)
        json.field("generated", request.generated)
        json.field("arrival_ps", request.arrival.picoseconds)
        json.field("admitted_ps", request.admitted.picoseconds)
        if let time = request.timeToFirstToken {
          json.field("time_to_first_token_ps", time.picoseconds)
        }
        if let time = request.endToEnd {
          json.field("end_to_end_ps", time.picoseconds)
          if request.output > 1, let first = request.timeToFirstToken {
            json.field(
              "mean_time_between_tokens_ps",
              Double((time - first).picoseconds) / Double(request.output - 1))
          }
          json.field("tokens_per_second", Double(request.output) / time.seconds)
        }
      }
    }
  }
}
