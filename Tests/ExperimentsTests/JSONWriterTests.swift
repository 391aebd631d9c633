import Experiments
import Testing

@Suite struct JSONWriterTests {
  @Test func valuesAreEscapedAndExact() {
    var json = JSONWriter(isPretty: false)
    json.object { json in
      json.field("a\"b", 1)
      json.field("list") { json in
        json.array { json in
          json.value("line\nbreak\u{1}")
          json.value(0.1)
          json.value(2.0)
          json.value(true)
          json.null()
        }
      }
      json.field("empty") { json in json.object { _ in } }
      json.field("last", -3)
    }
    #expect(
      json.text == #"{"a\"b":1,"list":["line\nbreak\u0001",0.1,2,true,null],"empty":{},"last":-3}"#
        + "\n")
  }

  @Test func prettyTextIsIndentedAndCompactPartsAreNot() {
    var json = JSONWriter()
    json.object { json in
      json.field("rows") { json in
        json.array { json in
          for index in 0..<2 {
            json.compact { json in json.object { json in json.field("index", index) } }
          }
        }
      }
    }
    #expect(json.text == "{\n  \"rows\":[\n    {\"index\":0},\n    {\"index\":1}\n  ]\n}\n")
  }
}
