extension MemoryStandard {
  /// Banks of a channel.
  public var banks: Int { organization.levels.reduce(1) { $0 * $1.count } }

  /// Scopes of an all-bank refresh in a channel: its ranks, or the channel itself.
  public var refreshScopes: Int {
    guard let last = organization.levels.firstIndex(where: { $0.name == refresh.scope }) else {
      return 1
    }
    return organization.levels[...last].reduce(1) { $0 * $1.count }
  }

  /// Clocks between two all-bank refreshes of one scope.
  ///
  /// - Throws: `MemoryError` when the interval is no expression of the timing parameters.
  public func refreshClocks() throws -> Int {
    max(1, try TimingExpression(refresh.interval).value(try timingInClocks()))
  }

  /// Memory spaces of a device whose PIM operands lie in bundles of so many banks.
  public func spaces(banksOfBundle: Int) -> Int { max(1, banks / max(1, banksOfBundle)) }
}
