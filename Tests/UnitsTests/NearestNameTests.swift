import Testing
import Units

@Suite struct NearestNameTests {
  @Test func typosFindTheirName() {
    let known = ["layers", "hidden", "kv_heads", "head_dim"]
    #expect(nearestName(to: "layrs", among: known) == "layers")
    #expect(nearestName(to: "kv_haeds", among: known) == "kv_heads")
    #expect(nearestName(to: "heads", among: known) == nil)
    #expect(nearestName(to: "x", among: [String]()) == nil)
  }
}
