internal import Configuration
internal import Units

extension SweepSpecification {
  /// The combinations of axis values, in order, conditions applied.
  ///
  /// A grid is in the order of the axes, the last one fastest. Random sampling draws until it has
  /// its points; a Latin hypercube loses the points that conditions exclude, for a replacement
  /// would break its strata.
  ///
  /// - Throws: `ConfigurationError` when nothing is left or when there are too many points.
  func combinations() throws(ConfigurationError) -> [[AxisValue]] {
    var result: [[AxisValue]] = []
    var tried = 0
    switch sampling {
    case .grid:
      let counts = groups.map { group in count(of: group[0]) }
      let total = counts.reduce(1.0) { $0 * Double($1) }
      guard total <= 1_000_000 else {
        throw ConfigurationError(
          "\(name): the axes span \(total) points; a sweep holds at most 1000000; use 'sample'")
      }
      for number in 0..<Int(total) {
        var values = [AxisValue](repeating: .integer(0), count: axes.count)
        var rest = number
        for (group, count) in zip(groups, counts).reversed() {
          for axis in group {
            if case .values(let list) = axes[axis].domain { values[axis] = list[rest % count] }
          }
          rest /= count
        }
        tried += 1
        if try holds(values) { result.append(values) }
      }
    case .random(let points, let seed):
      var generator = SeededGenerator(seed: seed)
      while result.count < points && tried < 1_000 * points {
        let positions = groups.map { _ in generator.nextUnit() }
        let values = values(at: positions)
        tried += 1
        if try holds(values) { result.append(values) }
      }
      guard result.count == points || result.isEmpty else {
        throw ConfigurationError(
          "\(name): where: only \(result.count) of \(points) points were found in \(tried) draws; "
            + "relax the conditions or the number of points")
      }
    case .latinHypercube(let points, let seed):
      var generator = SeededGenerator(seed: seed)
      let columns = groups.map { _ in
        Array(0..<points).shuffled(using: &generator).map {
          (Double($0) + generator.nextUnit()) / Double(points)
        }
      }
      for number in 0..<points {
        let values = values(at: columns.map { $0[number] })
        tried += 1
        if try holds(values) { result.append(values) }
      }
    }
    guard !result.isEmpty else {
      throw ConfigurationError(
        "\(conditionsOrigin): where: the conditions remove all \(tried) "
          + "points of the sweep")
    }
    return result
  }

  private var conditionsOrigin: String { conditions.first?.origin ?? name }

  private func count(of axis: Int) -> Int {
    if case .values(let values) = axes[axis].domain { values.count } else { 0 }
  }

  private func values(at positions: [Double]) -> [AxisValue] {
    var values = [AxisValue](repeating: .integer(0), count: axes.count)
    for (group, position) in zip(groups, positions) {
      for axis in group { values[axis] = axes[axis].value(at: position) }
    }
    return values
  }

  private func holds(_ values: [AxisValue]) throws(ConfigurationError) -> Bool {
    if conditions.isEmpty { return true }
    var named: [String: AxisValue] = [:]
    for (axis, value) in zip(axes, values) {
      named[axis.name] = value
      for target in axis.targets { named[target] = value }
    }
    // Every condition is evaluated, so that a wrong one shows up whatever the others say.
    var result = true
    for condition in conditions where try !condition.holds(named) { result = false }
    return result
  }
}
