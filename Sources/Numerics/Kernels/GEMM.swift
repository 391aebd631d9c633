internal import CKernels

/// Products of binary32 matrices whose bits depend on the operands alone.
///
/// Each element is 16 partial sums (sum j takes the terms j, j+16, ...) that are added as a tree;
/// products and sums are rounded separately. So a row's result is the same for one row and for a
/// thousand, on every instruction set and with any number of threads.
public enum GEMM {
  /// How the right-hand matrix lies in memory.
  public enum Layout: Hashable, Sendable {
    /// `[k, n]`: the product a b.
    case plain
    /// `[n, k]`: the product with the transpose, the layout of linear layers.
    case transposed
  }

  /// c = a b for row-major matrices in memory.
  ///
  /// - Parameters:
  ///   - m: rows of a and c; `k`: the length of each sum; `n`: columns of c.
  ///   - lda: elements from one row of a to the next, `ldb` and `ldc` alike.
  /// - Complexity: 2 m n k operations; scratch of m k floats when m is 4 or more.
  public static func multiply(
    m: Int, n: Int, k: Int,
    _ a: UnsafePointer<Float>, lda: Int,
    _ b: UnsafePointer<Float>, ldb: Int, layout: Layout,
    into c: UnsafeMutablePointer<Float>, ldc: Int,
    context: ComputeContext = .single
  ) {
    if m == 0 || n == 0 { return }
    let level = context.level.rawValue
    let work = 2 * m * n * k
    let chunk = chunkWidth(n: n, threads: context.threads)
    let chunks = (n + chunk - 1) / chunk
    let (left, right, target) = (Shared(a), Shared(b), Shared(c))
    if m < fewRows {
      context.forEach(chunks, work: work) { index in
        let start = index * chunk
        let width = min(chunk, n - start)
        let out = target.pointer + start
        switch layout {
        case .transposed:
          ckernels_gemm_nt(
            level, m, width, k, left.pointer, lda, right.pointer + start * ldb, ldb, out, ldc)
        case .plain:
          withScratch(16 * 128) { scratch in
            ckernels_gemm_nn_rows(
              level, m, width, k, left.pointer, lda, right.pointer + start, ldb, out, ldc, scratch)
          }
        }
      }
      return
    }
    withScratch(m * k) { scratch in
      let packedRows = ckernels_pack(level, m, k, a, lda, scratch)
      let packed = Shared(scratch)
      context.forEach(chunks, work: work) { index in
        let start = index * chunk
        let width = min(chunk, n - start)
        let out = target.pointer + start
        func product(_ b: UnsafePointer<Float>, _ ldb: Int, _ sums: UnsafeMutablePointer<Float>) {
          ckernels_gemm_packed(
            level, packedRows, width, k, packed.pointer, left.pointer, lda, b, ldb, out, ldc, sums)
          if packedRows < m {
            ckernels_gemm_nt(
              level, m - packedRows, width, k, left.pointer + packedRows * lda, lda, b, ldb,
              out + packedRows * ldc, ldc)
          }
        }
        withScratch(Int(CKernelSums)) { sums in
          switch layout {
          case .transposed: product(right.pointer + start * ldb, ldb, sums)
          case .plain:
            withScratch(width * k) { columns in
              ckernels_transpose(k, width, right.pointer + start, ldb, columns, k)
              product(columns, k, sums)
            }
          }
        }
      }
    }
  }

  /// The product of two rank-2 arrays.
  ///
  /// - Precondition: the shapes fit the layout.
  public static func multiply(
    _ a: Tensor, _ b: Tensor, layout: Layout = .plain, context: ComputeContext = .single
  ) -> Tensor {
    precondition(a.rank == 2 && b.rank == 2, "a matrix product needs two matrices")
    let (m, k) = (a.shape[0], a.shape[1])
    let n = layout == .plain ? b.shape[1] : b.shape[0]
    precondition(k == (layout == .plain ? b.shape[0] : b.shape[1]), "inner extents differ")
    var c = Tensor(shape: [m, n], repeating: 0)
    a.elements.withUnsafeBufferPointer { a in
      b.elements.withUnsafeBufferPointer { b in
        c.elements.withUnsafeMutableBufferPointer { c in
          guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
          multiply(
            m: m, n: n, k: k, a, lda: k, b, ldb: layout == .plain ? n : k, layout: layout,
            into: c, ldc: n, context: context)
        }
      }
    }
    return c
  }

  /// Below this many rows packing does not pay.
  private static let fewRows = 4

  /// Columns of one piece of work: a multiple of every tile, several pieces a thread.
  private static func chunkWidth(n: Int, threads: Int) -> Int {
    if threads == 1 { return n }
    let share = (n + 4 * threads - 1) / (4 * threads)
    return max(192, (share + 191) / 192 * 192)
  }

  /// Memory for a kernel's intermediate results, aligned to a cache line.
  static func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
    defer { memory.deallocate() }
    body(memory.bindMemory(to: Float.self, capacity: max(count, 1)))
  }
}
