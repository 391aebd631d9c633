extension PIMChannel {
  /// A refresh falls due: it is made at once, or owed while products wait and the rank may owe one more.
  mutating func takeDueRefresh() {
    if owed[nextRank] < rules.postponement && !isPIMDrained {
      owed[nextRank] += 1
    } else {
      pendingRanks.append(nextRank)
    }
    nextRank = (nextRank + 1) % rules.ranks
    refreshDue += rules.refreshInterval ?? 0
    setForcedDue()
  }

  /// Makes up for a refresh that is owed: the rank that owes most first.
  mutating func takeOwedRefresh() {
    guard let most = owed.max(), most > 0, let rank = owed.firstIndex(of: most) else { return }
    owed[rank] -= 1
    pendingRanks.append(rank)
    setForcedDue()
  }

  /// Finds when the first refresh falls due whose rank can owe no more, if products wait until then.
  mutating func setForcedDue() {
    forcedDue = refreshDue
    guard rules.postponement > 0, let interval = rules.refreshInterval else { return }
    var turns = 0
    while owed[(nextRank + turns) % rules.ranks] + turns / rules.ranks < rules.postponement {
      turns += 1
    }
    forcedDue += turns * interval
  }
}
