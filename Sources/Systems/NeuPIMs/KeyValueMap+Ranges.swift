internal import DRAM

extension KeyValueMap {
  /// Keys of tokens `first..<end`, some elements of each token: those of one head, or of all.
  func keyRanges(_ entry: Entry, tokens: Range<Int>, elements: Range<Int>) -> [ChannelRange] {
    var ranges: [ChannelRange] = []
    let banks = layout.banks
    for group in (tokens.lowerBound / banks)..<((tokens.upperBound + banks - 1) / banks) {
      let first = max(tokens.lowerBound - group * banks, 0)
      let end = min(tokens.upperBound - group * banks, banks)
      for part in 0..<layout.keyParts {
        let low = max(elements.lowerBound - part * layout.rowElements, 0)
        let high = min(elements.upperBound - part * layout.rowElements, layout.rowElements)
        guard first < end, low < high else { continue }
        let column = low * elementBytes / burstBytes
        let run = (high * elementBytes + burstBytes - 1) / burstBytes - column
        let place = keyRow(entry, group: group, part: part)
        ranges.append(
          ChannelRange(
            channel: place.channel, first: burst(row: place.row, bank: first, column: column),
            count: run * (end - first), run: run, stride: columns))
      }
    }
    return ranges
  }

  /// Values of tokens `first..<end` of one head: in each bank of each row the bursts that hold them.
  func valueRanges(_ entry: Entry, tokens: Range<Int>, head: Int) -> [ChannelRange] {
    var ranges: [ChannelRange] = []
    guard !tokens.isEmpty else { return ranges }
    let length = layout.rowElements
    for part in (tokens.lowerBound / length)..<((tokens.upperBound + length - 1) / length) {
      let low = max(tokens.lowerBound - part * length, 0)
      let high = min(tokens.upperBound - part * length, length)
      let column = low * elementBytes / burstBytes
      let run = (high * elementBytes + burstBytes - 1) / burstBytes - column
      for dimension in 0..<dimensionRows {
        let banks = min(layout.banks, layout.headDimension - dimension * layout.banks)
        let place = valueRow(entry, part: part, head: head, dimension: dimension)
        ranges.append(
          ChannelRange(
            channel: place.channel, first: burst(row: place.row, column: column),
            count: run * banks, run: run, stride: columns))
      }
    }
    return ranges
  }

  /// Values of tokens `first..<end` in staging, `bytes` of each from byte `offset` on.
  func stagedRanges(
    _ entry: Entry, tokens: Range<Int>, offset: Int = 0, bytes: Int? = nil
  ) -> [ChannelRange] {
    guard let row = entry.staging, !tokens.isEmpty else { return [] }
    let whole = elements * elementBytes
    let perToken = (whole + burstBytes - 1) / burstBytes
    let column = offset / burstBytes
    let run = (offset + (bytes ?? whole) + burstBytes - 1) / burstBytes - column
    return [
      ChannelRange(
        channel: entry.channel,
        first: burst(row: row) + tokens.lowerBound % tokensPerBurst * perToken + column,
        count: run * tokens.count, run: run, stride: perToken)
    ]
  }

  /// What appending tokens reads and writes.
  struct Append {
    var keys: [ChannelRange] = []
    var values: [ChannelRange] = []
    /// Values that wait in staging, and those that are read back from it to fill bursts.
    var staged: [ChannelRange] = []
    var restored: [ChannelRange] = []
    /// Bytes of keys and staged values; those of values are whole bursts.
    var keyBytes = 0
    var stagedBytes = 0
    var restoredBytes = 0

    /// Bursts written into rows of values.
    var valueBursts: Int { values.reduce(0) { $0 + $1.count } }
  }

  /// Appends tokens `first..<end`: a key is a piece of each row, a value one element in each row and bank.
  ///
  /// Without staging each element is a masked burst of its own; with staging values are written when as many tokens
  /// as a burst has elements are there.
  func append(_ key: Key, tokens: Range<Int>) -> Append? {
    guard let entry = entries[key] else { return nil }
    var plan = Append()
    let bytes = elements * elementBytes
    plan.keys = keyRanges(entry, tokens: tokens, elements: 0..<elements)
    plan.keyBytes = tokens.count * bytes
    var written = tokens
    if isStaged {
      let low = tokens.lowerBound / tokensPerBurst * tokensPerBurst
      let high = tokens.upperBound / tokensPerBurst * tokensPerBurst
      written = low..<max(high, low)
      let waiting = max(high, tokens.lowerBound)..<tokens.upperBound
      plan.staged = stagedRanges(entry, tokens: waiting)
      plan.stagedBytes = waiting.count * bytes
      if high > low {
        plan.restored = stagedRanges(entry, tokens: low..<tokens.lowerBound)
        plan.restoredBytes = (tokens.lowerBound - low) * bytes
      }
    }
    for head in 0..<layout.heads {
      plan.values += valueRanges(entry, tokens: written, head: head)
    }
    return plan
  }
}
