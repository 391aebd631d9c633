import Units

extension MemoryStandard {
  /// Name of the implicit outermost level: everything behind one controller.
  public static let channelLevel = "channel"

  /// Index of a level: 0 is the channel, then the organisation's levels outermost first.
  func levelIndex(_ name: String, in place: String, at path: String? = nil) throws -> Int {
    if name == Self.channelLevel { return 0 }
    if let index = organization.levels.firstIndex(where: { $0.name == name }) { return index + 1 }
    throw MemoryError(
      "\(self.name): \(place) names the unknown level '\(name)'"
        + suggestion(for: name, among: [Self.channelLevel] + organization.levels.map(\.name)),
      at: path ?? place)
  }

  func commandIndex(_ name: String, in place: String) throws -> Int {
    if let index = commands.firstIndex(where: { $0.name == name }) { return index }
    throw MemoryError(
      "\(self.name): \(place) names the unknown command '\(name)'"
        + suggestion(for: name, among: commands.map(\.name)), at: place)
  }

  /// Every timing parameter in clocks, durations rounded up and densities resolved.
  public func timingInClocks() throws -> [String: Int] {
    let domain = ClockDomain(name: name, frequency: clock)
    var clocks: [String: Int] = [:]
    for (key, parameter) in timing {
      let given =
        (parameter.value == nil ? 0 : 1) + (parameter.duration == nil ? 0 : 1)
        + (parameter.byDensity == nil ? 0 : 1)
      guard given == 1 else {
        throw MemoryError(
          "\(name): timing.\(key) needs exactly one of value, duration and by_density",
          at: "timing.\(key)")
      }
      var value = parameter.value
      var duration = parameter.duration
      if let table = parameter.byDensity {
        guard let row = table.first(where: { organization.densityGigabits <= $0.upToGigabits })
        else {
          throw MemoryError(
            "\(name): timing.\(key) has no row for \(organization.densityGigabits) Gb",
            at: "timing.\(key)")
        }
        value = row.value
        duration = row.duration
      }
      if let value {
        clocks[key] = value
      } else if let duration {
        clocks[key] = domain.cycles(covering: duration).count
      } else {
        throw MemoryError(
          "\(name): timing.\(key) has a density row without value or duration",
          at: "timing.\(key)")
      }
      guard (0...1 << 30).contains(clocks[key, default: 0]) else {
        throw MemoryError(
          "\(name): timing.\(key) must lie between 0 and 2^30 clocks", at: "timing.\(key)")
      }
      if parameter.source.isEmpty {
        throw MemoryError("\(name): timing.\(key) has no source", at: "timing.\(key)")
      }
    }
    return clocks
  }

  /// Checks everything that the engine relies on; throws one line that names the offending key.
  public func validate() throws {
    guard clock.hertz > 0 else {
      throw MemoryError("\(name): clock must be above 0 Hz", at: "clock")
    }
    guard (1...2).contains(ticksPerClock) else {
      throw MemoryError(
        "\(name): ticks_per_clock must be 1 or 2, not \(ticksPerClock)", at: "ticks_per_clock")
    }
    guard burst.bytes.count > 0 else {
      throw MemoryError("\(name): burst.bytes must be above 0", at: "burst.bytes")
    }
    guard organization.levels.last?.name == "bank" else {
      throw MemoryError(
        "\(name): the last of organization.levels must be 'bank'", at: "organization.levels")
    }
    for (index, level) in organization.levels.enumerated() where level.count < 1 {
      throw MemoryError(
        "\(name): level '\(level.name)' needs a count of at least 1",
        at: "organization.levels[\(index)]")
    }
    let banks = organization.levels.reduce(1) { $0 * $1.count }
    guard banks <= 1024 else {
      throw MemoryError(
        "\(name): \(banks) banks behind one controller; at most 1024", at: "organization.levels")
    }
    let sizes = [
      ("rows", organization.rows), ("columns", organization.columns),
      ("channels", organization.channels), ("density_gigabits", organization.densityGigabits),
      ("stacks", organization.stacks ?? 1),
    ]
    for (key, value) in sizes where value < 1 || value > 1 << 30 {
      throw MemoryError(
        "\(name): organization.\(key) must be between 1 and 2^30, not \(value)",
        at: "organization.\(key)")
    }
    let clocks = try timingInClocks()
    func value(_ text: String, _ path: String) throws -> Int {
      try MemoryError.located(name, path) { try TimingExpression(text).value(clocks) }
    }
    let expressions = [
      (burst.clocks, "burst.clocks"), (latency.read, "latency.read"),
      (latency.write, "latency.write"), (refresh.interval, "refresh.interval"),
    ]
    for (text, path) in expressions where try value(text, path) <= 0 {
      throw MemoryError("\(name): \(path) '\(text)' must be above 0 clocks", at: path)
    }
    if let split = splitActivation { _ = try value(split.deadline, "split_activation.deadline") }
    if let dataClock { _ = try value(dataClock.post, "data_clock.post") }
    try validateCommands()
    try validateConstraints(clocks)
    if refresh.postponementLimit < 0 {
      throw MemoryError(
        "\(name): refresh.postponement_limit must not be negative",
        at: "refresh.postponement_limit")
    }
    let compiled = try CompiledStandard(self)
    try compiled.checkRefresh(.allBank)
    try compiled.checkRefreshOfUnits()
  }

  private func validateCommands() throws {
    var seen: Set<String> = []
    for (index, command) in commands.enumerated() {
      let place = "commands[\(index)]"
      guard seen.insert(command.name).inserted else {
        throw MemoryError("\(name): command '\(command.name)' is declared twice", at: place)
      }
      guard (1...8).contains(command.ticks ?? 1) else {
        throw MemoryError("\(name): command '\(command.name)' needs 1 to 8 ticks", at: place)
      }
      _ = try levelIndex(command.scope, in: "command '\(command.name)'", at: place)
    }
  }

  private func validateConstraints(_ clocks: [String: Int]) throws {
    for (index, row) in constraints.enumerated() {
      let place = "constraints[\(index)]"
      let level = try levelIndex(row.scope, in: place)
      guard (1...64).contains(row.window ?? 1) else {
        throw MemoryError("\(name): \(place).window must be 1 to 64", at: place)
      }
      _ = try MemoryError.located(name, "\(place).delay") {
        try TimingExpression(row.delay).value(clocks)
      }
      for command in row.preceding + row.following {
        let declared = commands[try commandIndex(command, in: place)]
        guard try levelIndex(declared.scope, in: command) >= level else {
          throw MemoryError(
            "\(name): \(place) binds '\(command)', which covers more than one \(row.scope)",
            at: place)
        }
      }
      if row.sibling == true && level == 0 {
        throw MemoryError(
          "\(name): \(place) is a sibling rule, but a channel has no siblings", at: place)
      }
    }
  }
}
