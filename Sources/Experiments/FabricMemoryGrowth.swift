internal import Numerics
public import StreamingFabric

/// Intermediate memory of attention against the number of keys, measured on the fabric.
public struct FabricMemoryGrowth: Sendable {
  /// One graph at one length.
  public struct Point: Hashable, Sendable {
    public let variant: AttentionVariant
    public let keys: Int
    public let cycles: Int
    public let intermediateBytes: Int
  }

  public let points: [Point]
  /// Bytes of standard attention over those of chunked attention, at n = 16384 (one head, d = 64).
  public let chunkedRatio: Double

  /// The paper's ratio at n = 16384 for inference (arXiv 2112.05682).
  public static let publishedRatio = 59

  /// Runs R = M = N for powers of two from `first` to `last`, in f32, d = 1.
  ///
  /// - Throws: `GraphError` for lengths out of range.
  public init(_ variants: [AttentionVariant], from first: Int, to last: Int) throws {
    guard first >= 2, first <= last, last <= 1 << 24 else {
      throw GraphError(.value, "lengths run from \(first) to \(last): give 2 <= from <= to <= 2^24")
    }
    var points: [Point] = []
    for variant in variants {
      var keys = first
      while keys <= last {
        let shape = AttentionShape(rows: keys, keys: keys, dimension: 1)
        let attention = try AttentionGraph(
          AttentionOptions(variant, shape: shape), precision: .f32)
        let result = try attention.graph.run()
        points.append(
          Point(
            variant: variant, keys: keys, cycles: result.cycles,
            intermediateBytes: attention.intermediateBytes(peaks: result.peaks)))
        keys *= 2
      }
    }
    self.points = points
    let shape = AttentionShape(rows: 16_384, keys: 16_384, dimension: 64)
    func peak(_ kernel: AttentionKernel) -> Int {
      kernel.cost(shape, precision: .f32).peakIntermediateBytes
    }
    chunkedRatio =
      Double(peak(.naive)) / Double(peak(.rabeStaats(queryChunk: 1024, keyChunk: 4096)))
  }

  /// The points as JSON, schema `orrery.fabric_memory/1`.
  public var json: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.fabric_memory/1")
      json.records("points", points) { json, point in
        json.field("variant", point.variant.rawValue)
        json.field("keys", point.keys)
        json.field("cycles", point.cycles)
        json.field("intermediate_bytes", point.intermediateBytes)
      }
      json.field("rabe_staats") { json in
        json.object { json in
          json.field("keys", 16_384)
          json.field("ratio", chunkedRatio)
          json.field("published_ratio", Self.publishedRatio)
        }
      }
    }
    return json.utf8
  }

  /// The points as a table.
  public var text: String {
    let variants = points.reduce(into: [AttentionVariant]()) {
      if !$0.contains($1.variant) { $0.append($1.variant) }
    }
    func cell(_ text: String) -> String {
      String(repeating: " ", count: max(0, 14 - text.count)) + text
    }
    var text = cell("keys") + variants.map { cell($0.rawValue) }.joined() + "\n"
    var keys: [Int] = []
    for point in points where !keys.contains(point.keys) { keys.append(point.keys) }
    for count in keys {
      let line = variants.map { variant in
        points.first { $0.variant == variant && $0.keys == count }.map {
          cell("\($0.intermediateBytes)")
        } ?? cell("-")
      }
      text += cell("\(count)") + line.joined() + "\n"
    }
    text += "bytes of FIFO peaks and node state in f32, d = 1, sources left out\n"
    text +=
      "rabe-staats (query chunk 1024, key chunk 4096) at 16384 keys: standard attention holds "
    text +=
      "\((chunkedRatio * 10).rounded() / 10) times as much; published: \(Self.publishedRatio)\n"
    text +=
      "counted: scores, maxima, sums and partial outputs alive at once in f32, one head, d = 64\n"
    return text
  }
}
