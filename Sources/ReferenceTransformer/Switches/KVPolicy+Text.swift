internal import Units

extension KVPolicy {
  private static let names = [
    "full", "window", "budgets", "pyramid", "retrieval", "persistent", "blocks", "recycled",
  ]

  /// Reads `window:1024,sinks=4` and the like.
  ///
  /// - Throws: `SwitchError`.
  public init(_ text: String) throws(SwitchError) {
    let key = "kv_policy"
    let colon = text.firstIndex(of: ":")
    let name = String(text[..<(colon ?? text.endIndex)])
    let body = colon.map { text[text.index(after: $0)...] } ?? ""
    guard Self.names.contains(name) else {
      let near = nearestName(to: name, among: Self.names).map { "did you mean '\($0)'?" }
      throw SwitchError(key, text, near ?? "known: \(Self.names.joined(separator: ", "))")
    }
    var arguments = try SwitchArguments(key: key, text: text, body)
    isPrefillDense = false
    if ["persistent", "blocks", "recycled"].contains(name), let prefill = arguments.take("prefill")
    {
      guard prefill == "dense" || prefill == "sparse" else {
        throw arguments.fail("prefill is dense or sparse")
      }
      isPrefillDense = prefill == "dense"
    }
    let first = arguments.first
    let usage: String
    switch name {
    case "full":
      guard first.isEmpty else { throw arguments.fail("full has no parameters") }
      kind = .full
      usage = "full has no parameters"
    case "window":
      usage = "write window:KEYS[,sinks=N]"
      kind = .window(
        last: try arguments.whole(first, "a number of keys"),
        sinks: try arguments.whole(named: "sinks") ?? 0)
    case "budgets":
      usage = "write budgets:KEYS+KEYS+...[,sinks=N], one a layer"
      kind = .budgets(
        try arguments.wholes(first, "a number of keys"),
        sinks: try arguments.whole(named: "sinks") ?? 0)
    case "pyramid":
      usage = "write pyramid:MEAN[,beta=N][,sinks=N]"
      let mean = try arguments.whole(first, "a mean number of keys")
      var beta = 20.0
      if let text = arguments.take("beta") { beta = try arguments.number(text, "beta") }
      kind = .pyramid(mean: mean, beta: beta, sinks: try arguments.whole(named: "sinks") ?? 0)
    case "retrieval":
      usage = "write retrieval:SHARE,window=KEYS[,sinks=N] or retrieval:LAYER/HEAD+...,window=KEYS"
      let heads = try RetrievalHeads(first, arguments)
      guard let window = try arguments.whole(named: "window") else {
        throw arguments.fail("the window of the other heads is missing; \(usage)")
      }
      kind = .retrieval(heads, window: window, sinks: try arguments.whole(named: "sinks") ?? 0)
    case "persistent":
      usage = "write persistent:KEYS[,select=LAYER+LAYER][,prefill=dense]"
      let keys = try arguments.whole(first, "a number of keys")
      var select: [Int]?
      if let text = arguments.take("select") { select = try arguments.wholes(text, "a layer") }
      kind = .persistent(keys: keys, select: select)
    case "blocks":
      usage = "write blocks:TOKENS,k=BLOCKS[,prefill=dense]"
      let size = try arguments.whole(first, "a block size")
      guard let keep = try arguments.whole(named: "k") else {
        throw arguments.fail("the number of blocks is missing; \(usage)")
      }
      kind = .blocks(size: size, keep: keep)
    default:
      usage = "write recycled:KEYS,period=STEPS[,prefill=dense]"
      let keys = try arguments.whole(first, "a number of keys")
      guard let period = try arguments.whole(named: "period") else {
        throw arguments.fail("the period is missing; \(usage)")
      }
      kind = .recycled(keys: keys, period: period)
    }
    try arguments.finish(usage)
  }

  /// The text that `init` reads.
  public var text: String {
    func sinks(_ count: Int) -> String { count == 0 ? "" : ",sinks=\(count)" }
    func joined(_ values: [Int]) -> String { values.map(String.init).joined(separator: "+") }
    let text =
      switch kind {
      case .full: "full"
      case .window(let last, let count): "window:\(last)\(sinks(count))"
      case .budgets(let budgets, let count): "budgets:\(joined(budgets))\(sinks(count))"
      case .pyramid(let mean, let beta, let count):
        "pyramid:\(mean)" + (beta == 20 ? "" : ",beta=\(beta)") + sinks(count)
      case .retrieval(let heads, let window, let count):
        "retrieval:\(heads.text),window=\(window)\(sinks(count))"
      case .persistent(let keys, let select):
        "persistent:\(keys)" + (select.map { ",select=\(joined($0))" } ?? "")
      case .blocks(let size, let keep): "blocks:\(size),k=\(keep)"
      case .recycled(let keys, let period): "recycled:\(keys),period=\(period)"
      }
    return text + (isPrefillDense ? ",prefill=dense" : "")
  }
}

extension KVPolicy.RetrievalHeads {
  init(_ text: String, _ arguments: SwitchArguments) throws(SwitchError) {
    guard text.contains("/") else {
      self = .share(try arguments.number(text, "a share of the key-value heads"))
      return
    }
    var places: [KVPolicy.HeadPlace] = []
    for part in text.split(separator: "+", omittingEmptySubsequences: false) {
      let numbers = part.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
      guard numbers.count == 2, let layer = numbers[0], let head = numbers[1] else {
        throw arguments.fail("'\(part)' is no head; write LAYER/HEAD")
      }
      places.append(KVPolicy.HeadPlace(layer: layer, head: head))
    }
    self = .list(places)
  }

  var text: String {
    switch self {
    case .share(let share): "\(share)"
    case .list(let places): places.map { "\($0.layer)/\($0.head)" }.joined(separator: "+")
    }
  }
}
