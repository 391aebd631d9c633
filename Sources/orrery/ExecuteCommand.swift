import ArgumentParser
import Experiments
import Numerics
import ReferenceTransformer
import Workload

/// `orrery execute`.
struct ExecuteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "execute",
    abstract: "Run a model on token ids with the reference executor, in binary32.")

  @Argument(
    help: "The model: a directory with config.json and safetensors, or a .gguf or llama2.c file.")
  var directory: String

  @Option(help: ArgumentHelp("The prompt's token ids.", valueName: "id,id,..."))
  var tokens: IntegerList

  @Option(help: "How many tokens to generate, greedily.")
  var generate = 1

  @Option(
    help: ArgumentHelp(
      "Write the prompt's logits, float32 [1, prompt, vocabulary].", valueName: "file.npy"))
  var logits: String?

  @Option(
    help: ArgumentHelp(
      """
      Save the inputs and outputs of an operator to --output: layer.L.attention, \
      layer.L.feed_forward, layer.L.router, hidden_states.I. May be given several times. \
      'orrery compare --input FILE' runs attention kernels on the first.
      """, valueName: "place"))
  var capture: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The captures' file.", valueName: "file.safetensors"))
  var output: String?

  @OptionGroup(title: "Architecture switches") var switches: SwitchOptions

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func validate() throws {
    guard capture.isEmpty == (output == nil) else {
      throw ValidationError("--capture and --output belong together")
    }
  }

  func run() throws {
    let model = try ModelLoader.load(path: directory)
    var options = GenerationOptions()
    options.switches = switches.switches
    let probe = capture.isEmpty ? nil : Probe(places: capture)
    let generation = try model.generate(
      tokens: tokens.values, steps: generate, options: options, probe: probe)
    if let probe, let output { try probe.write(to: output) }
    let vocabulary = model.architecture.vocabulary
    let shape = [1, tokens.values.count, vocabulary]
    if let logits {
      let array = NDArray(shape: shape, elements: generation.promptLogits[0].elements)
      try NPYFile.write(array, to: logits)
    }
    let generated = generation.tokens[0]
    if json {
      var writer = JSONWriter()
      writer.object { json in
        json.field("schema", "orrery.execution/1")
        json.field("model", model.architecture.name)
        json.field("tokens") { json in
          json.compact { json in
            json.array { json in for token in generated { json.value(token) } }
          }
        }
        json.field("logits_shape") { json in
          json.compact { json in
            json.array { json in for extent in shape { json.value(extent) } }
          }
        }
      }
      print(writer.text, terminator: "")
    } else {
      print(generated.map(String.init).joined(separator: ","))
    }
  }
}
