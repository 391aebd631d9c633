import DRAM
import Testing

@Suite struct CSVTableTests {
  private func trace(_ text: String) throws -> RequestTrace {
    try RequestTrace(
      csv: text, name: "x.csv", standard: try CompiledStandard(try Repository.standard("ddr4-2400"))
    )
  }

  @Test func lineEndsSpacesMarksAndFurtherColumnsDoNotMatter() throws {
    let lines = ["id,cycle,op,ra,bg,ba,row,col,note", "0,5,R,0,1,2,3,4,x", "1,6,W,0,0,0,0,0,y"]
    let plain = try trace(lines.joined(separator: "\n"))
    #expect(plain.requests.count == 2)
    #expect(plain.requests[0].tick == 5 && plain.requests[1].isWrite)
    for text in [
      lines.joined(separator: "\r\n") + "\r\n", "\u{FEFF}" + lines.joined(separator: "\n"),
      lines.joined(separator: "\n\n"),
      lines.map { $0.replacing(",", with: " , ") }.joined(separator: "\n"),
    ] {
      #expect(try trace(text).requests == plain.requests)
    }
    let shuffled = "op,col,row,ba,bg,ra,cycle,id\nR,4,3,2,1,0,5,0\nW,0,0,0,0,0,6,1"
    #expect(try trace(shuffled).requests == plain.requests)
  }

  @Test(arguments: [
    ("", "empty"), ("id,cycle,op,ra,bg,ba,row\n", "'col' is missing"),
    ("id,cycle,op,ra,bg,ba,row,col\n0,1,X,0,0,0,0,0", "x.csv:2: op must be R or W"),
    ("id,cycle,op,ra,bg,ba,row,col\r\n0,1,R,0,9,0,0,0", "x.csv:2: ddr4-2400 has no"),
    ("id,cycle,op,ra,bg,ba,row,col\n0,-1,R,0,0,0,0,0", "cycle must not be negative"),
    ("id,cycle,op,ra,bg,ba,row,col\n0,1,R,0,0,0,0", "7 fields"),
    ("id,cycle,op,ra,bg,ba,row,col\n0,1.5,R,0,0,0,0,0", "not a whole number"),
    ("id,cycle,op,ra,bg,ba,row,col\n0,1,R,0,0,0,999999999,0", "row must be below"),
  ])
  func whatIsWrongIsNamed(text: String, part: String) {
    let error = #expect(throws: MemoryError.self) { try trace(text) }
    #expect(error?.description.contains(part) == true)
    #expect(error?.description.contains("\n") == false)
  }
}
