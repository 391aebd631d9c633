// Postponed refreshes: they wait while their banks are wanted, up to the configured number.

extension ChannelController {
  /// Starts a refresh that is owed: first one that may wait no longer, else one whose banks nobody wants.
  mutating func choosePostponed() {
    let limit = configuration.refreshPostponement
    let part =
      postponed.firstIndex { $0 > limit }
      ?? postponed.indices.first { postponed[$0] > 0 && isPartIdle($0) }
    guard let part else { return }
    postponed[part] -= 1
    refreshDebt -= 1
    startRefresh(part)
  }

  /// Whether no request waits for the banks of a part.
  private func isPartIdle(_ part: Int) -> Bool {
    let banks = bankCount / postponed.count
    for bank in (part * banks)..<((part + 1) * banks) {
      if waiting(for: bank) > 0 || queues.active[bank] >= 0 || splitBanks[bank] >= 0 {
        return false
      }
    }
    return true
  }
}
