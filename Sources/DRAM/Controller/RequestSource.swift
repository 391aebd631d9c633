/// The coordinates of one access behind a controller.
public struct MemoryRequest: Hashable, Sendable {
  /// Earliest tick at which it is offered.
  public var tick: Int
  public var isWrite: Bool
  public var bank: Int
  public var row: Int
  public var column: Int

  public init(tick: Int, isWrite: Bool, bank: Int, row: Int, column: Int) {
    self.tick = tick
    self.isWrite = isWrite
    self.bank = bank
    self.row = row
    self.column = column
  }
}

/// Successive bursts of one channel, from single requests or from ranges of in-channel burst numbers.
///
/// The next request always stands ready in `row`, `column`, `bank`; ranges move by a mixed-radix odometer, so the
/// next burst costs a handful of instructions.
struct RequestSource {
  /// A range of in-channel bursts [first, end) of one task.
  struct Segment {
    var first: Int
    var end: Int
    var tick: Int
    var tag: Int
    var isWrite: Bool
    /// Every how manieth burst is a write instead, 0 if none.
    var writePeriod = 0
  }

  var available = false
  var tick = 0
  var bank = 0
  var row = 0
  var column = 0
  var isWrite = false
  var tag = 0
  /// Bursts left in the current segment after the one that stands ready.
  var remaining = 0
  /// In-channel number of the burst that stands ready (ranges only).
  var position = 0
  /// That of the segment's first burst.
  var first = 0
  /// In a segment where every n-th burst is a write: n, or 0; and the place of the burst that stands ready in its turn.
  var writePeriod = 0
  var writePhase = 0
  /// One digit per digit of the radix, in memory of the controller.
  let digits: UnsafeMutablePointer<Int>
  var segments: [Segment] = []
  var segmentHead = 0
  var requests: [MemoryRequest] = []
  var requestHead = 0

  init(digits: UnsafeMutablePointer<Int>) {
    self.digits = digits
  }
}

/// The mixed radix of a channel's bursts: how each digit, least significant first, moves column, bank and row.
struct ChannelRadix: Hashable, Sendable {
  struct Digit: Hashable, Sendable {
    var radix: Int
    var column: Int
    var bank: Int
    var row: Int
  }
  var digits: [Digit]
  /// Bursts of the channel.
  var capacity: Int { digits.reduce(1) { $0 * $1.radix } }

  func coordinates(of burst: Int) -> (bank: Int, row: Int, column: Int) {
    var rest = burst
    var result = (bank: 0, row: 0, column: 0)
    for digit in digits {
      let value = rest % digit.radix
      rest /= digit.radix
      result.bank += value * digit.bank
      result.row += value * digit.row
      result.column += value * digit.column
    }
    return result
  }
}

extension RequestSource {
  /// Adds single requests; the tag of each is its index since the start.
  mutating func append(_ list: [MemoryRequest]) {
    requests.append(contentsOf: list)
    if !available { loadRequest() }
  }

  mutating func append(_ segment: Segment, radix: ChannelRadix) {
    if segment.first >= segment.end { return }
    segments.append(segment)
    if !available { loadSegment(radix) }
  }

  /// Takes over everything but the memory of the digits.
  mutating func take(_ other: RequestSource) {
    available = other.available
    tick = other.tick
    bank = other.bank
    row = other.row
    column = other.column
    isWrite = other.isWrite
    tag = other.tag
    remaining = other.remaining
    position = other.position
    first = other.first
    writePeriod = other.writePeriod
    writePhase = other.writePhase
    segments = other.segments
    segmentHead = other.segmentHead
    requests = other.requests
    requestHead = other.requestHead
  }

  @inline(__always)
  private mutating func loadRequest() {
    guard requestHead < requests.count else {
      available = false
      return
    }
    let request = requests[requestHead]
    available = true
    tick = request.tick
    bank = request.bank
    row = request.row
    column = request.column
    isWrite = request.isWrite
    tag = requestHead
  }

  @inline(never)
  private mutating func loadSegment(_ radix: ChannelRadix) {
    guard segmentHead < segments.count else {
      available = false
      segments.removeAll(keepingCapacity: true)
      segmentHead = 0
      return
    }
    let segment = segments[segmentHead]
    segmentHead += 1
    available = true
    tick = segment.tick
    isWrite = segment.isWrite
    tag = segment.tag
    first = segment.first
    writePeriod = segment.writePeriod
    seek(segment.first, radix)
    remaining = segment.end - segment.first - 1
  }

  /// Makes the given burst the one that stands ready.
  mutating func seek(_ burst: Int, _ radix: ChannelRadix) {
    position = burst
    var rest = burst
    for index in 0..<radix.digits.count {
      digits[index] = rest % radix.digits[index].radix
      rest /= radix.digits[index].radix
    }
    (bank, row, column) = radix.coordinates(of: burst)
    if writePeriod > 0 {
      writePhase = (burst - first) % writePeriod
      isWrite = writePhase == writePeriod - 1
    }
  }

  /// Moves to the next request after the current one was accepted.
  @inline(__always)
  mutating func advance(
    _ place: UnsafeMutablePointer<ChannelRadix.Digit>, _ radix: () -> ChannelRadix
  ) {
    if remaining > 0 {
      remaining &-= 1
      position &+= 1
      if writePeriod > 0 {
        writePhase = writePhase &+ 1 == writePeriod ? 0 : writePhase &+ 1
        isWrite = writePhase == writePeriod &- 1
      }
      var index = 0
      while true {
        let digit = place + index
        let value = digits[index] &+ 1
        if value < digit.pointee.radix {
          digits[index] = value
          column &+= digit.pointee.column
          bank &+= digit.pointee.bank
          row &+= digit.pointee.row
          return
        }
        digits[index] = 0
        column &-= digit.pointee.column &* (digit.pointee.radix &- 1)
        bank &-= digit.pointee.bank &* (digit.pointee.radix &- 1)
        row &-= digit.pointee.row &* (digit.pointee.radix &- 1)
        index &+= 1
      }
    }
    if requests.isEmpty {
      loadSegment(radix())
    } else {
      requestHead &+= 1
      loadRequest()
    }
  }
}
