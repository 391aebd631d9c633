// One instruction set's kernels. The including file defines
//   LEVEL(name)  the function's name for this level
//   TARGET       the target attribute
//   WIDTH        floats of one vector: 4, 8 or 16; a row is passed over 16 / WIDTH times
//   TILE_M, TILE_N  rows of a and of b whose dot products are held in registers; with TILE_M
//                   vectors of a, one of b and one product they must fit the register file;
//                   TILE_M is the smaller, since a streams by while b stays in the first cache

#define MOST_N (TILE_N > 4 ? TILE_N : 4)
#define INLINE static inline __attribute__((always_inline)) TARGET

typedef float LEVEL(vector) __attribute__((vector_size(WIDTH * 4)));
typedef float LEVEL(unaligned) __attribute__((vector_size(WIDTH * 4), aligned(4)));

/// Ends `mr` by `nr` dot products: the terms behind the last whole 16, then the tree of additions.
INLINE void LEVEL(finish)(
  const size_t mr, const size_t nr, size_t k, const float *a, size_t lda, const float *b,
  size_t ldb, float *sums, float *c, size_t ldc)
{
  const size_t whole = k & ~(size_t)15, rest = k - whole;
  if (rest) {
    // Rows padded with zeros: a sum that has no term gets + 0 * 0.
    float left[TILE_M][16] __attribute__((aligned(64))) = {{0}};
    float right[MOST_N][16] __attribute__((aligned(64))) = {{0}};
    for (size_t i = 0; i < mr; i++)
      for (size_t p = 0; p < rest; p++) left[i][p] = a[i * lda + whole + p];
    for (size_t j = 0; j < nr; j++)
      for (size_t p = 0; p < rest; p++) right[j][p] = b[j * ldb + whole + p];
    for (size_t i = 0; i < mr; i++)
      for (size_t j = 0; j < nr; j++)
        for (size_t p = 0; p < 16; p += WIDTH) {
          LEVEL(vector) *s = (LEVEL(vector) *)(sums + (i * nr + j) * 16 + p);
          *s = *s + *(LEVEL(vector) *)(left[i] + p) * *(LEVEL(vector) *)(right[j] + p);
        }
  }
  for (size_t i = 0; i < mr; i++)
    for (size_t j = 0; j < nr; j++) {
      const float *s = sums + (i * nr + j) * 16;
      float4 low = *(float4 *)s + *(float4 *)(s + 8);
      const float4 high = *(float4 *)(s + 4) + *(float4 *)(s + 12);
      low = low + high;
      c[i * ldc + j] = (low[0] + low[2]) + (low[1] + low[3]);
    }
}

/// Adds terms 0 ..< count (a multiple of 16) of `mr` by `nr` dot products to `sums`, or starts
/// them. `mr` and `nr` are constants after inlining. Rows of a are `lda` apart, and every 16 terms
/// the next vector of a row is 16 further, or in a packed operand, where the rows are WIDTH apart,
/// all rows further; pass q of a packed operand follows pass q - 1.
INLINE void LEVEL(accumulate)(
  const size_t mr, const size_t nr, const int start, const int is_packed, size_t count,
  const float *a, size_t lda, const float *b, size_t ldb, float *sums)
{
#pragma clang loop unroll(disable)
  for (size_t pass = 0; pass < 16 / WIDTH; pass++) {
    LEVEL(vector) acc[TILE_M][MOST_N];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < mr; i++)
#pragma clang loop unroll(full)
      for (size_t j = 0; j < nr; j++)
        acc[i][j] = start
          ? (LEVEL(vector)){0}
          : *(LEVEL(vector) *)(sums + (i * nr + j) * 16 + pass * WIDTH);
    const float *left = a + pass * WIDTH * (is_packed ? count / 16 * mr : 1);
    const float *right = b + pass * WIDTH * (is_packed ? count / 16 * nr : 1);
#pragma clang loop unroll(disable)
    for (size_t p = 0; p < count; p += 16) {
      // The fewer operands stay in registers, the others are loaded one by one.
      LEVEL(vector) row[TILE_M];
#pragma clang loop unroll(full)
      for (size_t i = 0; i < mr; i++) row[i] = *(const LEVEL(unaligned) *)(left + i * lda);
#pragma clang loop unroll(full)
      for (size_t j = 0; j < nr; j++) {
        const LEVEL(vector) column = *(const LEVEL(unaligned) *)(right + j * ldb);
#pragma clang loop unroll(full)
        for (size_t i = 0; i < mr; i++) acc[i][j] = acc[i][j] + row[i] * column;
      }
      left += is_packed ? WIDTH * mr : 16;
      right += is_packed ? WIDTH * nr : 16;
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < mr; i++)
#pragma clang loop unroll(full)
      for (size_t j = 0; j < nr; j++)
        *(LEVEL(vector) *)(sums + (i * nr + j) * 16 + pass * WIDTH) = acc[i][j];
  }
}

