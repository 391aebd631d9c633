/// Checks what a table of distances cannot say about a PIM command log: which rows are open in which buffer.
///
/// It shares no state and no code with ``PIMChannel``; use it beside ``ProtocolChecker``, which checks distances, the
/// command bus and refresh. Complexity: proportional to commands times banks.
public struct PIMProtocolChecker {
  private let standard: MemoryStandard
  private let design: PIMDesign
  private let banks: Int

  /// Prepares the rules of a standard with PIM.
  ///
  /// - Throws: `MemoryError` for a standard without PIM.
  public init(_ standard: MemoryStandard) throws {
    guard let design = standard.pim else {
      throw MemoryError("\(standard.name) has no section 'pim'")
    }
    self.standard = standard
    self.design = design
    banks = standard.organization.levels.map(\.count).reduce(1, *)
  }

  private func width(_ command: MemoryStandard.Command) -> Int {
    var left = banks
    guard command.scope != "channel" else { return left }
    for level in standard.organization.levels {
      left /= level.count
      if level.name == command.scope { return left }
    }
    return left
  }

  /// Every violation in the log of one channel, in order.
  public func violations(in log: [CommandRecord]) -> [ProtocolViolation] {
    var found: [ProtocolViolation] = []
    var host = [Int32](repeating: -1, count: banks)
    var units = host
    let isDual = design.rowBuffers == .dual
    let roles = design.commands
    for (index, record) in log.enumerated() {
      let command = standard.commands[Int(record.command)]
      let first = Int(record.bank)
      let covered = first..<min(first + width(command), banks)
      func report(_ text: String) {
        found.append(
          ProtocolViolation(index: index, tick: record.tick, message: "\(command.name): \(text)"))
      }
      func seen(_ bank: Int) -> Int32 { isDual ? units[bank] : host[bank] }
      if command.name == roles.activate {
        for bank in covered {
          if seen(bank) >= 0 && seen(bank) != record.row {
            report("bank \(bank) holds another row")
          }
          if isDual && host[bank] == record.row { report("the host holds the row in bank \(bank)") }
          if isDual { units[bank] = record.row } else { host[bank] = record.row }
        }
      } else if isDual && command.name == roles.precharge {
        if units[first] < 0 { report("bank \(first) is closed") }
        units[first] = -1
      } else if command.name == roles.composite || command.name == roles.compute {
        for bank in 0..<banks where seen(bank) != record.row {
          report("bank \(bank) does not hold row \(record.row)")
        }
      } else if command.name == roles.load {
        if host[first] != record.row { report("bank \(first) does not hold the operand's row") }
      } else {
        check(command, record, covered, &host, units, report)
      }
    }
    return found
  }

  private func check(
    _ command: MemoryStandard.Command, _ record: CommandRecord, _ covered: Range<Int>,
    _ host: inout [Int32], _ units: [Int32], _ report: (String) -> Void
  ) {
    switch command.effect {
    case .activate:
      if host[covered.lowerBound] >= 0 { report("bank \(covered.lowerBound) is open") }
      host[covered.lowerBound] = record.row
    case .precharge:
      for bank in covered { host[bank] = -1 }
    case .read, .write:
      if host[covered.lowerBound] != record.row { report("bank does not hold row \(record.row)") }
    case .refresh:
      for bank in covered where host[bank] >= 0 || units[bank] >= 0 {
        report("bank \(bank) is open")
      }
    case .none, .activateFirst, .startReadClock, .startWriteClock: break
    }
  }
}
