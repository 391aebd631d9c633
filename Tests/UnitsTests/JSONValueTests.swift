import Testing

@testable import Units

@Suite struct JSONValueTests {
  @Test func readsEveryKindOfValue() throws {
    let value = try JSONValue.parse(
      #" {"a":[1,-2.5e3,true,false,null],"b":"x\né😀","c":{}} "#)
    #expect(value["a"]?.arrayValue?.map(\.doubleValue) == [1, -2500, nil, nil, nil])
    #expect(value["b"]?.stringValue == "x\n\u{E9}\u{1F600}")
    #expect(value["c"]?.objectValue?.isEmpty == true)
    #expect(try JSONValue.parse("9223372036854775807").intValue == .max)
    #expect(try JSONValue.parse("1e3").intValue == 1000)
    #expect(try JSONValue.parse("1.5").intValue == nil)
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1.", "1e", "-", "tru", "\"\\x\"", "\"\\ud800\"",
    "\"\n\"", "\"", "[1] 2", "{\"a\":1,\"a\":2}", "NaN", "+1", "[1 2]",
  ])
  func malformedTextIsRefused(text: String) {
    #expect(throws: JSONError.self) { try JSONValue.parse(text) }
  }

  @Test func nestingIsLimited() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try JSONValue.parse(nested(64))
    #expect(throws: JSONError.self) { try JSONValue.parse(nested(65)) }
  }
}
