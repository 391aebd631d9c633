public import Units

/// Energy of a PIM channel by what it was spent on, from the commands counted and the rows held open.
public struct PIMEnergy: Hashable, Sendable {
  /// A part and its energy.
  public struct Term: Hashable, Sendable {
    public var name: String
    public var energy: Energy
    /// Commands, bursts or column steps that it counts; rank-clocks for standby.
    public var count: Int
  }

  /// Parts in a fixed order; those without a coefficient are absent.
  public var terms: [Term]

  /// The sum over all parts.
  public var total: Energy { terms.reduce(.zero) { $0 + $1.energy } }

  /// Energy of `counts` on a standard with PIM.
  public init(_ counts: PIMCommandCounts, _ compiled: CompiledStandard) {
    let standard = compiled.standard
    var terms: [Term] = []
    func count(_ name: String?) -> Int {
      guard let name, let index = standard.commands.firstIndex(where: { $0.name == name }) else {
        return 0
      }
      return counts.commands[index]
    }
    func count(_ effect: MemoryStandard.Effect) -> Int {
      standard.commands.indices.filter { standard.commands[$0].effect == effect }
        .reduce(0) { $0 + counts.commands[$1] }
    }
    func add(_ name: String, _ number: Int, _ each: Energy?) {
      guard let each else { return }
      terms.append(Term(name: name, energy: each * Double(number), count: number))
    }
    let host = standard.energy
    add("activate", count(.activate), host?.activation)
    add("refresh", count(.refresh), host?.refreshAllBank)
    let bits = Double(standard.burst.bytes.count * 8)
    func perBurst(_ perBit: [String: Double]?) -> Energy? {
      perBit.map { parts in
        let sum = parts.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value }
        return Energy(picojoules: sum * bits)
      }
    }
    add("read", count(.read), perBurst(host?.readPerBit))
    add("write", count(.write), perBurst(host?.writePerBit))
    if let pim = standard.pim, let energy = pim.energy {
      add("pim_activate", count(pim.commands.activate), energy.activate)
      add("pim_load", count(pim.commands.load), energy.load)
      add("pim_compute", counts.columnSteps, energy.compute)
      add("pim_result", counts.results, energy.result)
      let ranks = compiled.bankCount / compiled.refreshScopeBanks
      add("standby_active", counts.hostActive, energy.standbyActive)
      add("standby_idle", counts.clocks * ranks - counts.hostActive, energy.standbyIdle)
      if pim.rowBuffers == .dual {
        add("pim_standby_active", counts.pimActive, energy.standbyActive)
        add("pim_standby_idle", counts.clocks * ranks - counts.pimActive, energy.standbyIdle)
      }
    }
    self.terms = terms
  }
}
