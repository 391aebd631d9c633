import Configuration
import Reports
import Testing

@Suite struct ConfigurationDescriptionTests {
  @Test func everyValueShowsItsOrigin() throws {
    var node = try ConfigurationNode(yaml: "a: 1\nb: {c: two}\n", name: "x.yaml")
    try node.apply(override: "b.c=three")
    #expect(
      ConfigurationDescription(node).text == "a    1      # x.yaml:1:1\nb.c  three  # --set b.c\n")
    #expect(ConfigurationDescription(node).json.contains(#""origin":"--set b.c""#))
  }
}
