internal import Foundation
internal import Workload

/// The claims of the evaluation section, computed from measured points.
struct NeuPIMsClaims {
  typealias Machine = NeuPIMsReproduction.Machine
  typealias Key = NeuPIMsTable.Key

  let table: NeuPIMsTable
  let reproduction: NeuPIMsReproduction

  /// The model of the comparison of tensor and pipeline parallelism.
  static let parallelModel = "gpt3-30b"

  var all: [PublishedClaim] {
    throughput + ablation + utilization + energy + parallel + notModelled
  }

  /// Whole comparisons: every machine, with the paper's devices.
  private var keys: [Key] {
    table.keys.filter { key in
      reproduction.chosenModels.contains { $0.name == key.model && $0.tensor == key.tensor }
    }
  }

  private func gains(
    _ machine: Machine, _ other: Machine, where isWanted: (Key) -> Bool = { _ in true }
  ) -> [Double] {
    keys.filter(isWanted).compactMap { table.gain(machine, over: other, $0) }
  }

  private func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// A claim with one number; absent points leave it open.
  private func claim(
    _ id: String, _ statement: String, _ published: Double, _ ours: Double?, unit: String = "x",
    within fraction: Double = 0.1, _ assumption: String
  ) -> PublishedClaim {
    guard let ours else { return notRun(id, statement, text(published) + unit) }
    return PublishedClaim(
      id, statement, published: published, ours: ours, unit: unit, within: fraction,
      assumption: assumption)
  }

  private func notRun(_ id: String, _ statement: String, _ published: String) -> PublishedClaim {
    PublishedClaim(
      id, statement, published: published, without: .notRun,
      reason: "no point that was run has it; see --models, --batches and --datasets")
  }

  private var average: String { "arithmetic mean over \(keys.count) points" }

  private var throughput: [PublishedClaim] {
    let overNaive = gains(.neupims, .naive)
    let equal = mean(gains(.npuOnly, .gpu))
    let byBatch = reproduction.batches.compactMap { batch in
      mean(gains(.neupims, .naive) { $0.batch == batch })
    }
    let alpaca = mean(gains(.neupims, .naive) { $0.dataset == .alpaca })
    let shareGPT = mean(gains(.neupims, .naive) { $0.dataset == .shareGPT })
    let ceiling = mean(gains(.neupims, .gpuCeiling)).map { ", \(text($0))x at 40 % of its compute" }
    let dispatch = mean(gains(.neupims, .naiveDispatch)).map {
      "; \(text($0))x over one that dispatches an instruction a clock, as the released code does"
    }
    var claims = [
      claim(
        "N1", "throughput over GPU-only", 3, mean(gains(.neupims, .gpu)),
        average + "; the GPU at its datasheet peak" + (ceiling ?? "")),
      claim("N2", "throughput over NPU-only", 2.4, mean(gains(.neupims, .npuOnly)), average),
      claim(
        "N3", "throughput over naive NPU+PIM", 1.6, mean(overNaive), average + (dispatch ?? "")),
      claim(
        "N4", "naive NPU+PIM over NPU-only", 1.5, mean(gains(.naive, .npuOnly)),
        average
          + "; heads follow each other on the one pipeline of the NPU, as in the released code"),
    ]
    if let least = overNaive.min(), let most = overNaive.max() {
      claims.append(
        PublishedClaim(
          "N5", "range of the gain over naive NPU+PIM", published: "1.13x to 3x",
          ours: "\(text(least))x to \(text(most))x",
          agrees: abs(least / 1.13 - 1) <= 0.1 && abs(most / 3 - 1) <= 0.1, assumption: average))
    }
    if let equal {
      claims.append(
        PublishedClaim(
          "N6", "GPU-only and NPU-only are nearly equal", published: "nearly equal",
          ours: "NPU-only \(text(equal))x the GPU", agrees: (0.8...1.25).contains(equal),
          assumption: average + "; equal within a quarter"))
    }
    if byBatch.count > 1 {
      let grows = zip(byBatch, byBatch.dropFirst()).allSatisfy { $1 > $0 }
      claims.append(
        PublishedClaim(
          "N7", "the gain over naive NPU+PIM grows with the batch", published: "grows",
          ours: list(byBatch), agrees: grows, assumption: "batches in ascending order"))
    }
    if let alpaca, let shareGPT {
      claims.append(
        PublishedClaim(
          "N8", "the gain is larger on ShareGPT than on Alpaca", published: "larger",
          ours: "ShareGPT \(text(shareGPT))x, Alpaca \(text(alpaca))x", agrees: shareGPT > alpaca,
          assumption: "lengths with the published means and medians"))
    }
    return claims
  }

  private func list(_ values: [Double]) -> String {
    zip(reproduction.batches, values).map { "\($0): \(text($1))x" }.joined(separator: ", ")
  }

  /// The paper's ablation is of the 7B model; without it, of the models that were run.
  private func isAblated(_ key: Key) -> Bool {
    let model = reproduction.models.contains("gpt3-7b") ? "gpt3-7b" : reproduction.models.first
    return key.model == model && key.dataset == (reproduction.datasets.last ?? .shareGPT)
  }

