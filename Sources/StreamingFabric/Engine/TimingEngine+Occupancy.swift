extension TimingEngine {
  /// Raises a group's peak by the enqueues whose occupancy is known by now.
  ///
  /// Enqueue k makes the fill p + 1 exactly when it is issued before the response of token k - p.
  func checkOccupancy(_ index: Int) {
    var group = groups[index]
    let issues = timelines[group.push]
    let pops = timelines[group.pop]
    if group.peak == 0 && issues.count > 0 { group.peak = 1 }
    while group.peak < group.limit {
      let end = min(issues.count, pops.count + group.peak - group.initialTokens)
      guard group.checked < end else { break }
      let issue = issues.pointer(to: group.checked)
      let pop = pops.pointer(to: group.checked + group.initialTokens - group.peak)
      let clear = TimingEngine.enqueuesWithinFill(
        issue, pop, group.response, count: end - group.checked)
      group.checked += clear
      if group.checked < end { group.peak += 1 }
    }
    if group.peak >= group.limit { group.checked = issues.count }
    groups[index] = group
  }

  /// How many leading enqueues do not overlap the response that would free their slot.
  private static func enqueuesWithinFill(
    _ issue: UnsafeMutablePointer<Int>, _ pop: UnsafeMutablePointer<Int>, _ response: Int,
    count: Int
  ) -> Int {
    var index = 0
    while index &+ 16 <= count {
      var sign = 0
      for lane in index..<(index &+ 16) { sign |= issue[lane] &- pop[lane] &- response }
      if sign < 0 { break }
      index &+= 16
    }
    while index < count && issue[index] >= pop[index] &+ response { index &+= 1 }
    return index
  }

  /// Peaks by FIFO, tokens that were never dequeued included.
  func finalPeaks() -> [Int] {
    for index in groups.indices {
      checkOccupancy(index)
      let group = groups[index]
      let issues = timelines[group.push]
      let pops = timelines[group.pop]
      var peak = group.peak
      var enqueue = group.checked
      while enqueue < issues.count && peak < group.limit {
        let token = enqueue + group.initialTokens - peak
        if token >= pops.count || issues[enqueue] < pops[token] + group.response {
          peak += 1
        } else {
          enqueue += 1
        }
      }
      groups[index].peak = peak
      groups[index].checked = issues.count
    }
    return (0..<fifoCount).map { groups[fifos[$0].occupancy].peak }
  }
}
