/// How our figure stands to a published one.
public enum ClaimVerdict: String, Hashable, Sendable {
  /// Within the tolerance, or the same order.
  case agrees
  /// Outside; `DEVIATIONS.md` says why.
  case differs
  /// The points that were asked for do not have it.
  case notRun = "not_run"
  /// There is no model behind it here.
  case notModelled = "not_modelled"
}

extension ClaimVerdict {
  /// In words.
  var text: String { rawValue.map { $0 == "_" ? " " : String($0) }.joined() }
}

/// A published figure beside ours.
public struct PublishedClaim: Hashable, Sendable {
  /// The number of the claim among those of its paper.
  public var id: String
  /// What is claimed.
  public var statement: String
  /// The published figure.
  public var published: String
  /// Our figure.
  public var ours: String
  /// The figures as numbers, where the claim has one.
  public var values: (published: Double, ours: Double)? {
    publishedValue.flatMap { published in oursValue.map { (published, $0) } }
  }
  public var publishedValue: Double?
  public var oursValue: Double?
  public var verdict: ClaimVerdict
  /// What we took for what the paper leaves open.
  public var assumption: String

  /// A claim with one number, which agrees within a fraction of the published one.
  init(
    _ id: String, _ statement: String, published: Double, ours: Double, unit: String,
    within fraction: Double = 0.1, assumption: String
  ) {
    self.init(
      id, statement, published: text(published) + unit, ours: text(ours) + unit,
      agrees: abs(ours - published) <= fraction * abs(published), assumption: assumption)
    publishedValue = published
    oursValue = ours
  }

  /// A claim of an order or a direction.
  init(
    _ id: String, _ statement: String, published: String, ours: String, agrees: Bool,
    assumption: String
  ) {
    self.id = id
    self.statement = statement
    self.published = published
    self.ours = ours
    publishedValue = nil
    oursValue = nil
    verdict = agrees ? .agrees : .differs
    self.assumption = assumption
  }
}

extension PublishedClaim {
  /// A claim that we have no figure for, and why.
  init(
    _ id: String, _ statement: String, published: String, without verdict: ClaimVerdict,
    reason: String
  ) {
    self.init(
      id, statement, published: published, ours: "none", agrees: false, assumption: reason)
    self.verdict = verdict
  }
}

/// One measured point behind the claims.
public struct ReproductionPoint: Sendable {
  /// What was measured: system, model and the like.
  public var labels: [(name: String, value: String)]
  /// Figures by their JSON keys.
  public var values: [(name: String, value: Double)]
}

/// Lines of a report beside the claims.
public struct ReproductionSection: Sendable {
  public var title: String
  public var lines: [String]
}

/// A number with two decimals.
func text(_ value: Double) -> String {
  let hundredths = Int((abs(value) * 100).rounded())
  let sign = value < 0 && hundredths > 0 ? "-" : ""
  let fraction = hundredths % 100
  return "\(sign)\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
}

/// The claims of a paper beside ours.
public struct Reproduction: Sendable {
  /// The version of the JSON form.
  public static let schema = "orrery.reproduction/1"

  /// The paper.
  public var paper: String
  /// The configurations and the samples.
  public var setup: [String]
  public var claims: [PublishedClaim]
  /// What the claims were reckoned from, where a paper's points are kept.
  public var points: [ReproductionPoint] = []
  /// What the text form shows after the claims.
  public var sections: [ReproductionSection] = []

  init(paper: String, setup: [String], claims: [PublishedClaim]) {
    self.paper = paper
    self.setup = setup
    self.claims = claims
  }

  /// As JSON, schema `orrery.reproduction/1`.
  public var json: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", Reproduction.schema)
      json.field("paper", paper)
      json.field("setup") { json in json.array { json in for line in setup { json.value(line) } } }
      json.field("claims") { json in
        json.array { json in
          for claim in claims {
            json.object { json in
              json.field("id", claim.id)
              json.field("claim", claim.statement)
              json.field("published", claim.published)
              json.field("ours", claim.ours)
              if let value = claim.publishedValue { json.field("published_value", value) }
              if let value = claim.oursValue { json.field("our_value", value) }
              json.field("verdict", claim.verdict.rawValue)
              json.field("assumption", claim.assumption)
            }
          }
        }
      }
      if !points.isEmpty { writePoints(to: &json) }
    }
    return json.utf8
  }

  private func writePoints(to json: inout JSONWriter) {
    json.records("points", points) { json, point in
      for label in point.labels { json.field(label.name, label.value) }
      for value in point.values { json.field(value.name, value.value) }
    }
  }

  /// As text, a block a claim.
  public var text: String {
    var lines = [paper]
    lines += setup.map { "  " + $0 }
    for claim in claims {
      lines.append("")
      lines.append("\(claim.id)  \(claim.statement)")
      lines.append(
        "    published \(claim.published), ours \(claim.ours): \(claim.verdict.text)")
      lines.append("    assumed: \(claim.assumption)")
    }
    let agreeing = claims.count { $0.verdict == .agrees }
    let judged = claims.count { $0.verdict == .agrees || $0.verdict == .differs }
    lines.append("")
    lines.append(
      "\(agreeing) of \(judged) claims with a figure of ours agree; DEVIATIONS.md explains the others"
    )
    for section in sections {
      lines += ["", section.title]
      lines += section.lines.map { "  " + $0 }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
