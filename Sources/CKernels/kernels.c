#include "include/CKernels.h"

#include <stdint.h>
#include <string.h>

#pragma clang fp contract(off)

typedef float float4 __attribute__((vector_size(16)));

/// The constraint of a vector register in inline assembly.
#if defined(__x86_64__)
#define VECTOR_REGISTER "x"
#else
#define VECTOR_REGISTER "w"
#endif

/// Terms of a dot product that are taken at a time: 6 rows of 3 KB stay in a 32 KB cache.
#define K_BLOCK 768
/// Tiles of a block of the product.
#define BLOCK_M 32
#define BLOCK_N 8

/// exp by Cody and Waite's reduction x = n ln2 + r, |r| <= ln2 / 2, and the Taylor polynomial of
/// degree 7 in r, whose remainder there is below 2^-27.
/// Source: W. J. Cody, W. Waite, "Software Manual for the Elementary Functions", 1980, ch. 6.
static inline __attribute__((always_inline)) float exp_one(float x)
{
  // Beyond these the result is 0 or infinity; clamped so that n stays a small integer.
  const float clamped = x < -87.5f ? -87.5f : (x > 89.0f ? 89.0f : x);
  // Adding 1.5 * 2^23 rounds to an integer, ties to even.
  const float magic = 12582912.0f;
  const float n = (clamped * 1.44269504088896341f + magic) - magic;
  // ln2 in two parts; the first has 9 trailing zero bits, so n times it is exact.
  const float r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = (p * (r * r) + r) + 1.0f;
  // 2^n in two factors, because 2^128 is out of range.
  const int32_t e = (int32_t)n;
  const int32_t half = e >> 1;
  const uint32_t b1 = (uint32_t)(half + 127) << 23;
  const uint32_t b2 = (uint32_t)(e - half + 127) << 23;
  float f1, f2;
  memcpy(&f1, &b1, 4);
  memcpy(&f2, &b2, 4);
  const float y = p * f1 * f2;
  // A NaN stays one: both comparisons are false for it.
  return x < -87.3f ? 0.0f : (x != x ? x : y);
}

#define LEVEL(name) name##_baseline
#define TARGET
#define WIDTH 4
#define TILE_M 2
#define TILE_N 6
#include "gemm_template.h"
#undef LEVEL
#undef TARGET
#undef WIDTH
#undef TILE_M
#undef TILE_N

#if defined(__x86_64__)

#define LEVEL(name) name##_avx2
#define TARGET __attribute__((target("avx2")))
#define WIDTH 8
#define TILE_M 2
#define TILE_N 6
#include "gemm_template.h"
#undef LEVEL
#undef TARGET
#undef WIDTH
#undef TILE_M
#undef TILE_N

#define LEVEL(name) name##_avx512
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw")))
#define WIDTH 16
#define TILE_M 4
#define TILE_N 6
#include "gemm_template.h"
#undef LEVEL
#undef TARGET
#undef WIDTH
#undef TILE_M
#undef TILE_N

int ckernels_best_level(void)
{
  __builtin_cpu_init();
  if (
    __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
    && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
    return CKernelLevelAVX512;
  return __builtin_cpu_supports("avx2") ? CKernelLevelAVX2 : CKernelLevelBaseline;
}

#define DISPATCH(level, call)                          \
  switch (level) {                                     \
  case CKernelLevelAVX512: call(avx512); break;        \
  case CKernelLevelAVX2: call(avx2); break;            \
  default: call(baseline);                             \
  }

#else

int ckernels_best_level(void) { return CKernelLevelBaseline; }

#define DISPATCH(level, call) \
  (void)level;                \
  call(baseline)

#endif

void ckernels_gemm_nt(
  int level, size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
  float *c, size_t ldc)
{
#define CALL(name) gemm_nt_##name(m, n, k, a, lda, b, ldb, c, ldc)
  DISPATCH(level, CALL)
#undef CALL
}

size_t ckernels_pack(int level, size_t m, size_t k, const float *a, size_t lda, float *packed)
{
  size_t rows = 0;
#define CALL(name) rows = pack_##name(m, k, a, lda, packed)
  DISPATCH(level, CALL)
#undef CALL
  return rows;
}

void ckernels_gemm_packed(
  int level, size_t m, size_t n, size_t k, const float *packed, const float *a, size_t lda,
  const float *b, size_t ldb, float *c, size_t ldc, float *sums)
{
#define CALL(name) gemm_packed_##name(m, n, k, packed, a, lda, b, ldb, c, ldc, sums)
  DISPATCH(level, CALL)
#undef CALL
}

void ckernels_gemm_nn_rows(
  int level, size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
  float *c, size_t ldc, float *scratch)
{
#define CALL(name) gemm_nn_rows_##name(m, n, k, a, lda, b, ldb, c, ldc, scratch)
  DISPATCH(level, CALL)
#undef CALL
}

float ckernels_peak(int level, size_t rounds)
{
  float result = 0;
#define CALL(name) result = peak_##name(rounds)
  DISPATCH(level, CALL)
#undef CALL
  return result;
}

size_t ckernels_width(int level)
{
  return level == CKernelLevelAVX512 ? 16 : level == CKernelLevelAVX2 ? 8 : 4;
}

void ckernels_exp_shifted(int level, size_t count, float *x, float shift)
{
#define CALL(name) exp_shifted_##name(count, x, shift)
  DISPATCH(level, CALL)
#undef CALL
}

void ckernels_transpose(
  size_t rows, size_t columns, const float *source, size_t lds, float *target, size_t ldt)
{
  for (size_t i = 0; i < rows; i += 16)
    for (size_t j = 0; j < columns; j += 16) {
      const size_t last = rows - i < 16 ? rows : i + 16;
      const size_t end = columns - j < 16 ? columns : j + 16;
      for (size_t y = j; y < end; y++)
        for (size_t x = i; x < last; x++) target[y * ldt + x] = source[x * lds + y];
    }
}
