internal import Systems
internal import Units

extension SimulationResult {
  /// Writes what the fabric did, for streaming devices.
  func writeStreaming(to json: inout JSONWriter) {
    guard let streaming = run.streaming else { return }
    json.field("streaming") { json in
      json.object { json in
        json.field("attention_operators", streaming.operators)
        json.field("attention_cycles", streaming.cycles)
        json.field("pipelines", streaming.pipelines)
        json.field("intermediate_bytes", streaming.intermediateBytes)
        json.field("restreamed_bytes", streaming.restreamedBytes.count)
      }
    }
  }
}
