import DRAM
import Devices
import SimulationCore
import Systems
import Testing
import Units
import Workload

/// What time is charged to, against what is saved when its limit is removed: between half and 1.2 of it.
@Suite struct NeuPIMsCausesTests {
  /// Complete traffic without addresses: with them operands are written between the products, and what a limit saves
  /// of that is hidden or shown by the products of other requests.
  private func complete(_ spec: inout NeuPIMsSpec) {
    spec.npu.traffic.items = Set(NPUTraffic.Item.allCases).subtracting([.addresses])
    spec.attention.rowHold = .held
  }

  /// Checks the rule for one limit of a run.
  ///
  /// Two exceptions. Beside an imbalance a limit of the memory saves its part of the fullest channel, while it is
  /// charged its part of the mean: up to their ratio more (`fullest`). And between two refreshes only whole rows fit,
  /// whose phase everything shifts: `slack` of the time either way, which is small without refresh.
  private func check(
    _ limit: IdealLimit, charged: Int, saved: Int, fullest: Double = 1, slack: Int, _ what: String
  ) {
    let most = 1.2 * Double(charged) * (limit == .balance ? 1 : fullest)
    #expect(2 * saved + 2 * slack >= charged, "\(limit) saves \(saved) of \(charged): \(what)")
    #expect(
      Double(saved - slack) <= most, "\(limit) saves \(saved), charged \(charged): \(what)")
  }

  private static let limits: [(limit: IdealLimit, cause: Cause)] = [
    (.refresh, .refresh), (.row, .rowActivation), (.tfaw, .tfaw), (.turnaround, .turnaround),
    (.balance, .loadImbalance),
  ]

  /// Attention alone, over random batches and switches.
  @Test func aLimitOfAttentionSavesWhatItsCauseWasCharged() throws {
    var generator = SeededGenerator(seed: 61)
    for round in 0..<8 {
      let lengths = (0..<Int.random(in: 24...72, using: &generator)).map { _ in
        Int.random(in: 16...700, using: &generator)
      }
      let buffer = round % 3 == 2 ? "single" : "dual"
      let balance = [ChannelBalance.minLoad, .roundRobin, .optimal].randomElement(using: &generator)
      let barrier = AttentionBarrier.allCases.randomElement(using: &generator)
      let hold: PIMDesign.RowHold = Bool.random(using: &generator) ? .held : .released
      func edit(_ spec: inout NeuPIMsSpec) {
        complete(&spec)
        spec.attention.balance = balance ?? .minLoad
        spec.attention.barrier = barrier ?? .operator
        spec.attention.rowHold = hold
        spec.refresh = round % 2 == 0
      }
      let what = "\(buffer) \(String(describing: balance)) \(hold) \(lengths.count) requests"
      let layer = [NeuPIMsLayer.layer(lengths)[3]]
      let base = try NeuPIMsLayer.run(layer, buffer: buffer, edit)
      #expect(base.causes.total == base.makespan)
      let total = base.makespan.picoseconds / 1000
      let imbalance = base.causes[.loadImbalance].picoseconds / 1000
      let busy = total - base.causes[.dependency].picoseconds / 1000
      let fullest = Double(busy) / Double(max(busy - imbalance, 1))
      for (limit, cause) in Self.limits where round % 2 == 0 || limit != .refresh {
        let ideal = try NeuPIMsLayer.run(layer, buffer: buffer, ideal: [limit], edit)
        #expect(ideal.causes.total == ideal.makespan)
        let rest = ideal.causes[cause].picoseconds / 1000
        #expect(rest * 100 <= total || limit == .balance, "\(limit): \(what)")
        check(
          limit, charged: base.causes[cause].picoseconds / 1000,
          saved: (base.makespan - ideal.makespan).picoseconds / 1000, fullest: fullest,
          slack: round % 2 == 0 ? total / 25 : total / 100, what)
      }
    }
  }

  /// The machine as it is: operands at their addresses, one batch or two sub-batches over two layers.
  ///
  /// The NPU's loads and the products share the channels, and what one does less of comes back in the other and in the
  /// phase of everything that follows: 2.5 % of the time either way, of which a change of the `turn` alone makes 0.5 %.
  @Test(arguments: [false, true])
  func aLimitOfTheWholeMachineSavesWhatItsCauseWasCharged(interleaves: Bool) throws {
    var generator = SeededGenerator(seed: 62)
    let lengths = (0..<64).map { _ in Int.random(in: 16...700, using: &generator) }
    let first = NeuPIMsLayer.layer(lengths)
    let operators =
      interleaves ? first + NeuPIMsLayer.layer(lengths, number: 1, firstID: first.count) : first
    func edit(_ spec: inout NeuPIMsSpec) {
      spec.npu.traffic = .complete
      spec.attention.rowHold = .held
      spec.attention.barrier = .request
      spec.attention.interleaves = interleaves
    }
    let base = try NeuPIMsLayer.run(operators, edit)
    #expect(base.causes.total == base.makespan)
    let total = base.makespan.picoseconds / 1000
    for (limit, cause) in Self.limits + [(.link, .link)] {
      let ideal = try NeuPIMsLayer.run(operators, ideal: [limit], edit)
      #expect(ideal.causes.total == ideal.makespan)
      let imbalance = Double(base.causes[.loadImbalance].picoseconds / 1000)
      check(
        limit, charged: base.causes[cause].picoseconds / 1000,
        saved: (base.makespan - ideal.makespan).picoseconds / 1000,
        fullest: 1 + imbalance / (Double(total) - imbalance), slack: total / 40,
        interleaves ? "sub-batches" : "one batch")
    }
  }

  /// Without imbalance the plain rule holds: equal requests, as many in each channel.
  @Test(arguments: ["dual", "single"])
  func aLimitOfAWholeLayerSavesWhatItsCauseWasCharged(buffer: String) throws {
    let layer = NeuPIMsLayer.layer([Int](repeating: 384, count: 64))
    let base = try NeuPIMsLayer.run(layer, buffer: buffer, complete)
    #expect(base.causes.total == base.makespan)
    let total = base.makespan.picoseconds / 1000
    #expect(base.causes[.loadImbalance].picoseconds / 1000 * 100 <= total)
    for (limit, cause) in Self.limits + [(.link, .link)] {
      let ideal = try NeuPIMsLayer.run(layer, buffer: buffer, ideal: [limit], complete)
      check(
        limit, charged: base.causes[cause].picoseconds / 1000,
        saved: (base.makespan - ideal.makespan).picoseconds / 1000, slack: total / 40, buffer)
    }
  }

  @Test func aPowerLimitIsChargedWhatItsRemovalSaves() throws {
    var memory = try NeuPIMsLayer.memory("dual")
    let layer = [NeuPIMsLayer.layer([Int](repeating: 600, count: 32))[3]]
    let free = try NeuPIMsLayer.run(layer, memory: memory, complete)
    #expect(free.causes[.power] == .zero)
    for watts in [0.8, 0.4, 0.2] {
      memory.pim?.powerLimitWatts = watts
      // Without refresh: a longer row that no longer fits between two refreshes costs up to half as much again.
      func edit(_ spec: inout NeuPIMsSpec) {
        complete(&spec)
        spec.refresh = false
      }
      let base = try NeuPIMsLayer.run(layer, memory: memory, edit)
      let ideal = try NeuPIMsLayer.run(layer, ideal: [.power], memory: memory, edit)
      check(
        .power, charged: base.causes[.power].picoseconds / 1000,
        saved: (base.makespan - ideal.makespan).picoseconds / 1000,
        slack: base.makespan.picoseconds / 100_000, "\(watts) W")
      #expect(base.causes[.power] > .zero && ideal.causes[.power] == .zero)
    }
  }

  /// One channel with everything: the imbalance is what it runs beyond the mean over all 32.
  @Test func imbalanceIsTheTimeOfTheFullestChannelBeyondTheMean() throws {
    let run = try NeuPIMsLayer.run([NeuPIMsLayer.layer([600])[3]], complete)
    let busy = run.makespan - run.causes[.dependency]
    let imbalance = Double(run.causes[.loadImbalance].picoseconds) / Double(busy.picoseconds)
    #expect(abs(imbalance - 31.0 / 32) < 0.001)
  }
}
