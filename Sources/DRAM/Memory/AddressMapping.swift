/// How device addresses spread over channels, ranks, banks, rows and columns: a mixed-radix number.
///
/// The text names fields from the most to the least significant, such as
/// `row-rank-bank_group-bank-channel-column`; the burst offset lies below. A field may be split:
/// `column:8` is a part of radix 8, and a part without a radix takes what is left. Radices need not be powers of
/// two, so five stacks work. A mapping is a bijection between bursts and coordinates; anything else is an error.
public struct AddressMapping: Hashable, Sendable {
  /// One digit, least significant first.
  struct Digit: Hashable, Sendable {
    var field: String
    var radix: Int
    /// Product of the radices of this field's less significant digits.
    var fieldWeight: Int
    /// Product of all less significant radices.
    var weight: Int
  }

  /// The text as given.
  public let text: String
  let digits: [Digit]
  /// Channels over all stacks.
  public let channels: Int
  /// Bursts per channel.
  public let burstsPerChannel: Int
  let radix: ChannelRadix
  /// Digits that choose the channel, least significant first, each with its weight in the burst number.
  let channelDigits: [(weight: Int, radix: Int, stride: Int)]

  public static func == (left: AddressMapping, right: AddressMapping) -> Bool {
    left.digits == right.digits && left.radix == right.radix
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(digits)
  }

  /// Parses a mapping for a standard with the given number of channels (absent: the standard's).
  public init(
    _ text: String? = nil, standard: MemoryStandard, channels: Int? = nil
  ) throws {
    let organization = standard.organization
    let text = text ?? organization.addressMapping
    self.text = text
    let total = channels ?? organization.channels
    guard (1...1 << 16).contains(total) else {
      throw MemoryError("a memory has between one and 65536 channels, not \(total)")
    }
    var parts: [(name: String, radix: Int?)] = []
    for word in text.split(separator: "-", omittingEmptySubsequences: false) {
      let pieces = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let name = pieces[0] == "bankgroup" ? "bank_group" : String(pieces[0])
      if pieces.count == 2 {
        guard let radix = Int(pieces[1]), radix >= 1 else {
          throw MemoryError("mapping '\(text)': '\(word)' needs a whole radix, as in column:8")
        }
        parts.append((name, radix))
      } else {
        parts.append((name, nil))
      }
    }
    // Sizes of the fields; a mapping without stacks numbers all channels in one field.
    var sizes = ["row": organization.rows, "column": organization.columns, "channel": total]
    if parts.contains(where: { $0.name == "stack" }) {
      // A single channel studied by itself belongs to one stack.
      let stacks = total == 1 ? 1 : organization.stacks ?? 1
      guard total % stacks == 0 else {
        throw MemoryError(
          "mapping '\(text)': \(total) channels do not divide over \(stacks) stacks")
      }
      sizes["channel"] = total / stacks
      sizes["stack"] = stacks
    }
    for level in organization.levels { sizes[level.name] = level.count }
    for part in parts where sizes[part.name] == nil {
      throw MemoryError(
        "mapping '\(text)': unknown field '\(part.name)'"
          + suggestion(for: part.name, among: sizes.keys))
    }
    for (field, size) in sizes.sorted(by: { $0.key < $1.key }) {
      let mine = parts.indices.filter { parts[$0].name == field }
      if mine.isEmpty {
        if size == 1 { continue }
        throw MemoryError("mapping '\(text)' lacks '\(field)', which has \(size) values")
      }
      let open = mine.filter { parts[$0].radix == nil }
      let given = mine.reduce(1) { $0 * (parts[$1].radix ?? 1) }
      guard open.count <= 1, size % given == 0, !open.isEmpty || given == size else {
        throw MemoryError(
          "mapping '\(text)': the parts of '\(field)' must multiply to its \(size) values")
      }
      if let index = open.first { parts[index].radix = size / given }
    }
    var digits: [Digit] = []
    var weights: [String: Int] = [:]
    var weight = 1
    for part in parts.reversed() {
      let radix = part.radix ?? 1
      digits.append(
        Digit(
          field: part.name, radix: radix, fieldWeight: weights[part.name, default: 1],
          weight: weight))
      weights[part.name, default: 1] *= radix
      weight *= radix
    }
    self.digits = digits
    self.channels = total
    burstsPerChannel = weight / total
    channelDigits = digits.filter { $0.field == "channel" || $0.field == "stack" }.map {
      (
        $0.weight, $0.radix,
        $0.field == "stack" ? $0.fieldWeight * (sizes["channel"] ?? 1) : $0.fieldWeight
      )
    }
    radix = Self.channelRadix(digits, organization)
  }

  /// The digits within a channel. Levels combine to the flat bank, outermost most significant.
  private static func channelRadix(
    _ digits: [Digit], _ organization: MemoryStandard.Organization
  ) -> ChannelRadix {
    var strides: [String: Int] = [:]
    var stride = 1
    for level in organization.levels.reversed() {
      strides[level.name] = stride
      stride *= level.count
    }
    let inner = digits.filter { $0.field != "channel" && $0.field != "stack" && $0.radix > 1 }
    return ChannelRadix(
      digits: inner.map {
        ChannelRadix.Digit(
          radix: $0.radix, column: $0.field == "column" ? $0.fieldWeight : 0,
          bank: (strides[$0.field] ?? 0) * $0.fieldWeight,
          row: $0.field == "row" ? $0.fieldWeight : 0)
      })
  }

  /// How many of the bursts below `burst` lie in a channel: the in-channel number of the next one.
  func inChannel(_ burst: Int, channel: Int) -> Int {
    var number = burst
    var removed = 1
    for digit in channelDigits {
      // Weights shrink by what was already taken out below.
      let low = digit.weight / removed
      let value = channel / digit.stride % digit.radix
      let cycle = low * digit.radix
      number = number / cycle * low + min(max(number % cycle - value * low, 0), low)
      removed *= digit.radix
    }
    return number
  }

  /// Channel and in-channel number of a burst.
  func place(of burst: Int) -> (channel: Int, number: Int) {
    var channel = 0
    for digit in channelDigits { channel += burst / digit.weight % digit.radix * digit.stride }
    return (channel, inChannel(burst, channel: channel))
  }

  /// Channel and coordinates of a burst number (address divided by bytes of a burst).
  public func coordinates(ofBurst burst: Int) -> (channel: Int, bank: Int, row: Int, column: Int) {
    let (channel, number) = place(of: burst)
    let inner = radix.coordinates(of: number)
    return (channel, inner.bank, inner.row, inner.column)
  }
}