/// `mr` by `nr` dot products straight from the rows.
INLINE void LEVEL(tile)(
  const size_t mr, const size_t nr, size_t k, const float *a, size_t lda, const float *b,
  size_t ldb, float *c, size_t ldc)
{
  float sums[TILE_M * MOST_N * 16] __attribute__((aligned(64)));
  LEVEL(accumulate)(mr, nr, 1, 0, k & ~(size_t)15, a, lda, b, ldb, sums);
  LEVEL(finish)(mr, nr, k, a, lda, b, ldb, sums, c, ldc);
}

/// Few rows, taken in pairs against four columns; b is read once, front to back.
TARGET static void LEVEL(gemm_nt)(
  size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c,
  size_t ldc)
{
  size_t j = 0;
  for (; j + 4 <= n; j += 4) {
    size_t i = 0;
    for (; i + 2 <= m; i += 2)
      LEVEL(tile)(2, 4, k, a + i * lda, lda, b + j * ldb, ldb, c + i * ldc + j, ldc);
    if (i < m) LEVEL(tile)(1, 4, k, a + i * lda, lda, b + j * ldb, ldb, c + i * ldc + j, ldc);
  }
  for (; j < n; j++)
    for (size_t i = 0; i < m; i++)
      LEVEL(tile)(1, 1, k, a + i * lda, lda, b + j * ldb, ldb, c + i * ldc + j, ldc);
}

/// Packs terms `start` ..< `end` of `rows` rows: for each pass, [terms / 16][rows][WIDTH].
INLINE float *LEVEL(pack_block)(
  const size_t rows, size_t start, size_t end, const float *a, size_t lda, float *packed)
{
  for (size_t pass = 0; pass < 16; pass += WIDTH)
    for (size_t p = start + pass; p < end; p += 16)
      for (size_t i = 0; i < rows; i++) {
        *(LEVEL(vector) *)packed = *(const LEVEL(unaligned) *)(a + i * lda + p);
        packed += WIDTH;
      }
  return packed;
}

/// Rearranges whole tiles of rows so that the product reads them front to back: for each block of
/// K_BLOCK terms, for each tile, the packed block.
TARGET static size_t LEVEL(pack)(size_t m, size_t k, const float *a, size_t lda, float *packed)
{
  const size_t tiles = m / TILE_M, whole = k & ~(size_t)15;
  for (size_t block = 0; block < whole; block += K_BLOCK) {
    const size_t end = whole - block < K_BLOCK ? whole : block + K_BLOCK;
    for (size_t t = 0; t < tiles; t++)
      packed = LEVEL(pack_block)(TILE_M, block, end, a + t * TILE_M * lda, lda, packed);
  }
  return tiles * TILE_M;
}

