internal import Workload

/// The blocks of query rows of an attention operator, dealt to pipelines.
///
/// A block is up to `queryBlock` rows of one request and KV head: the queries of the heads that share
/// it, position by position. Blocks are dealt in order, each to the pipeline with the least pairs.
struct PipelineShares {
  /// Pairs of the blocks of each pipeline that has some, in order.
  private(set) var rows: [[Int]]
  /// Bytes of K and V streamed beyond reading each key that is seen once, in elements.
  private(set) var restreamedElements = 0

  init(
    _ attention: Attention, _ requests: [RequestRun], pipelines: Int, queryBlock: Int,
    keepsKeys: (Int) -> Bool
  ) {
    rows = []
    var heap = LoadHeap(count: pipelines)
    var shares = [[Int]](repeating: [], count: pipelines)
    let elements = attention.headDim + attention.valueDim
    for run in requests where run.query > 0 {
      let blocks = PipelineShares.blocks(attention, run, queryBlock)
      for _ in 0..<(run.count * attention.kvHeads) {
        for pairs in blocks { shares[heap.add(pairs)].append(pairs) }
      }
      guard !keepsKeys(attention.keysRead(of: run)) else { continue }
      let extra = PipelineShares.restreamedKeys(
        attention, run, rowsOfPass: queryBlock * pipelines)
      restreamedElements += run.count * attention.kvHeads * extra * elements
    }
    rows = shares.filter { !$0.isEmpty }
  }

  /// Keys that the query at position `query` of a run sees.
  private static func seen(_ attention: Attention, _ run: RequestRun, _ query: Int) -> Int {
    let limit = attention.keyLimit ?? Int.max
    return attention.causal ? min(run.kv - run.query + query + 1, limit) : min(run.kv, limit)
  }

  private static func blocks(_ attention: Attention, _ run: RequestRun, _ size: Int) -> [Int] {
    let group = attention.heads / attention.kvHeads
    let rows = group * run.query
    return stride(from: 0, to: rows, by: size).map { first in
      (first..<min(rows, first + size)).reduce(0) { $0 + seen(attention, run, $1 / group) }
    }
  }

  /// Keys streamed by passes of `rowsOfPass` rows beyond one pass over all.
  private static func restreamedKeys(
    _ attention: Attention, _ run: RequestRun, rowsOfPass: Int
  ) -> Int {
    let group = attention.heads / attention.kvHeads
    let rows = group * run.query
    var keys = 0
    for first in stride(from: 0, to: rows, by: rowsOfPass) {
      let (start, end) = (first / group, (min(rows, first + rowsOfPass) - 1) / group)
      // The queries of a pass as a request of their own.
      let context = attention.causal ? run.kv - run.query + end + 1 : run.kv
      keys += attention.keysRead(
        of: RequestRun(first: 0, count: 1, query: end - start + 1, kv: context))
    }
    return max(0, keys - attention.keysRead(of: run))
  }
}

/// Pipelines by load, the lowest index first among equals.
private struct LoadHeap {
  private var items: [(load: Int, index: Int)]

  init(count: Int) {
    items = (0..<count).map { (0, $0) }
  }

  /// Adds a load to the least loaded pipeline and returns it.
  mutating func add(_ load: Int) -> Int {
    let chosen = items[0].index
    items[0].load += load
    var place = 0
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < items.count {
        if items[child] < items[least] { least = child }
      }
      if least == place { return chosen }
      items.swapAt(place, least)
      place = least
    }
  }
}
