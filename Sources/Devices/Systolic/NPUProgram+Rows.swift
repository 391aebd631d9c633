extension NPUProgram {
  /// A function over rows: `inputs` operands of a row each are loaded, one row is stored.
  public static func rows(
    _ function: VectorFunction, rows: Int, columns: Int, inputs: Int, parameters: Int,
    elementBytes: Int, spec: SystolicSpec, traffic: NPUTraffic
  ) -> NPUProgram {
    var program = NPUProgram()
    var shared: Int32 = -1
    let bytes = columns * elementBytes
    for index in 0..<parameters {
      shared = program.load(NPUPiece(.parameters, row: index, bytes: bytes))
    }
    // The released code measures a row after it has given it away: no element is left.
    let clocks = spec.vector.clocks(function, count: traffic.has(.vectorRows) ? columns : 0)
    for row in 0..<rows {
      var last: Int32 = 0
      for input in 0..<inputs {
        last = program.load(NPUPiece(input == 0 ? .input : .second, row: row, bytes: bytes))
      }
      program.add(
        Step(
          first: last, second: shared >= 0 ? shared : last, clocks: Int32(clocks), unit: .vector),
        storing: NPUPiece(.output, row: row, bytes: bytes))
    }
    return program
  }

  /// A row of a table for each token, from each of `tables` tables, added up and stored.
  public static func gather(tokens: Int, bytes: Int, tables: Int) -> NPUProgram {
    var program = NPUProgram()
    for token in 0..<tokens {
      var last: Int32 = 0
      for table in 0..<tables {
        last = program.load(NPUPiece(.table, row: token, column: table, bytes: bytes))
      }
      program.add(
        Step(first: last, second: last, clocks: 0, unit: .vector),
        storing: NPUPiece(.output, row: token, bytes: bytes))
    }
    return program
  }
}
