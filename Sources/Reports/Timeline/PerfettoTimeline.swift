internal import TraceFormat

/// Writes a timeline in Perfetto's native protobuf format, with nested tracks and units.
///
/// Field numbers are those of Perfetto's trace protos (TracePacket, TrackDescriptor, TrackEvent).
/// Perfetto counts in nanoseconds: an operator's times are rounded to the nearest one, its exact
/// duration is in its arguments. Packets are in time order, ends before begins.
public struct PerfettoTimeline {
  private enum EventType: UInt64 {
    case begin = 1
    case end = 2
    case counter = 4
  }

  /// What happens at a time.
  private struct Event {
    var time: Int
    /// Ends come before counters, these before begins.
    var rank: Int
    /// The slice, or the counter and sample.
    var index: Int
    var sample = 0
  }

  private let model: TimelineModel
  /// All packets are of one writer.
  private let sequence: UInt64 = 1
  private let root: UInt64 = 1

  public init(_ model: TimelineModel) {
    self.model = model
  }

  private func track(_ index: Int) -> UInt64 { UInt64(index) + 10 }
  private func counterTrack(_ index: Int) -> UInt64 { UInt64(model.tracks.count + index) + 10 }

  /// The file.
  public var bytes: [UInt8] {
    var trace = ProtobufWriter()
    descriptor(root, name: model.system, parent: nil, rank: 0, into: &trace, isFirst: true)
    for (index, name) in model.tracks.enumerated() {
      descriptor(track(index), name: name, parent: root, rank: index, into: &trace)
    }
    for (index, counter) in model.counters.enumerated() {
      descriptor(
        counterTrack(index), name: counter.name, parent: root, rank: model.tracks.count + index,
        unit: counter.unit, into: &trace)
    }
    for event in events { packet(event, into: &trace) }
    return trace.bytes
  }

  private var events: [Event] {
    var events: [Event] = []
    events.reserveCapacity(2 * model.slices.count)
    for (index, slice) in model.slices.enumerated() {
      events.append(Event(time: nanoseconds(slice.start), rank: 2, index: index))
      events.append(Event(time: nanoseconds(slice.end), rank: 0, index: index))
    }
    for (index, counter) in model.counters.enumerated() {
      for (sample, value) in counter.samples.enumerated() {
        events.append(
          Event(time: nanoseconds(value.time), rank: 1, index: index, sample: sample))
      }
    }
    // A slice that rounds to nothing must still begin before it ends.
    return events.sorted { left, right in
      if left.time != right.time { return left.time < right.time }
      let (first, second) = (order(left), order(right))
      return first != second ? first < second : left.index < right.index
    }
  }

  private func order(_ event: Event) -> Int {
    guard event.rank != 1 else { return 1 }
    let slice = model.slices[event.index]
    let isEmpty = nanoseconds(slice.start) == nanoseconds(slice.end)
    guard isEmpty else { return event.rank == 0 ? 0 : 4 }
    return event.rank == 0 ? 3 : 2
  }

  private func nanoseconds(_ picoseconds: Int) -> Int { (picoseconds + 500) / 1_000 }

  private func descriptor(
    _ uuid: UInt64, name: String, parent: UInt64?, rank: Int, unit: String? = nil,
    into trace: inout ProtobufWriter, isFirst: Bool = false
  ) {
    trace.message(1) { packet in
      packet.message(60) { track in
        track.varint(1, uuid)
        track.string(2, name)
        if let parent { track.varint(5, parent) }
        if let unit { track.message(8) { $0.string(6, unit) } }
        // The order of children is that of their ranks.
        track.varint(11, 3)
        track.varint(12, UInt64(rank))
      }
      packet.varint(10, sequence)
      if isFirst {
        packet.varint(13, 1)
        packet.varint(87, 1)
      }
    }
  }

  private func packet(_ event: Event, into trace: inout ProtobufWriter) {
    trace.message(1) { packet in
      packet.varint(8, UInt64(event.time))
      packet.message(11) { body in
        switch event.rank {
        case 0:
          body.varint(9, EventType.end.rawValue)
          body.varint(11, track(model.slices[event.index].track))
        case 1:
          body.varint(9, EventType.counter.rawValue)
          body.varint(11, counterTrack(event.index))
          body.double(44, model.counters[event.index].samples[event.sample].value)
        default:
          let slice = model.slices[event.index]
          body.varint(9, EventType.begin.rawValue)
          body.varint(11, track(slice.track))
          body.string(22, slice.category)
          body.string(23, slice.name)
          for argument in slice.arguments + [("duration_ps", slice.end - slice.start)] {
            body.message(4) { annotation in
              annotation.string(10, argument.name)
              annotation.varint(4, UInt64(bitPattern: Int64(argument.value)))
            }
          }
        }
      }
      packet.varint(10, sequence)
    }
  }
}
