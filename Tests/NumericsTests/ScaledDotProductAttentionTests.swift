import Numerics
import Testing
import Units

@Suite struct ScaledDotProductAttentionTests {
  /// Runs one head over all queries in pieces of the given sizes.
  func run(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, mask: KeyVisibility, pieces: [Int]
  ) -> [Float] {
    let dim = q.shape[1]
    var out = [Float](repeating: 0, count: q.count)
    out.withUnsafeMutableBufferPointer { out in
      q.elements.withUnsafeBufferPointer { q in
        guard let out = out.baseAddress, let q = q.baseAddress else { return }
        var start = 0
        for piece in pieces {
          ScaledDotProductAttention.attend(
            queries: piece, keys: mask.isCausal ? start + piece : k.shape[0], headDim: dim,
            valueDim: dim, scale: 0.25, mask: mask, firstPosition: start,
            q: q + start * dim, queryStride: dim, k: k.elements, keyStride: dim, v: v.elements,
            valueStride: dim, into: out + start * dim, outStride: dim)
          start += piece
        }
      }
    }
    return out
  }

  @Test(arguments: [
    KeyVisibility(isCausal: true), KeyVisibility(isCausal: true, window: 23),
    KeyVisibility(isCausal: true, window: 19, sinks: 3), KeyVisibility(isCausal: false),
  ])
  func piecesGiveTheBitsOfOneRun(mask: KeyVisibility) {
    var generator = SeededGenerator(seed: 41)
    let q = GEMMTests.random([150, 24], &generator)
    let k = GEMMTests.random([150, 24], &generator)
    let v = GEMMTests.random([150, 24], &generator)
    let whole = run(q, k, v, mask: mask, pieces: [150])
    #expect(run(q, k, v, mask: mask, pieces: Array(repeating: 1, count: 150)) == whole)
    #expect(run(q, k, v, mask: mask, pieces: [7, 70, 3, 64, 6]) == whole)
  }

  @Test func aWindowWiderThanTheContextChangesNothing() {
    var generator = SeededGenerator(seed: 42)
    let q = GEMMTests.random([40, 16], &generator)
    let k = GEMMTests.random([40, 16], &generator)
    let full = run(q, k, k, mask: KeyVisibility(isCausal: true), pieces: [40])
    #expect(run(q, k, k, mask: KeyVisibility(isCausal: true, window: 40), pieces: [40]) == full)
    #expect(run(q, k, k, mask: KeyVisibility(isCausal: true, window: 39), pieces: [40]) != full)
    #expect(
      run(q, k, k, mask: KeyVisibility(isCausal: true, window: 39, sinks: 1), pieces: [40]) == full)
  }
}
