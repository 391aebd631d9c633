import Testing
import Units
import Workload

@Suite struct OperatorTrafficTests {
  private func weight(_ id: Int, _ shape: TensorShape) -> Tensor {
    Tensor(id: id, name: "w\(id)", shape: shape, dtype: .f16, role: .weight, address: id << 20)
  }

  private func activation(_ id: Int, _ shape: TensorShape) -> Tensor {
    Tensor(id: id, shape: shape, dtype: .f16, role: .activation, address: id << 20)
  }

  @Test func gemmMovesEachMatrixOnce() {
    let gemm = Operator(
      id: 0, name: "gemm", operation: .gemm(MatrixProduct(m: 2, k: 3, n: 5)),
      inputs: [activation(0, [2, 3]), weight(1, [5, 3])], outputs: [activation(2, [2, 5])])
    #expect(gemm.traffic == OperatorTraffic(read: ByteCount(2 * 21), written: ByteCount(20)))
    #expect(gemm.operationsPerByte == 60.0 / 62.0)
  }

  @Test func attentionReadsTheKeysThatItsQueriesSee() {
    let cache = Tensor(id: 1, shape: [4, 128, 2, 16], dtype: .f16, role: .kv, address: 0)
    func read(_ attention: Attention, _ run: RequestRun) -> Int {
      Operator(
        id: 0, name: "a", operation: .attention(attention), phase: .decode, requests: [run],
        inputs: [cache]
      ).traffic.read.count
    }
    let full = Attention(heads: 8, kvHeads: 2, headDim: 16)
    let row = 2 * 16 * 2
    #expect(read(full, RequestRun(first: 0, count: 3, query: 1, kv: 100)) == 3 * 100 * row)
    let windowed = Attention(heads: 8, kvHeads: 2, headDim: 16, window: 10, sinks: 2)
    #expect(read(windowed, RequestRun(first: 0, count: 1, query: 1, kv: 100)) == 12 * row)
    #expect(read(windowed, RequestRun(first: 0, count: 1, query: 4, kv: 100)) == 15 * row)
    let sparse = Attention(heads: 8, kvHeads: 2, headDim: 16, selected: 32)
    #expect(read(sparse, RequestRun(first: 0, count: 1, query: 1, kv: 100)) == 32 * row)
  }

  @Test func appendWritesTheNewTokensOnly() {
    let cache = Tensor(id: 1, shape: [4, 128, 2, 16], dtype: .f16, role: .kv, address: 0)
    let append = Operator(
      id: 0, name: "append", operation: .memoryMove(MemoryMove(function: .kvAppend)),
      requests: [RequestRun(first: 0, count: 4, query: 3, kv: 50)],
      inputs: [activation(0, [12, 32])], outputs: [cache])
    #expect(append.traffic.written == ByteCount(12 * 32 * 2))
    #expect(append.traffic.read == ByteCount(12 * 32 * 2))
  }

  @Test func embeddingReadsOneRowAToken() {
    let embedding = Operator(
      id: 0, name: "embed", operation: .embedding(Embedding(tokens: 3, hidden: 8, vocabulary: 99)),
      inputs: [weight(0, [99, 8])], outputs: [activation(1, [3, 8])])
    #expect(embedding.traffic.read == ByteCount(3 * 8 * 2))
  }

  @Test func idleExpertsAreNotRead() {
    let ffn = ExpertFFN(
      hidden: 4, intermediate: 8, matrices: 2, function: .relu, tokensPerExpert: [2, 0, 1])
    let single = Operator(
      id: 0, name: "experts", operation: .expertFFN(ffn),
      inputs: [activation(9, [3, 4])] + (0..<6).map { weight($0, [8, 4]) })
    let stacked = Operator(
      id: 0, name: "experts", operation: .expertFFN(ffn),
      inputs: [activation(9, [3, 4]), weight(0, [3, 8, 4]), weight(1, [3, 4, 8])])
    let expected = ByteCount(3 * 4 * 2 + 4 * 8 * 4 * 2)
    #expect(single.traffic.read == expected)
    #expect(stacked.traffic.read == expected)
    #expect(single.accesses.reduce(ByteCount.zero) { $0 + $1.bytes } == expected)
  }

  @Test func decodeAttentionOperationsPerByteApproachTheGroupSize() {
    // Duplex facts: Op/B of grouped-query decode attention is the group size (counting matrix work).
    let key = Tensor(id: 1, shape: [1, 4096, 8, 128], dtype: .f16, role: .kv, address: 0)
    let value = Tensor(id: 2, shape: [1, 4096, 8, 128], dtype: .f16, role: .kv, address: 1 << 30)
    let attention = Operator(
      id: 0, name: "a", operation: .attention(Attention(heads: 32, kvHeads: 8, headDim: 128)),
      phase: .decode, requests: [RequestRun(first: 0, count: 1, query: 1, kv: 4096)],
      inputs: [key, value])
    let intensity = Double(attention.work.matrix) / Double(attention.traffic.total.count)
    #expect(intensity == 4)
  }
}