  private var ablation: [PublishedClaim] {
    func percent(_ machine: Machine, _ other: Machine) -> Double? {
      mean(gains(machine, other, where: isAblated)).map { 100 * ($0 - 1) }
    }
    let released = percent(.dualReleased, .naive).map { "; \(text($0)) % with rows as released" }
    let concurrent = percent(.dualInterleaved, .naive).map {
      "; \(text($0)) % with the sub-batches that let the NPU work beside PIM"
    }
    let dispatch = percent(.dual, .naiveDispatch).map {
      "; \(text($0)) % when only the single buffer dispatches one instruction a clock, as in the released code"
    }
    var claims = [
      claim(
        "A1", "dual row buffers alone, throughput", 69.7, percent(.dual, .naive), unit: " %",
        "7B, ShareGPT-like, mean over batches; rows held" + (released ?? "") + (concurrent ?? "")
          + (dispatch ?? ""))
    ]
    let balance =
      gains(.balanced, .naive) + gains(.dualBalanced, .dual)
      + gains(.neupims, .dualInterleaved)
    if let least = balance.min(), let average = mean(balance) {
      claims.append(
        PublishedClaim(
          "A2", "balancing channels always helps", published: "always",
          ours: "in \(balance.count { $0 > 1 }) of \(balance.count) pairs, \(text(least))x to "
            + "\(text(balance.max() ?? 0))x, \(text(average))x on average",
          agrees: balance.allSatisfy { $0 > 1 },
          assumption: "round robin against min-load, with and without the other steps, all points"))
    }
    let byBatch = reproduction.batches.compactMap { batch in
      mean(gains(.neupims, .dualBalanced) { $0.batch == batch && isAblated($0) })
    }
    if !byBatch.isEmpty, byBatch.count == reproduction.batches.count {
      let pays = zip(reproduction.batches, byBatch).allSatisfy { batch, gain in
        batch >= 256 ? gain > 1 : batch > 64 || gain < 1
      }
      claims.append(
        PublishedClaim(
          "A3", "sub-batch interleaving can hurt at small batches and pays from 256",
          published: "hurts at 64, pays from 256", ours: list(byBatch), agrees: pays,
          assumption: "neupims over the same without sub-batches, 7B, ShareGPT-like"))
    }
    return claims
  }

  private var utilization: [PublishedClaim] {
    guard
      let key = keys.first(where: {
        $0.model == "gpt3-30b" && $0.batch == 256 && $0.dataset == .shareGPT
      })
    else {
      return [
        notRun("U1", "30B, batch 256, ShareGPT: use of the NPU", "28.00 and 64.90 %"),
        notRun("U2", "30B, batch 256, ShareGPT: use of the PIM units", "17.00 and 26.00 %"),
      ]
    }
    func percent(
      _ figure: (LayerMeasurement) -> Double?, _ machine: Machine
    ) -> Double? {
      table.mean(figure, machine, key).map { 100 * $0 }
    }
    let npu = "operations of weight products over the peak of the arrays, in the time of a layer"
    let pim = "bytes that the multipliers took over the internal peak, in the time of a layer"
    let point = "30B, batch 256, ShareGPT: use of the"
    return [
      claim(
        "U1a", "\(point) NPU, naive", 28, percent(\.npuUse, .naive), unit: " %", npu),
      claim(
        "U1b", "\(point) NPU, NeuPIMs", 64.9, percent(\.npuUse, .neupims), unit: " %", npu),
      claim(
        "U2a", "\(point) PIM units, naive", 17, percent(\.pimUse, .naive), unit: " %", pim),
      claim(
        "U2b", "\(point) PIM units, NeuPIMs", 26, percent(\.pimUse, .neupims), unit: " %", pim),
    ]
  }

  private var energy: [PublishedClaim] {
    var powers: [Double] = []
    var energies: [Double] = []
    for key in keys {
      guard let plain = table.mean(\.plainMemoryPower, .npuOnly, key),
        let power = table.mean(\.memoryPower, .neupims, key),
        let gain = table.gain(.neupims, over: .npuOnly, key)
      else { continue }
      powers.append(power / plain)
      energies.append(100 * (power / plain / gain - 1))
    }
    let what = "against the memory of NPU-only without what PIM adds; \(powers.count) points"
    return [
      claim("P1", "power of the memory", 1.8, mean(powers), what),
      claim(
        "P2", "energy of the memory for the same tokens", -25, mean(energies), unit: " %", what),
    ]
  }

  private var parallel: [PublishedClaim] {
    let statement = "tensor parallelism is preferred to pipeline parallelism at 256 requests"
    guard let model = reproduction.chosenModels.first(where: { $0.name == Self.parallelModel })
    else {
      return [notRun("T1", statement, "preferred")]
    }
    func seconds(_ tensor: Int, _ batch: Int) -> Double? {
      table.mean(
        \.seconds, .neupims,
        Key(model: model.name, tensor: tensor, dataset: .shareGPT, batch: batch))
    }
    guard let tensor = seconds(2 * model.tensor, 256), let pipeline = seconds(model.tensor, 128)
    else { return [notRun("T1", statement, "preferred")] }
    return [
      PublishedClaim(
        "T1", statement, published: "preferred",
        ours: "tensor over pipeline: \(text(pipeline / tensor))x", agrees: pipeline > tensor,
        assumption:
          "30B on \(2 * model.tensor) devices: a batch of 256 over all, or two of 128 in flight over two stages; "
          + "the link of the all-reduce is an assumption")
    ]
  }

  private var notModelled: [PublishedClaim] {
    [
      PublishedClaim(
        "X1", "area of the dual row buffers", published: "3.11 %", without: .notModelled,
        reason: "the paper's CACTI study at 22 nm; no part of it is public, so no area is reckoned"),
      PublishedClaim(
        "X2", "throughput over TransPIM, average", published: "228x", without: .notModelled,
        reason: "TransPIM is not one of the systems here"),
    ]
  }
}