/// Many rows, packed: blocks of BLOCK_M * TILE_M rows, BLOCK_N * TILE_N columns and K_BLOCK terms, whose
/// partial sums stay in the second-level cache (`sums`) and whose operands stay in the first.
TARGET static void LEVEL(gemm_packed)(
  size_t m, size_t n, size_t k, const float *packed, const float *a, size_t lda, const float *b,
  size_t ldb, float *c, size_t ldc, float *sums)
{
  float columns[TILE_N * K_BLOCK] __attribute__((aligned(64)));
  const size_t tiles = m / TILE_M, whole = k & ~(size_t)15;
  const size_t stored = whole > K_BLOCK ? TILE_M * TILE_N * 16 : 0;
  for (size_t jb = 0; jb < n; jb += BLOCK_N * TILE_N)
    for (size_t tb = 0; tb < tiles; tb += BLOCK_M) {
      const size_t last_tile = tiles - tb < BLOCK_M ? tiles : tb + BLOCK_M;
      const size_t last_column = n - jb < BLOCK_N * TILE_N ? n : jb + BLOCK_N * TILE_N;
      size_t block = 0;
      do {
        const size_t count = whole - block < K_BLOCK ? whole - block : K_BLOCK;
        const int ends = block + count >= whole;
        for (size_t j = jb; j < last_column; j += TILE_N) {
          if (last_column - j >= TILE_N)
            LEVEL(pack_block)(TILE_N, block, block + count, b + j * ldb, ldb, columns);
          for (size_t t = tb; t < last_tile; t++) {
            float *s = sums + ((j - jb) / TILE_N * BLOCK_M + (t - tb)) * stored;
            const float *left = packed + block * tiles * TILE_M + t * TILE_M * count;
            const float *right = b + j * ldb;
            const float *row = a + t * TILE_M * lda;
            float *target = c + t * TILE_M * ldc + j;
            if (last_column - j >= TILE_N) {
              if (block == 0)
                LEVEL(accumulate)(TILE_M, TILE_N, 1, 1, count, left, WIDTH, columns, WIDTH, s);
              else
                LEVEL(accumulate)(TILE_M, TILE_N, 0, 1, count, left, WIDTH, columns, WIDTH, s);
              if (ends) LEVEL(finish)(TILE_M, TILE_N, k, row, lda, right, ldb, s, target, ldc);
            } else if (ends) {
              for (size_t x = 0; x < last_column - j; x++)
                LEVEL(tile)(TILE_M, 1, k, row, lda, right + x * ldb, ldb, target + x, ldc);
            }
          }
        }
        block += count;
      } while (block < whole);
    }
}

TARGET static void LEVEL(gemm_nn_rows)(
  size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c,
  size_t ldc, float *restrict sums)
{
  for (size_t i = 0; i < m; i++)
    for (size_t start = 0; start < n; start += 128) {
      const size_t width = n - start < 128 ? n - start : 128;
      for (size_t x = 0; x < 16 * 128; x++) sums[x] = 0;
      for (size_t p = 0; p < k; p++) {
        const float left = a[i * lda + p];
        const float *restrict right = b + p * ldb + start;
        float *restrict s = sums + (p & 15) * 128;
        for (size_t j = 0; j < width; j++) s[j] = s[j] + left * right[j];
      }
      for (size_t half = 8; half; half /= 2)
        for (size_t r = 0; r < half; r++)
          for (size_t j = 0; j < width; j++)
            sums[r * 128 + j] = sums[r * 128 + j] + sums[(r + half) * 128 + j];
      for (size_t j = 0; j < width; j++) c[i * ldc + start + j] = sums[j];
    }
}

TARGET static void LEVEL(exp_shifted)(size_t count, float *x, float shift)
{
  for (size_t i = 0; i < count; i++) x[i] = exp_one(x[i] - shift);
}

/// 12 independent sums, each round one product and one addition each: as much arithmetic as the
/// processor can do without fused operations.
TARGET static float LEVEL(peak)(size_t rounds)
{
  LEVEL(vector) acc[12], x = (LEVEL(vector)){0} + 1e-3f, y = (LEVEL(vector)){0} + 0.999f;
  // Hides the values, or the compiler would do the arithmetic.
  __asm__ volatile("" : "+" VECTOR_REGISTER(x), "+" VECTOR_REGISTER(y));
#pragma clang loop unroll(full)
  for (int i = 0; i < 12; i++) acc[i] = (LEVEL(vector)){0} + (float)i;
#pragma clang loop unroll(disable)
  for (size_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 12; i++) {
      LEVEL(vector) product = x * y;
      __asm__ volatile("" : "+" VECTOR_REGISTER(product));
      acc[i] = acc[i] + product;
    }
  }
  LEVEL(vector) sum = acc[0];
  for (int i = 1; i < 12; i++) sum = sum + acc[i];
  return sum[0];
}

#undef INLINE
#undef MOST_N
