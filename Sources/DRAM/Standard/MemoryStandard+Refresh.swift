extension CompiledStandard {
  /// Checks that refreshes leave time for rows: between two of one scope or bank there must be room for the refresh
  /// itself and for opening and closing a row, else the controller does nothing but refresh.
  ///
  /// - Throws: `MemoryError` with the interval and what it has to exceed.
  func checkRefresh(_ mode: RefreshMode, hot: Bool = false) throws {
    guard mode != .none else { return }
    let interval = refreshInterval / (hot ? 2 : 1)
    let open = roles.activateFirst ?? roles.activate
    func distance(_ preceding: Int, _ following: Int, within levels: ClosedRange<Int>? = nil) -> Int
    {
      rows.filter {
        $0.preceding == preceding && $0.following == following && $0.window == 1 && !$0.sibling
          && levels?.contains($0.level) ?? true
      }.map(\.delay).max() ?? 0
    }
    func check(_ command: Int, _ needed: Int, _ what: String) throws {
      guard interval <= needed else { return }
      let clock = standard.ticksPerClock
      throw MemoryError(
        "\(standard.name): refresh.interval '\(standard.refresh.interval)' is \(interval / clock) clocks\(hot ? " (halved: hot)" : ""), but \(standard.commands[command].name) \(what) take \(needed / clock); lengthen the interval",
        at: "refresh.interval")
    }
    let bankLevel = nodeCounts.count - 1
    if mode == .perBank, let single = roles.refreshBank {
      let apart = distance(single, single, within: 0...max(0, bankLevel - 1))
      try check(single, refreshScopeBanks * apart, "of all banks, one after the other,")
      try check(
        single, distance(single, open) + distance(open, single), "and a row between two of a bank")
    } else {
      let all = roles.refreshAll
      try check(all, distance(all, open) + distance(open, all), "and a row between two of them")
    }
  }

  /// Checks that a refresh and a row of products fit between the refreshes of two ranks, for which the units wait.
  func checkRefreshOfUnits() throws {
    guard standard.pim != nil else { return }
    let rules = try PIMRules(self, PIMConfiguration())
    guard let interval = rules.refreshInterval else { return }
    let row =
      rules.refreshTime + rules.fitPerPair * (rules.banks / rules.banksPerActivation / 2 - 1)
      + rules.fitActivation + rules.computeInterval * max(rules.columns, rules.pipelineFill)
    guard interval <= row else { return }
    throw MemoryError(
      "\(standard.name): refresh.interval '\(standard.refresh.interval)' is \(interval) clocks for each of \(rules.ranks) ranks, but a refresh and a row of products take \(row) and have to fit between; lengthen the interval",
      at: "refresh.interval")
  }
}
