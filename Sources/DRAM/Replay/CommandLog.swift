/// Command logs as CSV: `cycle,cmd,ch,ra,bg,ba,row,col`, -1 where a coordinate does not apply.
public enum CommandLog {
  public static let header = "cycle,cmd,ch,ra,bg,ba,row,col"

  /// One line of the file. A command wider than a bank names the levels that it is confined to.
  public static func line(_ record: CommandRecord, _ compiled: CompiledStandard) -> String {
    let command = compiled.standard.commands[Int(record.command)]
    let place = compiled.coordinates(ofBank: Int(record.bank))
    let isBank = command.scope == "bank"
    let bankGroup = isBank ? place.bankGroup : -1
    let bank = isBank ? place.bank : -1
    return
      "\(record.tick),\(command.name),\(record.channel),\(place.rank),\(bankGroup),\(bank),\(record.row),\(record.column)"
  }

  /// Reads a log; throws with file and line for an unknown command or coordinate.
  public static func parse(
    _ text: String, name: String, _ compiled: CompiledStandard
  ) throws -> [CommandRecord] {
    let table = try CSVTable(text, name: name)
    let columns = try ["cycle", "cmd", "ch", "ra", "bg", "ba", "row", "col"].map(table.column)
    var numbers: [Substring: Int] = [:]
    for (index, command) in compiled.standard.commands.enumerated() {
      numbers[Substring(command.name)] = index
    }
    return try table.rows.map { row in
      func value(_ index: Int) throws -> Int { try table.integer(row, columns[index]) }
      guard let number = numbers[row.fields[columns[1]]] else {
        throw MemoryError(
          "\(name):\(row.line): \(compiled.standard.name) has no command '\(row.fields[columns[1]])'"
            + suggestion(for: String(row.fields[columns[1]]), among: numbers.keys.map(String.init)))
      }
      let place = BankCoordinates(
        rank: max(0, try value(3)), bankGroup: max(0, try value(4)), bank: max(0, try value(5)))
      guard let bank = compiled.flatBank(place) else {
        throw MemoryError("\(name):\(row.line): no such rank, bank group and bank")
      }
      return CommandRecord(
        tick: try value(0), command: number, channel: try value(2), bank: bank, row: try value(6),
        column: try value(7))
    }
  }

  /// A whole log as text.
  public static func text(_ log: [CommandRecord], _ compiled: CompiledStandard) -> String {
    var result = header + "\n"
    for record in log { result += line(record, compiled) + "\n" }
    return result
  }
}
