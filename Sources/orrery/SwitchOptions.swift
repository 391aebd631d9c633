import ArgumentParser
import ReferenceTransformer
import Units

/// Options that change a model's architecture for study, the same for running and for tracing.
struct SwitchOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Layers whose attention is left out.", valueName: "layer,..."))
  var dropAttention: IntegerList?

  @Option(
    help: ArgumentHelp("Layers whose feed-forward network is left out.", valueName: "layer,..."))
  var dropMlp: IntegerList?

  @Option(
    help: ArgumentHelp(
      "Keys that a query sees, itself included: one number, or one a layer.", valueName: "n[,n...]")
  )
  var window: IntegerList?

  @Option(help: "First keys that stay visible beside a window.")
  var sinks = 0

  @Option(
    help: "Element type of the KV cache: f32, f16, bf16, i8 or i4; the model's when left out.")
  var kvDtype: DataType?

  /// The switches that the options set.
  var switches: ArchitectureSwitches {
    var switches = ArchitectureSwitches()
    switches.droppedAttention = Set(dropAttention?.values ?? [])
    switches.droppedFeedForward = Set(dropMlp?.values ?? [])
    switches.windows = window?.values ?? []
    switches.sinks = sinks
    switches.kvType = kvDtype
    return switches
  }
}
