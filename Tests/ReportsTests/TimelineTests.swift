import Experiments
import Foundation
import Reports
import Systems
import Testing
import Units
import Workload

/// A result of `count` equal matrix products on one device.
func sampleResult(
  count: Int, system name: String = "h100", fidelity: Fidelity = .analytic
) throws -> SimulationResult {
  var operators: [Operator] = []
  for id in 0..<count {
    var op = try Operator.singleGEMM(m: 64, k: 256, n: 256 + 64 * (id % 3), dtype: .f16)
    op.id = id
    op.step = id / 4
    operators.append(op)
  }
  let system = try SystemLoader.load(SystemLoader.configuration(name, overrides: []))
  return try Simulate(system: system, options: RunOptions(fidelity: fidelity)).run(
    OperatorSequence(operators),
    header: TraceHeader(model: "m", dtype: "f16", generator: "test"), trace: "t")
}

/// The fields of a protobuf message: number, wire type, value or bytes.
private func fields(_ bytes: ArraySlice<UInt8>) throws -> [(
  field: Int, value: UInt64, bytes: ArraySlice<UInt8>
)] {
  struct Malformed: Error {}
  var rest = bytes
  var result: [(field: Int, value: UInt64, bytes: ArraySlice<UInt8>)] = []
  func varint() throws -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = rest.popFirst() {
      value |= UInt64(byte & 127) << shift
      if byte < 128 { return value }
      shift += 7
    }
    throw Malformed()
  }
  while !rest.isEmpty {
    let key = try varint()
    switch key & 7 {
    case 0: result.append((Int(key >> 3), try varint(), []))
    case 1:
      guard rest.count >= 8 else { throw Malformed() }
      result.append((Int(key >> 3), 0, rest.prefix(8)))
      rest = rest.dropFirst(8)
    case 2:
      let count = Int(try varint())
      guard rest.count >= count else { throw Malformed() }
      result.append((Int(key >> 3), 0, rest.prefix(count)))
      rest = rest.dropFirst(count)
    default: throw Malformed()
    }
  }
  return result
}

@Suite struct TimelineTests {
  @Test func perfettoPacketsAreInTimeOrderAndSlicesClose() throws {
    let result = try sampleResult(count: 40)
    let bytes = PerfettoTimeline(TimelineModel(result)).bytes
    var last: UInt64 = 0
    var open: [UInt64: Int] = [:]
    var begins = 0
    var names: Set<String> = []
    for packet in try fields(bytes[...]) {
      #expect(packet.field == 1)
      let parts = try fields(packet.bytes)
      for part in parts where part.field == 60 {
        for field in try fields(part.bytes) where field.field == 2 {
          names.insert(String(decoding: field.bytes, as: UTF8.self))
        }
      }
      guard let event = parts.first(where: { $0.field == 11 }) else { continue }
      let time = try #require(parts.first { $0.field == 8 }).value
      #expect(time >= last)
      last = time
      let body = try fields(event.bytes)
      let type = try #require(body.first { $0.field == 9 }).value
      let track = try #require(body.first { $0.field == 11 }).value
      if type == 1 {
        begins += 1
        open[track, default: 0] += 1
      } else if type == 2 {
        open[track, default: 0] -= 1
        #expect((open[track] ?? 0) >= 0, "an end comes before its begin")
      }
    }
    #expect(begins == 40 + 10)
    #expect(open.values.allSatisfy { $0 == 0 })
    #expect(names.isSuperset(of: ["h100", "steps", "memory bandwidth"]))
  }

  @Test func chromeTimesAreExact() throws {
    let result = try sampleResult(count: 5)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(ChromeTimeline(TimelineModel(result)).bytes))
        as? [String: Any])
    let events = try #require(object["traceEvents"] as? [[String: Any]])
    let slices = events.filter { $0["cat"] as? String == "gemm" }
    #expect(slices.count == 5)
    for (slice, record) in zip(slices, result.run.operators) {
      let start = try #require(slice["ts"] as? Double)
      #expect(Int((start * 1e6).rounded()) == record.start.picoseconds)
    }
  }

  @Test func everyChannelHasItsMeasuredBandwidthAtCycleFidelity() throws {
    let result = try sampleResult(count: 20, system: "npu", fidelity: .cycle)
    let channels = try #require(result.run.memory?.channels)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(ChromeTimeline(TimelineModel(result)).bytes))
        as? [String: Any])
    let events = try #require(object["traceEvents"] as? [[String: Any]])
    let counters = events.filter {
      $0["ph"] as? String == "C" && ($0["name"] as? String)?.hasPrefix("channel ") == true
    }
    #expect(Set(counters.compactMap { $0["name"] as? String }).count == channels)
    let series = try #require(result.run.memory?.channelSeries)
    let moved = series.reduce(0) { $0 + $1.series.bytes.reduce(0) { $0 + $1.count } }
    #expect(moved == result.run.memory?.bytesMoved.count)
  }

  @Test func theLongestOperatorsAreKeptAndTheOthersCounted() throws {
    let result = try sampleResult(count: 30)
    let model = TimelineModel(result, limit: 10)
    #expect(model.leftOut == 20)
    let whole = ChromeTimeline(TimelineModel(result)).bytes.count
    #expect(ChromeTimeline(model).bytes.count < whole)
  }

  @Test func aWindowShowsOnlyItsOperators() throws {
    let result = try sampleResult(count: 30)
    let third = result.run.operators[10]
    let window = TimeWindow(start: third.start, end: third.end)
    let text = String(
      decoding: ChromeTimeline(TimelineModel(result, window: window)).bytes, as: UTF8.self)
    #expect(text.components(separatedBy: "\"cat\":\"gemm\"").count - 1 == 1)
    #expect(text.contains("\"id\":10,"))
  }

  @Test(arguments: ["1 us", "2 us..1 us", "1 us..x", "1..2"])
  func badWindowsAreRefused(text: String) {
    #expect(throws: (any Error).self) { try TimeWindow(parsing: text) }
  }

  @Test func windowsHaveUnits() throws {
    #expect(
      try TimeWindow(parsing: "1 us..2.5 us")
        == TimeWindow(start: Instant(picoseconds: 1_000_000), end: Instant(picoseconds: 2_500_000)))
  }
}
