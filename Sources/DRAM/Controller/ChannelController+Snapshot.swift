// The canonical form of a channel's state, and back.

extension ChannelController {
  private static var closed: Int { Int.min / 4 }

  /// Whether every constraint in force ends before the next refresh falls due.
  var isFarFromRefresh: Bool {
    configuration.refresh != .perBank && refreshDue - now >= timing.horizon
  }

  /// The last tick at which a command that only refreshes need is held up at present.
  func refreshHeldUntil() -> Int {
    var last = Int.min
    for slot in liveSlots where slot.isRefreshOnly { last = max(last, timing.state[slot.index]) }
    return last
  }

  /// The state relative to `now` and to the leading source's row, or nil while it cannot be moved in time: refreshes
  /// waiting, half activations, single requests, requests to come or of tasks other than the sources' present ones.
  mutating func snapshot(lead: Int) -> UnsafeBufferPointer<Int>? {
    if recordsRequests || !jobs.isEmpty || isBlocked || splitCount > 0 || clockStarted != nil {
      return nil
    }
    let base = sources[lead].row
    if vectorCapacity == 0 {
      vectorCapacity =
        16 + 5 * max(sourceCount, 8) + timing.stateCount + 8 * bankCount + 5 * queues.capacity
      vector.deallocate()
      vector = .allocate(capacity: vectorCapacity)
    }
    if sourceCount > 8 { return nil }
    vector[0] = lead
    vector[1] = sourceCount
    vector[2] = nextSource
    vector[3] = writeMode ? 1 : 0
    vector[4] = max(clockExpiry - now, 0)
    vector[5] = lastColumn - now
    vector[6] = lastColumnWrite ? 1 : 0
    vector[7] = lastRefresh > lastColumn ? 1 : 0
    vector[8] = refreshDebt
    vector[9] = refreshedCount
    var place = 10
    for index in 0..<sourceCount {
      let source = sources + index
      if !source.pointee.available {
        vector[place] = -1
        place += 1
        continue
      }
      if source.pointee.tick > now || !source.pointee.requests.isEmpty { return nil }
      vector[place] = source.pointee.isWrite ? 1 : 0
      vector[place + 1] = source.pointee.bank
      vector[place + 2] = source.pointee.column
      vector[place + 3] = source.pointee.row - base
      place += 4
    }
    // Far from the next refresh, commands that only refreshes need cannot bind: no constraint reaches that far.
    let far = isFarFromRefresh
    vector[place] = far ? 1 : 0
    place += 1
    for slot in liveSlots {
      let drops = far && slot.isRefreshOnly
      vector[place] = drops ? 0 : max(timing.state[slot.index] &- now, 0)
      place &+= 1
    }
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
      let open = queues.openRow[bank]
      vector[place] = open < 0 ? Self.closed : Int(open) - base
      vector[place + 1] =
        (openedAt[bank] > lastUse[bank] ? 1 : 0) + (openedByWindow[bank] ? 2 : 0)
      place += 2
      if ordersBanks {
        vector[place] = max(lastUse[bank] - now, -(1 << 20))
        vector[place + 1] = refreshed[bank] ? 1 : 0
        place += 2
      }
      let active = queues.active[bank]
      vector[place] = active < 0 ? -1 : activations - queues.activeOrder[bank]
      place += 1
      if active >= 0 {
        let entry = queues.entries + Int(active)
        vector[place] = entry.pointee.isWrite ? 1 : 0
        if !append(entry, base, at: place + 1) { return nil }
        place += 6
      }
    }
    // The order of requests within a queue stands for their sequence numbers.
    for queue in 0..<2 {
      vector[place] = queue == 0 ? queues.readCount : queues.writeCount
      place += 1
      var cursor = queues.oldest[queue]
      while cursor >= 0 {
        if !append(queues.entries + Int(cursor), base, at: place) { return nil }
        place += 5
        cursor = queues.entries[Int(cursor)].younger
      }
    }
    return UnsafeBufferPointer(start: vector, count: place)
  }

  @inline(__always)
  private mutating func append(
    _ entry: UnsafeMutablePointer<RequestQueues.Entry>, _ base: Int, at place: Int
  ) -> Bool {
    let source = Int(entry.pointee.source)
    if !sources[source].available || sources[source].tag != entry.pointee.tag { return false }
    vector[place] = Int(entry.pointee.row) - base
    vector[place + 1] = Int(entry.pointee.column)
    vector[place + 2] = entry.pointee.arrival - now
    vector[place + 3] = Int(entry.pointee.bank)
    vector[place + 4] = source * 2 + (entry.pointee.counted ? 1 : 0)
    return true
  }

  /// Makes the state that a vector describes, at the present `now` and the leading source's present row.
  mutating func restore(_ vector: [Int], lead: Int) {
    let base = sources[lead].row
    var place = 2
    func next() -> Int {
      place += 1
      return vector[place - 1]
    }
    nextSource = next()
    writeMode = next() == 1
    clockExpiry = now + next()
    lastColumn = now + next()
    lastColumnWrite = next() == 1
    lastRefresh = next() == 1 ? lastColumn + 1 : lastColumn - 1
    refreshDebt = next()
    refreshedCount = next()
    for _ in 0..<sourceCount where next() >= 0 { place += 3 }
    place += 1
    for slot in liveSlots { timing.state[slot.index] = now + next() }
    for index in timing.ringBase..<(timing.busBase + 2) { timing.state[index] = now + next() }
    queues.removeAll()
    let ordersBanks = configuration.refresh == .perBank
    for bank in 0..<bankCount {
      let open = next()
      queues.assignOpenRow(bank, open == Self.closed ? -1 : Int32(open + base))
      let opened = next()
      lastUse[bank] = now
      if ordersBanks {
        lastUse[bank] = now + next()
        refreshed[bank] = next() == 1
      }
      openedAt[bank] = lastUse[bank] + (opened & 1 == 1 ? 1 : -1)
      openedByWindow[bank] = opened & 2 == 2
      let order = next()
      if order >= 0 {
        let isWrite = next() == 1
        add(isWrite: isWrite, vector, &place, base)
        let slot = queues.lane(isWrite ? 1 : 0, bank).pointee.tail
        queues.unlink(slot)
        queues.setActive(bank, slot, order: activations - order)
      }
    }
    for queue in 0..<2 {
      let count = next()
      for _ in 0..<count { add(isWrite: queue == 1, vector, &place, base) }
    }
  }

  private mutating func add(
    isWrite: Bool, _ vector: [Int], _ place: inout Int, _ base: Int
  ) {
    sequence += 1
    let bank = vector[place + 3]
    let source = vector[place + 4] / 2
    queues.append(
      bank: bank, row: vector[place] + base, column: vector[place + 1], isWrite: isWrite,
      source: source, tag: sources[source].tag, arrival: now + vector[place + 2],
      sequence: sequence)
    let slot = queues.lane(isWrite ? 1 : 0, bank).pointee.tail
    queues.entries[Int(slot)].counted = vector[place + 4] % 2 == 1
    place += 5
  }
}
