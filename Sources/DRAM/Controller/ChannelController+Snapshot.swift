// The canonical form of a channel's state, and back.

extension ChannelController {
  private static var closed: Int { Int.min / 4 }
  private static var foreign: Int { Int.min / 4 + 8 }
  /// Sources that a canonical state can hold.
  static var sourceLimit: Int { 8 }

  /// Rows that a source has asked for in its segment and will ask for, and the one from which they are counted.
  struct RowSpan {
    var low: Int
    var high: Int
    var base: Int
  }

  /// Whether whatever holds up a refresh at present ends before the next one falls due.
  var isFarFromRefresh: Bool {
    configuration.refresh != .perBank && refreshDue - now >= refreshReach
  }

  /// Finds the rows of each source. Returns whether they are apart, so that each source's rows may be counted from
  /// its own: rows of different sources then never meet, however far each has come.
  mutating func findSpans() -> Bool {
    var areApart = true
    for index in 0..<sourceCount where sources[index].available {
      let source = sources + index
      let position = source.pointee.position
      let row = source.pointee.row
      let here = position / rowStride
      var low = row - here % rowRadix * rowWeight
      var high = low + (rowRadix - 1) * rowWeight
      if source.pointee.first / rowSpan == position / rowSpan {
        low = row - (here - source.pointee.first / rowStride) * rowWeight
      }
      let last = (position + source.pointee.remaining) / rowStride
      high = min(high, row + (last - here) * rowWeight)
      spans[index] = RowSpan(low: low, high: high, base: row)
      for other in 0..<index where sources[other].available {
        if spans[other].low <= high && low <= spans[other].high { areApart = false }
      }
    }
    if !areApart {
      let lead = spans[leadingSource].base
      for index in 0..<sourceCount { spans[index].base = lead }
    }
    return areApart
  }

  /// The source whose rows include this one, or -1; the leading one if rows are counted from it.
  mutating func owner(of row: Int, areApart: Bool) -> Int {
    if !areApart { return leadingSource }
    for index in 0..<sourceCount where sources[index].available {
      if spans[index].low <= row && row <= spans[index].high { return index }
    }
    return -1
  }

  /// Writes the state relative to `now` and to the sources' rows to ``vector`` and returns its length; nil while it cannot
  /// be moved in time: refreshes waiting, half activations, single requests, requests to come or of tasks other than
  /// the sources' present ones.
  mutating func snapshot() -> Int? {
    if recordsRequests || !jobs.isEmpty || isBlocked || splitCount > 0 || clockStarted != nil
      || sourceCount > Self.sourceLimit
    {
      return nil
    }
    if vectorCapacity == 0 {
      vectorCapacity = 96 + liveSlotCount + timing.busBase - timing.ringBase
      vectorCapacity += 4 * bankCount + 4 * queues.capacity
      vector.deallocate()
      vector = .allocate(capacity: vectorCapacity)
    }
    for index in 0..<sourceCount where sources[index].available {
      if sources[index].tick > now || !sources[index].requests.isEmpty { return nil }
    }
    let areApart = findSpans()
    let vector = self.vector
    vector[0] = sourceCount * 2 + (areApart ? 1 : 0)
    vector[1] = nextSource * 4 + (writeMode ? 1 : 0) + (lastColumnWrite ? 2 : 0)
    vector[2] = max(clockExpiry - now, 0)
    vector[3] = lastColumn - now
    vector[4] = lastRefresh > lastColumn ? 1 : 0
    vector[5] = refreshDebt
    vector[6] = refreshedCount
    var place = 7
    for index in 0..<sourceCount {
      let source = sources + index
      if !source.pointee.available {
        vector[place] = -1
        place += 1
        continue
      }
      vector[place] =
        (source.pointee.isWrite ? 1 : 0) + 2 * source.pointee.writePhase
      vector[place + 1] = packed(
        source.pointee.row - spans[index].base, source.pointee.column, source.pointee.bank)
      place += 2
    }
    // Far from the next refresh, what holds up commands that only refreshes need does not matter if it ends within a
    // block.
    let far = isFarFromRefresh
    vector[place] = far ? 1 : 0
    farPlace = place
    place += 1
    let state = timing.state
    let now = self.now
    for index in 0..<liveSlotCount {
      let left = state[Int(liveSlots[index])] &- now
      vector[place &+ index] = left > 0 ? left : 0
    }
    if far {
      for index in 0..<refreshSlotCount {
        let slot = place &+ Int(refreshSlots[index])
        vector[slot] = max(vector[slot] &- blockTicks, 0)
      }
    }
    place &+= liveSlotCount
    for index in timing.ringBase..<timing.busBase {
      vector[place] = max(timing.state[index] &- now, -timing.windowHorizon)
      place &+= 1
    }
    for index in timing.busBase..<(timing.busBase + 2) {
      vector[place] = max(timing.state[index] &- now, 0)
      place &+= 1
    }
    let ordersBanks = configuration.refresh == .perBank
    for bank in 0..<bankCount {
      let flags =
        (openedAt[bank] > lastUse[bank] ? 1 : 0) + (openedByWindow[bank] ? 2 : 0)
        + (queues.active[bank] >= 0 ? 4 : 0)
      let open = Int(queues.openRow[bank])
      if open < 0 {
        vector[place] = Self.closed + flags
      } else {
        let owner = owner(of: open, areApart: areApart)
        vector[place] =
          owner < 0
          ? Self.foreign + flags
          : ((open &- spans[owner].base) &* Self.sourceLimit &+ owner) &* 8 &+ flags
      }
      place &+= 1
      if ordersBanks {
        vector[place] = max(lastUse[bank] - now, -(1 << 20)) * 2 + (refreshed[bank] ? 1 : 0)
        place += 1
      }
      let active = queues.active[bank]
      if active < 0 { continue }
      vector[place] =
        (activations &- queues.activeOrder[bank]) &* 2
        &+ (queues.entries[Int(active)].isWrite ? 1 : 0)
      if !append(queues.entries + Int(active), at: place &+ 1) { return nil }
      place &+= 3
    }
    // The order of requests within a queue stands for their sequence numbers.
    for queue in 0..<2 {
      vector[place] = queue == 0 ? queues.readCount : queues.writeCount
      place += 1
      var cursor = queues.oldest[queue]
      while cursor >= 0 {
        if !append(queues.entries + Int(cursor), at: place) { return nil }
        place &+= 2
        cursor = queues.entries[Int(cursor)].younger
      }
    }
    return place
  }

