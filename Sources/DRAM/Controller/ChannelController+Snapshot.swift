// The canonical form of a channel's state, and back.

extension ChannelController {
  private static var closed: Int { Int.min / 4 }

  /// The state relative to `now` and to the leading source's row, or nil while it cannot be moved in time: refreshes
  /// waiting, half activations, single requests, requests to come or of tasks other than the sources' present ones.
  mutating func snapshot(lead: Int) -> [Int]? {
    if recordsRequests || !jobs.isEmpty || isBlocked || splitCount > 0 || clockStarted != nil {
      return nil
    }
    let base = sources[lead].row
    var vector: [Int] = []
    vector.reserveCapacity(timing.stateCount + 6 * bankCount + 7 * 80)
    vector += [lead, sourceCount, nextSource, writeMode ? 1 : 0]
    vector += [max(clockExpiry - now, 0), lastColumn - now, lastColumnWrite ? 1 : 0]
    vector += [lastRefresh > lastColumn ? 1 : 0, refreshDebt, refreshedCount]
    for index in 0..<sourceCount {
      let source = sources + index
      if !source.pointee.available {
        vector.append(-1)
        continue
      }
      if source.pointee.tick > now || !source.pointee.requests.isEmpty { return nil }
      vector += [source.pointee.isWrite ? 1 : 0, source.pointee.bank, source.pointee.column]
      vector.append(source.pointee.row - base)
    }
    for index in 0..<timing.readyCount { vector.append(max(timing.state[index] - now, 0)) }
    for index in timing.readyCount..<timing.busBase {
      vector.append(max(timing.state[index] - now, -timing.horizon))
    }
    for index in timing.busBase..<timing.stateCount {
      vector.append(max(timing.state[index] - now, 0))
    }
    let ordersBanks = configuration.refresh == .perBank
    for bank in 0..<bankCount {
      let open = queues.openRow[bank]
      vector.append(open < 0 ? Self.closed : Int(open) - base)
      vector.append((openedAt[bank] > lastUse[bank] ? 1 : 0) + (openedByWindow[bank] ? 2 : 0))
      if ordersBanks {
        vector.append(max(lastUse[bank] - now, -(1 << 20)))
        vector.append(refreshed[bank] ? 1 : 0)
      }
      for queue in 0..<2 {
        vector.append(Int(queues.lane(queue, bank).pointee.count))
        var cursor = queues.lane(queue, bank).pointee.head
        while cursor >= 0 {
          if !append(queues.entries + Int(cursor), base, to: &vector) { return nil }
          cursor = queues.entries[Int(cursor)].next
        }
      }
      let active = queues.active[bank]
      vector.append(active < 0 ? -1 : activations - queues.activeOrder[bank])
      if active >= 0 {
        let entry = queues.entries + Int(active)
        vector.append(entry.pointee.isWrite ? 1 : 0)
        if !append(entry, base, to: &vector) { return nil }
      }
    }
    return vector
  }

  private mutating func append(
    _ entry: UnsafeMutablePointer<RequestQueues.Entry>, _ base: Int, to vector: inout [Int]
  ) -> Bool {
    let source = Int(entry.pointee.source)
    if !sources[source].available || sources[source].tag != entry.pointee.tag { return false }
    vector.append(Int(entry.pointee.row) - base)
    vector.append(Int(entry.pointee.column))
    vector.append(entry.pointee.arrival - now)
    vector.append(entry.pointee.sequence - sequence)
    vector.append(source * 2 + (entry.pointee.counted ? 1 : 0))
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
    for index in 0..<timing.stateCount { timing.state[index] = now + next() }
    queues.removeAll()
    let ordersBanks = configuration.refresh == .perBank
    for bank in 0..<bankCount {
      let open = next()
      queues.openRow[bank] = open == Self.closed ? -1 : Int32(open + base)
      let opened = next()
      lastUse[bank] = now
      if ordersBanks {
        lastUse[bank] = now + next()
        refreshed[bank] = next() == 1
      }
      openedAt[bank] = lastUse[bank] + (opened & 1 == 1 ? 1 : -1)
      openedByWindow[bank] = opened & 2 == 2
      for queue in 0..<2 {
        let count = next()
        for _ in 0..<count {
          add(bank, isWrite: queue == 1, vector, &place, base)
        }
      }
      let order = next()
      if order >= 0 {
        let isWrite = next() == 1
        add(bank, isWrite: isWrite, vector, &place, base)
        let slot = queues.lane(isWrite ? 1 : 0, bank).pointee.tail
        queues.unlink(slot)
        queues.setActive(bank, slot, order: activations - order)
      }
    }
  }

  private mutating func add(
    _ bank: Int, isWrite: Bool, _ vector: [Int], _ place: inout Int, _ base: Int
  ) {
    let source = vector[place + 4] / 2
    queues.append(
      bank: bank, row: vector[place] + base, column: vector[place + 1], isWrite: isWrite,
      source: source, tag: sources[source].tag, arrival: now + vector[place + 2],
      sequence: sequence + vector[place + 3])
    let slot = queues.lane(isWrite ? 1 : 0, bank).pointee.tail
    queues.entries[Int(slot)].counted = vector[place + 4] % 2 == 1
    place += 5
  }
}
