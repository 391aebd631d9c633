/// A list of requests in the order in which they are offered, with the identifiers of the file.
public struct RequestTrace: Sendable {
  public var identifiers: [Int] = []
  public var requests: [MemoryRequest] = []

  public init(requests: [MemoryRequest]) {
    self.requests = requests
    identifiers = Array(0..<requests.count)
  }

  /// Reads `id,cycle,op,ra,bg,ba,row,col`; further columns are ignored.
  public init(csv text: String, name: String, standard: CompiledStandard) throws {
    let table = try CSVTable(text, name: name)
    let columns = try ["id", "cycle", "op", "ra", "bg", "ba", "row", "col"].map(table.column)
    let organization = standard.standard.organization
    for row in table.rows {
      func value(_ index: Int) throws -> Int { try table.integer(row, columns[index]) }
      let operation = row.fields[columns[2]]
      guard operation == "R" || operation == "W" else {
        throw MemoryError("\(name):\(row.line): op must be R or W, not '\(operation)'")
      }
      let place = BankCoordinates(
        rank: try value(3), bankGroup: try value(4), bank: try value(5))
      guard let bank = standard.flatBank(place) else {
        throw MemoryError(
          "\(name):\(row.line): \(standard.standard.name) has no ra \(place.rank), bg \(place.bankGroup), ba \(place.bank)"
        )
      }
      let tick = try value(1)
      let line = try value(6)
      let column = try value(7)
      guard tick >= 0 else { throw MemoryError("\(name):\(row.line): cycle must not be negative") }
      guard (0..<organization.rows).contains(line), (0..<organization.columns).contains(column)
      else {
        throw MemoryError(
          "\(name):\(row.line): row must be below \(organization.rows) and col below \(organization.columns)"
        )
      }
      identifiers.append(try value(0))
      requests.append(
        MemoryRequest(
          tick: tick, isWrite: operation == "W", bank: bank, row: line, column: column))
    }
  }
}
