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
      var known: [Int: [Int]] = [:]
      let blocks = (0..<attention.kvHeads).map { head in
        let rows = PipelineShares.rows(attention, run, head)
        let blocks = known[rows] ?? PipelineShares.blocks(attention, run, rows, queryBlock)
        known[rows] = blocks
        return blocks
      }
      for _ in 0..<run.count {
        for pairs in blocks.joined() { shares[heap.add(pairs)].append(pairs) }
      }
      guard !keepsKeys(attention.keysRead(of: run)) else { continue }
      let extra = (0..<attention.kvHeads).reduce(0) {
        $0
          + PipelineShares.restreamedKeys(
            attention, run, PipelineShares.rows(attention, run, $1),
            rowsOfPass: queryBlock * pipelines)
      }
      restreamedElements += run.count * extra * elements
    }
    rows = shares.filter { !$0.isEmpty }
  }

  /// Query rows of one request that read a KV head: those of its group, or its part of the heads that
  /// a router picks, spread evenly (assumption).
  private static func rows(_ attention: Attention, _ run: RequestRun, _ head: Int) -> Int {
    let all = attention.queryHeads * run.query
    return all * (head + 1) / attention.kvHeads - all * head / attention.kvHeads
  }

  /// The request as its query number `query` sees it.
  private static func context(_ attention: Attention, _ run: RequestRun, _ query: Int) -> Int {
    attention.causal ? run.kv - run.query + query + 1 : run.kv
  }

  private static func blocks(
    _ attention: Attention, _ run: RequestRun, _ rows: Int, _ size: Int
  ) -> [Int] {
    let seen = (0..<run.query).map {
      attention.keysSeen(from: run.kv - run.query + $0, kv: run.kv)
    }
    return stride(from: 0, to: rows, by: size).map { first in
      (first..<min(rows, first + size)).reduce(0) { $0 + seen[$1 * run.query / rows] }
    }
  }

  /// Keys streamed by passes of `rowsOfPass` rows beyond one pass over all.
  private static func restreamedKeys(
    _ attention: Attention, _ run: RequestRun, _ rows: Int, rowsOfPass: Int
  ) -> Int {
    guard rows > 0 else { return 0 }
    var keys = 0
    for first in stride(from: 0, to: rows, by: rowsOfPass) {
      let start = first * run.query / rows
      let end = (min(rows, first + rowsOfPass) - 1) * run.query / rows
      // The queries of a pass as a request of their own.
      keys += attention.keysRead(
        of: RequestRun(
          first: 0, count: 1, query: end - start + 1, kv: context(attention, run, end)))
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
