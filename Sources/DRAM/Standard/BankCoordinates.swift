/// Rank (or pseudo channel and stack ID), bank group and bank, as the CSV files name them.
public struct BankCoordinates: Hashable, Sendable {
  /// All levels above the bank group, flattened, outermost most significant.
  public var rank: Int
  public var bankGroup: Int
  public var bank: Int

  public init(rank: Int, bankGroup: Int, bank: Int) {
    self.rank = rank
    self.bankGroup = bankGroup
    self.bank = bank
  }
}

extension CompiledStandard {
  /// The flat bank index behind a controller, or nil if a coordinate is out of range.
  public func flatBank(_ place: BankCoordinates) -> Int? {
    guard (0..<banksPerGroup).contains(place.bank), (0..<groupsPerRank).contains(place.bankGroup),
      place.rank >= 0
    else { return nil }
    let flat = (place.rank * groupsPerRank + place.bankGroup) * banksPerGroup + place.bank
    return flat < bankCount ? flat : nil
  }

  public func coordinates(ofBank flat: Int) -> BankCoordinates {
    BankCoordinates(
      rank: flat / (groupsPerRank * banksPerGroup), bankGroup: flat / banksPerGroup % groupsPerRank,
      bank: flat % banksPerGroup)
  }
}
