internal import Devices
internal import SimulationCore
internal import Units

extension HybridPlanner {
  /// Work of the xPU beside work of PIM.
  ///
  /// At cycle fidelity each side's memory time is longer while the other works too, by what two long
  /// streams cost each other on one channel in the memory spaces where their data lie. Each side goes
  /// through its spaces one after the other, PIM in the order that ends first. What is added waits in queues.
  ///
  /// - Parameter spaces: the parts of each side's data in each memory space.
  func appendTogether(
    xpu: PlannedTask, pim: PlannedTask, spaces: (xpu: [Double], pim: [Double]),
    to planned: inout PlannedOperator
  ) throws {
    var (xpu, pim) = (xpu, pim)
    if spec.commandLevel?.chargesConflicts ?? true, let contention = device.contention,
      xpu.duration > .zero, pim.duration > .zero
    {
      let pair = SpacePair(
        xpu: xpu.segments(spaces.xpu), pim: pim.segments(spaces.pim),
        shares: (xpu.memoryShare, pim.memoryShare), contention: contention)
      let ends = try pair.bestEnds()
      xpu.wait(ends.xpu - Double(xpu.duration.picoseconds))
      pim.wait(ends.pim - Double(pim.duration.picoseconds))
    }
    planned.appendTogether([xpu, pim])
  }
}

/// Time that one side spends in a memory space when it is alone.
struct SpaceSegment: Hashable {
  var space: Int
  var time: Double
}

/// Two sides that go through their memory spaces at once.
struct SpacePair {
  let xpu: [SpaceSegment]
  let pim: [SpaceSegment]
  /// The parts of their times that the memory decides.
  let shares: (xpu: Double, pim: Double)
  let contention: MemoryContention

  /// When both end if PIM takes its spaces in the best order; all orders are tried up to four spaces.
  func bestEnds() throws -> (xpu: Double, pim: Double) {
    var best = try ends(pim)
    guard pim.count > 1, pim.count <= 4 else { return best }
    var order = pim
    try permute(&order, from: 0) { candidate in
      let ends = try ends(candidate)
      if max(ends.xpu, ends.pim) < max(best.xpu, best.pim) { best = ends }
    }
    return best
  }

  private func permute(
    _ order: inout [SpaceSegment], from first: Int, _ visit: ([SpaceSegment]) throws -> Void
  ) rethrows {
    if first == order.count {
      try visit(order)
      return
    }
    for index in first..<order.count {
      order.swapAt(first, index)
      try permute(&order, from: first + 1, visit)
      order.swapAt(first, index)
    }
  }

  /// When both end; each goes at its own rate once the other has ended.
  func ends(_ pim: [SpaceSegment]) throws -> (xpu: Double, pim: Double) {
    var (x, p) = (0, 0)
    var (leftX, leftP) = (xpu.first?.time ?? 0, pim.first?.time ?? 0)
    var now = 0.0
    while x < xpu.count, p < pim.count {
      let pair = try contention.factors(contention.relation(xpu[x].space, pim[p].space))
      let slowX = 1 + (pair.xpu - 1) * shares.xpu
      let slowP = 1 + (pair.pim - 1) * shares.pim
      let (endX, endP) = (leftX * slowX, leftP * slowP)
      let step = min(endX, endP)
      now += step
      leftX -= step / slowX
      leftP -= step / slowP
      if endX <= endP {
        x += 1
        leftX = x < xpu.count ? xpu[x].time : 0
      }
      if endP <= endX {
        p += 1
        leftP = p < pim.count ? pim[p].time : 0
      }
    }
    let restX = x < xpu.count ? leftX + xpu[(x + 1)...].reduce(0) { $0 + $1.time } : 0
    let restP = p < pim.count ? leftP + pim[(p + 1)...].reduce(0) { $0 + $1.time } : 0
    return (now + restX, now + restP)
  }
}

extension PlannedTask {
  /// The time in each memory space, in proportion to the data there.
  fileprivate func segments(_ parts: [Double]) -> [SpaceSegment] {
    let all = parts.reduce(0, +)
    let time = Double(duration.picoseconds)
    guard all > 0 else { return [SpaceSegment(space: 0, time: time)] }
    return parts.enumerated().filter { $0.element > 0 }.map {
      SpaceSegment(space: $0.offset, time: time * ($0.element / all))
    }
  }

  /// The part of the time that the memory decides.
  fileprivate var memoryShare: Double {
    let memory: [Cause] = [.dramBus, .rowActivation, .tfaw, .turnaround, .refresh]
    let time = memory.reduce(0) { $0 + causes[$1].picoseconds }
    return Double(time) / Double(max(1, duration.picoseconds))
  }

  /// Waits so many picoseconds more.
  fileprivate mutating func wait(_ picoseconds: Double) {
    let extra = Duration(picoseconds: max(0, Int(picoseconds.rounded())))
    duration = duration + extra
    causes.charge(extra, to: .queue)
  }
}
