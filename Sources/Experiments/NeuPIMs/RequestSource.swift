public import ReferenceTransformer
public import Workload

/// Where the lengths of a batch come from, when they are not given one by one.
public enum RequestSource: Hashable, Sendable {
  /// A list with a request a line; its channels are not part of a trace, systems place requests by rules of their own.
  case file(String)
  /// Draws from a data set by the seed of the trace.
  case dataset(RequestDataset)
}

extension TraceEmission {
  /// Takes the lengths of the batch from a source.
  ///
  /// In a decode trace they are the tokens cached before the first step: of a list as they are, of a data set those of
  /// requests in the middle of being served. Otherwise they are the tokens of prompts.
  ///
  /// - Parameter requested: the batch that was asked for; nil takes the whole list, or one request of a data set.
  /// - Returns: the list, for what it says beside lengths.
  /// - Throws: `RequestListError` with file and line.
  @discardableResult
  public mutating func take(_ source: RequestSource, batch requested: Int?) throws -> RequestList {
    let isDecode = steps == .decode
    let list: RequestList
    switch source {
    case .file(let path):
      list = try RequestList(file: path)
      if let requested, requested != list.entries.count {
        throw RequestListError(
          description:
            "\(path): \(list.entries.count) requests for a batch of \(requested); leave the batch out"
        )
      }
    case .dataset(let dataset):
      let count = requested ?? 1
      guard (1...1 << 20).contains(count) else {
        throw RequestListError(description: "a batch of \(count); it must lie between 1 and 2^20")
      }
      var sampler = RequestSampler(dataset, seed: seed)
      // Tokens that are generated need room too.
      let room = max(RequestSampler.longest - (steps == .prefill ? 0 : generate), 1)
      list = RequestList(
        entries: (0..<count).map { _ in
          let tokens = isDecode ? sampler.nextContext() : sampler.nextPrompt()
          return RequestList.Entry(tokens: min(tokens, room))
        })
    }
    batch = list.entries.count
    if isDecode { contexts = list.lengths } else { prompts = list.lengths }
    cutsContexts = true
    return list
  }
}

extension RequestList {
  /// The tokens of each request, for the emitter of traces.
  public var lengths: [Int] { entries.map(\.tokens) }

  /// Requests, their mean and their median, in one line.
  public var summary: String {
    let sorted = lengths.sorted()
    guard !sorted.isEmpty else { return "no requests" }
    let mean = Double(sorted.reduce(0, +)) / Double(sorted.count)
    return
      "\(sorted.count) requests, mean \(text(mean)) and median \(sorted[sorted.count / 2]) tokens"
  }

  /// The list as CSV.
  public var csv: String {
    let hasChannels = entries.contains { $0.channel != nil }
    var text = hasChannels ? "seq_len,ch_idx\n" : "seq_len\n"
    for entry in entries {
      text += "\(entry.tokens)" + (hasChannels ? ",\(entry.channel ?? 0)\n" : "\n")
    }
    return text
  }
}