  /// Makes the present state's canonical form that of a state near a refresh.
  mutating func makeVectorNear() {
    vector[farPlace] = 0
    for index in 0..<refreshSlotCount {
      let slot = Int(refreshSlots[index])
      vector[farPlace + 1 + slot] = max(timing.state[Int(liveSlots[slot])] - now, 0)
    }
  }

  @inline(__always)
  private mutating func packed(_ row: Int, _ column: Int, _ bank: Int) -> Int {
    (row &* columnCount &+ column) &* bankCount &+ bank
  }

  @inline(__always)
  private mutating func append(
    _ entry: UnsafeMutablePointer<RequestQueues.Entry>, at place: Int
  ) -> Bool {
    let index = Int(entry.pointee.source)
    if !sources[index].available || sources[index].tag != entry.pointee.tag { return false }
    vector[place] = packed(
      Int(entry.pointee.row) &- spans[index].base, Int(entry.pointee.column),
      Int(entry.pointee.bank))
    vector[place &+ 1] =
      ((entry.pointee.arrival &- now) &* Self.sourceLimit &+ index) &* 2
      &+ (entry.pointee.counted ? 1 : 0)
    return true
  }

  /// Makes the state that ``vector`` describes, at the present `now` and the sources' present rows. Open rows of nobody
  /// stay as they are: no block opens or closes one without leaving a source's row there.
  mutating func restore() {
    let vector = self.vector
    let areApart = vector[0] % 2 == 1
    let lead = sources[leadingSource].row
    for index in 0..<sourceCount {
      spans[index] = RowSpan(low: 0, high: 0, base: areApart ? sources[index].row : lead)
    }
    nextSource = vector[1] / 4
    writeMode = vector[1] & 1 == 1
    lastColumnWrite = vector[1] & 2 == 2
    clockExpiry = now + vector[2]
    lastColumn = now + vector[3]
    lastRefresh = vector[4] == 1 ? lastColumn + 1 : lastColumn - 1
    refreshDebt = vector[5]
    refreshedCount = vector[6]
    var place = 7
    for _ in 0..<sourceCount { place += vector[place] < 0 ? 1 : 2 }
    let far = vector[place] == 1
    place += 1
    for index in 0..<liveSlotCount {
      timing.state[Int(liveSlots[index])] = now &+ vector[place &+ index]
    }
    if far {
      for index in 0..<refreshSlotCount {
        let slot = Int(refreshSlots[index])
        if vector[place &+ slot] > 0 { timing.state[Int(liveSlots[slot])] &+= blockTicks }
      }
    }
    place &+= liveSlotCount
    for index in timing.ringBase..<(timing.busBase + 2) {
      timing.state[index] = now + vector[place]
      place += 1
    }
    queues.removeAll()
    let ordersBanks = configuration.refresh == .perBank
    for bank in 0..<bankCount {
      let word = vector[place]
      place += 1
      let flags = word & 7
      switch word - flags {
      case Self.closed: queues.assignOpenRow(bank, -1)
      case Self.foreign: break
      default:
        let owner = word >> 3 & (Self.sourceLimit - 1)
        let row = word >> 3 - owner
        queues.assignOpenRow(bank, Int32(row / Self.sourceLimit + spans[owner].base))
      }
      lastUse[bank] = now
      if ordersBanks {
        lastUse[bank] = now + vector[place] >> 1
        refreshed[bank] = vector[place] & 1 == 1
        place += 1
      }
      openedAt[bank] = lastUse[bank] + (flags & 1 == 1 ? 1 : -1)
      openedByWindow[bank] = flags & 2 == 2
      if flags & 4 == 0 { continue }
      let order = vector[place] >> 1
      let isWrite = vector[place] & 1 == 1
      place += 1
      add(isWrite: isWrite, &place)
      let slot = queues.lane(isWrite ? 1 : 0, bank).pointee.tail
      queues.unlink(slot)
      queues.setActive(bank, slot, order: activations - order)
    }
    for queue in 0..<2 {
      let count = vector[place]
      place += 1
      for _ in 0..<count { add(isWrite: queue == 1, &place) }
    }
  }

  private mutating func add(isWrite: Bool, _ place: inout Int) {
    let word = vector[place]
    let more = vector[place + 1]
    place += 2
    let source = more >> 1 & (Self.sourceLimit - 1)
    let arrival = ((more >> 1) - source) / Self.sourceLimit
    // Floor division, since rows behind the source's are negative.
    let size = columnCount &* bankCount
    var row = word / size
    var inner = word &- row &* size
    if inner < 0 {
      inner &+= size
      row &-= 1
    }
    let column = inner / bankCount
    sequence &+= 1
    queues.append(
      bank: inner &- column &* bankCount, row: row &+ spans[source].base, column: column,
      isWrite: isWrite, source: source, tag: sources[source].tag, arrival: now &+ arrival,
      sequence: sequence)
    let slot = queues.youngest[isWrite ? 1 : 0]
    queues.entries[Int(slot)].counted = more & 1 == 1
  }
}
