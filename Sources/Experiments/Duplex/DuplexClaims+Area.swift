internal import Devices
internal import Systems
internal import Units
internal import Workload

extension DuplexClaims {
  /// Energy, delay and area of the three designs (Fig. 8 of the paper), each column over its greatest.
  ///
  /// The added areas are those that the text gives: of Logic-PIM itself, and of published designs with
  /// units at banks (HBM-PIM 27 %) and of GDDR6-AiM (20 to 25 %), taken for units at bank groups.
  var energyDelayArea: PublishedClaim {
    let designs = [("bank-pim", 0.27), ("bankgroup-pim", 0.20), ("duplex", 0.1471)]
    let published: [(tokens: Int, values: [Double])] = [
      (1, [0.08, 1.00, 0.66]), (2, [0.16, 1.00, 0.66]), (4, [0.35, 1.00, 0.65]),
      (8, [0.81, 1.00, 0.65]), (16, [1.00, 0.96, 0.61]), (32, [1.00, 0.67, 0.40]),
    ]
    var texts: [String] = []
    var isSame = true
    for (tokens, column) in published {
      let work = KernelWork.product(
        m: tokens, k: 4096, n: 16_384, weights: .f16, activations: .f16)
      let values = designs.map { product(of: work, on: $0.0) * $0.1 }
      let most = values.max() ?? 1
      texts.append("\(tokens): " + values.map { text($0 / most) }.joined(separator: " "))
      isSame = isSame && order(values) == order(column)
    }
    func row(_ index: Int) -> String {
      published.map { text($0.values[index]) }.joined(separator: " ")
    }
    return PublishedClaim(
      "X2", "energy x delay x added area of Bank-, BankGroup- and Logic-PIM, by operations a byte",
      published: "Bank \(row(0)), BankGroup \(row(1)), Logic \(row(2)) at 1 to 32",
      ours: texts.joined(separator: ", "), agrees: isSame,
      assumption:
        "the same order in each column; added area 27 % (the text, of HBM-PIM), 20 % (the "
        + "text's least of GDDR6-AiM, for bank groups) and 14.71 % of dies of one size")
  }

  private func order(_ values: [Double]) -> [Int] {
    values.indices.sorted { values[$0] < values[$1] }
  }

  /// Energy times delay of a kernel on the PIM units of a system, in any unit.
  private func product(of work: KernelWork, on system: String) -> Double {
    guard let hybrid = systems[system] as? XPUPIMSystem, let set = hybrid.spec.energy?.first,
      let cost = try? hybrid.device.pimCost(work, energy: nil)
    else { preconditionFailure("\(system) is a hybrid system with coefficients") }
    return set.energy(of: work, on: .pim).total * cost.duration.seconds
  }
}
