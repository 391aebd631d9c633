internal import DRAM
internal import Devices
internal import Units

/// Loads of the NPU on their way: all asked for at once, or as requests of a DMA with limits.
///
/// With a DMA the loads are cut into requests, in order. In a clock as many requests are sent as there are ports, and no
/// more are on the way than may be outstanding; a request is on the way until its last datum arrived. Turns last one
/// clock while requests wait for that. Keys and values of a head, and rows of tables, go as a whole.
struct LoadQueue {
  private struct Load {
    var piece: NPUPiece
    var places: OperandPlaces?
    /// Without a DMA: the batch of the whole load.
    var batch = -1
    /// With one: requests that were not sent, and that are on the way.
    var unsent = 0
    var flying = 0
    var arrival = 0
  }

  /// Some requests of a load that were sent together.
  private struct Flight {
    var load: Int
    var batch: Int
    var requests: Int
  }

  private let dma: DMASpec?
  private var loads: [Load] = []
  /// The number of the first load that is kept.
  private var base = 0
  /// The place of the first load that was not sent.
  private var next = 0
  private var flights: [Flight] = []
  private var flying = 0

  init(dma: DMASpec?) { self.dma = dma }

  /// Whether no load is waiting to be sent.
  var isIdle: Bool { next == loads.count }

  /// Forgets loads that all arrived.
  mutating func reset() {
    precondition(flights.isEmpty && isIdle, "loads are forgotten while some are on the way")
    base += loads.count
    loads.removeAll(keepingCapacity: true)
    next = 0
  }

  /// Forgets loads before a number, which arrived; nil: as many as were sent.
  mutating func forget(before number: Int?) {
    guard flights.isEmpty else { return }
    let count = min(number.map { $0 - base } ?? next, next)
    // Seldom enough that moving the rest costs little.
    guard count > loads.count / 2 else { return }
    loads.removeFirst(count)
    base += count
    next -= count
  }

  /// Asks for a load; returns its number.
  mutating func add(
    _ piece: NPUPiece, _ places: OperandPlaces?, _ memory: PIMMemory, _ port: inout TrafficPort
  ) -> Int {
    var load = Load(piece: piece, places: places)
    if let dma {
      load.unsent = piece.rows * requestsPerRow(piece, dma)
    } else {
      load.batch = port.access(piece, places, isWrite: false, .bulk, memory)
      load.places = nil
      next += 1
    }
    loads.append(load)
    return base + loads.count - 1
  }

  private func requestsPerRow(_ piece: NPUPiece, _ dma: DMASpec) -> Int {
    (piece.bytes + dma.burst.count - 1) / dma.burst.count
  }

  /// When a load arrived, or nil while it is on the way.
  func arrival(_ number: Int, _ memory: PIMMemory) -> Int? {
    let load = loads[number - base]
    guard dma != nil else { return memory.done(load.batch) }
    return load.unsent + load.flying == 0 ? load.arrival : nil
  }

  /// Sends requests at the end of a turn of `clocks` clocks.
  mutating func turn(clocks: Int, _ memory: PIMMemory, _ port: inout TrafficPort) {
    guard let dma else { return }
    flights.removeAll { flight in
      guard let done = memory.done(flight.batch) else { return false }
      loads[flight.load].arrival = max(loads[flight.load].arrival, done)
      loads[flight.load].flying -= flight.requests
      flying -= flight.requests
      return true
    }
    var left = min(dma.ports * clocks, dma.outstanding - flying)
    while left > 0, next < loads.count {
      let sent = send(min(left, loads[next].unsent), dma, memory, &port)
      left -= sent
      if loads[next].unsent == 0 { next += 1 }
    }
  }

  /// Sends up to `count` requests of the first load that has some; returns how many.
  private mutating func send(
    _ count: Int, _ dma: DMASpec, _ memory: PIMMemory, _ port: inout TrafficPort
  ) -> Int {
    let load = loads[next]
    let perRow = requestsPerRow(load.piece, dma)
    let total = load.piece.rows * perRow
    guard perRow > 0 else { return 0 }
    // Requests run along a row, then to the next: a part of a row, or whole rows.
    let done = total - load.unsent
    var part = load.piece
    part.row += done / perRow
    let inRow = done % perRow
    var sent = count
    if !load.piece.isDivisible {
      sent = total
    } else if inRow == 0 && count >= perRow {
      part.rows = count / perRow
      sent = part.rows * perRow
    } else {
      sent = min(count, perRow - inRow)
      part.rows = 1
      part.column += inRow * dma.burst.count
      part.bytes = min(sent * dma.burst.count, load.piece.bytes - inRow * dma.burst.count)
    }
    let batch = port.access(part, load.places, isWrite: false, .bulk, memory)
    flights.append(Flight(load: next, batch: batch, requests: sent))
    loads[next].unsent -= sent
    loads[next].flying += sent
    flying += sent
    return sent
  }
}
