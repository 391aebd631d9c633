internal import DRAM
internal import Units

extension NeuPIMsSystem {
  /// Bytes per second that the multipliers of one device take from their rows at most; nil without PIM.
  public var internalPeak: Double? {
    guard let pim = compiled.standard.pim else { return nil }
    let standard = compiled.standard
    let column = pim.lanes * pim.element.bits / 8 * compiled.bankCount
    let channels = standard.organization.channels
    return Double(column * channels) * Double(standard.clock.hertz) / Double(compiled.burstTicks)
  }
}
