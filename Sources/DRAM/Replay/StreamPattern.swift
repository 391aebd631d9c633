import Units

/// Synthetic streams of one channel, as used to compare public simulators.
public enum StreamPattern: String, CaseIterable, Sendable {
  /// Ascending bursts in the order of the address mapping.
  case sequential
  /// Uniformly random bank, row and column.
  case random
  /// Every other row's first burst in turn over banks: a large stride.
  case stride
  /// Ascending within one bank group.
  case onebg
  /// One bank, a new row each time.
  case conflict
  /// As sequential, every third request a write.
  case rw21

  /// The requests of one channel, always ready.
  public func requests(
    _ count: Int, on compiled: CompiledStandard, mapping: AddressMapping, seed: UInt64 = 1
  ) -> [MemoryRequest] {
    var generator = SeededGenerator(seed: seed)
    let organization = compiled.standard.organization
    let bursts = mapping.burstsPerChannel
    let group = compiled.banksPerGroup
    return (0..<count).map { index in
      var bank = 0
      var row = 0
      var column = 0
      switch self {
      case .sequential, .rw21:
        (bank, row, column) = mapping.radix.coordinates(of: index % bursts)
      case .random:
        bank = generator.next(below: compiled.bankCount)
        row = generator.next(below: organization.rows)
        column = generator.next(below: organization.columns)
      case .stride:
        bank = index % compiled.bankCount
        row = index / compiled.bankCount * 2 % organization.rows
      case .onebg:
        column = index % organization.columns
        bank = index / organization.columns % group
        row = index / organization.columns / group % organization.rows
      case .conflict:
        row = index % organization.rows
      }
      return MemoryRequest(
        tick: 0, isWrite: self == .rw21 && index % 3 == 2, bank: bank, row: row, column: column)
    }
  }
}
