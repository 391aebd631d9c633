internal import DRAM

/// Where the keys and values of every request and layer lie in the rows of the PIM units.
///
/// A unit of keys is the rows that one token in each bank takes (all heads); a unit of values is the rows of as many
/// tokens as a row holds, for all heads (with `spread`, for one head). Units of a request lie in its channel, with
/// `spread` in turn over the channels. The newest values wait in staging rows of the request's channel, one token after
/// the other, until they fill bursts. Rows are kept while the request lives; a slot's next request frees them.
final class KeyValueMap {
  /// Rows in one channel.
  struct Unit {
    var channel: Int
    var row: Int
  }

  /// A request in a layer.
  struct Key: Hashable {
    var layer: Int
    var request: Int
  }

  struct Entry {
    var channel: Int
    var keys: [Unit] = []
    var values: [Unit] = []
    var staging: Int?
  }

  let rows: DeviceRows
  let layout: AttentionLayout
  let elementBytes: Int
  let burstBytes: Int
  let columns: Int
  let mapping: KVMapping
  /// Whether values wait until they fill bursts.
  let isStaged: Bool
  private(set) var entries: [Key: Entry] = [:]
  private var operandRows: [[Int]]
  private var operandsUsed: [Int]

  init(
    rows: DeviceRows, layout: AttentionLayout, elementBytes: Int, memory: PIMMemory,
    mapping: KVMapping, isStaged: Bool
  ) {
    self.rows = rows
    self.layout = layout
    self.elementBytes = elementBytes
    burstBytes = memory.burstBytes
    columns = memory.burstsPerRow
    self.mapping = mapping
    self.isStaged = isStaged
    operandRows = [[Int]](repeating: [], count: memory.channelCount)
    operandsUsed = [Int](repeating: 0, count: memory.channelCount)
  }

  /// Elements of a token's keys, all heads of the device.
  var elements: Int { layout.heads * layout.headDimension }
  /// Tokens whose values of one dimension fill a burst.
  var tokensPerBurst: Int { max(burstBytes / elementBytes, 1) }
  var dimensionRows: Int { (layout.headDimension + layout.banks - 1) / layout.banks }
  /// Heads whose values share a unit.
  private var headsPerUnit: Int { mapping == .spread ? 1 : layout.heads }
  private var valueUnitRows: Int { headsPerUnit * dimensionRows }
  /// Bursts of the values of one token in staging.
  private var stagedBursts: Int { (elements * elementBytes + burstBytes - 1) / burstBytes }
  private var stagingRows: Int {
    let perRow = layout.banks * columns
    return (stagedBursts * tokensPerBurst + perRow - 1) / perRow
  }

  /// Tokens whose values the units multiply: those whose bursts are full, or all without staging.
  func tokensInRows(_ tokens: Int) -> Int {
    isStaged ? tokens / tokensPerBurst * tokensPerBurst : tokens
  }

  /// Makes room for `tokens` tokens.
  ///
  /// - Throws: `SystemError` when a channel is full.
  func reserve(_ key: Key, channel: Int, tokens: Int) throws {
    var entry = entries[key] ?? Entry(channel: channel)
    func owner(_ what: String) -> String {
      "request \(key.request) (\(tokens) tokens) with its \(what) of layer \(key.layer)"
    }
    let home = entry.channel
    func place(of index: Int) -> Int {
      mapping == .spread ? (key.request + index) % rows.channelCount : home
    }
    let groups = (tokens + layout.banks - 1) / layout.banks
    while entry.keys.count < groups {
      let unit = place(of: entry.keys.count)
      let row = try rows.allocate(
        count: layout.keyParts, channel: unit, owner: owner("keys"))
      entry.keys.append(Unit(channel: unit, row: row))
    }
    let parts = (tokens + layout.rowElements - 1) / layout.rowElements
    while entry.values.count < parts * (layout.heads / headsPerUnit) {
      let unit = place(of: entry.values.count)
      let row = try rows.allocate(count: valueUnitRows, channel: unit, owner: owner("values"))
      entry.values.append(Unit(channel: unit, row: row))
    }
    if isStaged && entry.staging == nil {
      entry.staging = try rows.allocate(
        count: stagingRows, channel: home, owner: owner("staged values"))
    }
    entries[key] = entry
  }

  /// Frees the rows of a request in all layers.
  func release(request: Int) {
    for key in entries.keys.filter({ $0.request == request }).sorted(by: { $0.layer < $1.layer }) {
      guard let entry = entries.removeValue(forKey: key) else { continue }
      for unit in entry.keys {
        rows.release(row: unit.row, count: layout.keyParts, channel: unit.channel)
      }
      for unit in entry.values {
        rows.release(row: unit.row, count: valueUnitRows, channel: unit.channel)
      }
      if let row = entry.staging {
        rows.release(row: row, count: stagingRows, channel: entry.channel)
      }
    }
  }

  /// The row of the keys of a group of tokens (one a bank), for one part of the heads.
  func keyRow(_ entry: Entry, group: Int, part: Int) -> Unit {
    let unit = entry.keys[group]
    return Unit(channel: unit.channel, row: unit.row + part)
  }

  /// The row of the values of a head, for one row of tokens and one group of dimensions (one a bank).
  func valueRow(_ entry: Entry, part: Int, head: Int, dimension: Int) -> Unit {
    let units = layout.heads / headsPerUnit
    let unit = entry.values[part * units + head / headsPerUnit]
    let row = unit.row + head % headsPerUnit * dimensionRows + dimension
    return Unit(channel: unit.channel, row: row)
  }

  /// Starts a new set of operand rows; those of the set before may be overwritten.
  func startOperands() {
    for channel in operandsUsed.indices { operandsUsed[channel] = 0 }
  }

  /// A row of a channel for an operand of the units.
  ///
  /// - Throws: `SystemError` when the channel is full.
  func operandRow(_ channel: Int) throws -> Int {
    let index = operandsUsed[channel]
    operandsUsed[channel] += 1
    if index == operandRows[channel].count {
      operandRows[channel].append(
        try rows.allocate(count: 1, channel: channel, owner: "attention with its operands"))
    }
    return operandRows[channel][index]
  }

  /// The number of a burst in its channel.
  func burst(row: Int, bank: Int = 0, column: Int = 0) -> Int {
    (row * layout.banks + bank) * columns + column
  }
}
