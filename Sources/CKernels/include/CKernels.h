#ifndef ORRERY_CKERNELS_H
#define ORRERY_CKERNELS_H

#include <stddef.h>

// Inner loops whose bits do not depend on the instruction set.
//
// A dot product of length k is defined as 16 partial sums, sum j over the terms j, j+16, j+32 ...
// in ascending order, each term one rounded product and one rounded addition; then
// s[j] += s[j+8], s[j] += s[j+4], s[j] += s[j+2], s[0] + s[1]. Every level below follows this
// definition exactly: no fused multiply-add, no other order. So a row of a product does not depend
// on how many rows there are, nor on how the columns are divided among threads.

/// The instruction sets that the kernels are built for, in ascending order.
enum CKernelLevel { CKernelLevelBaseline = 0, CKernelLevelAVX2 = 1, CKernelLevelAVX512 = 2 };

/// The highest level that this processor and operating system support.
int ckernels_best_level(void);

/// c[i][j] = dot(a row i, b row j): the product of an m*k matrix and a transposed n*k matrix.
/// Leading dimensions are in elements.
void ckernels_gemm_nt(
  int level, size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
  float *c, size_t ldc);

/// Packs as many rows of an m*k matrix as fill whole tiles, and returns their number; `packed` has
/// room for m * k floats.
size_t ckernels_pack(int level, size_t m, size_t k, const float *a, size_t lda, float *packed);

/// ckernels_gemm_nt for m rows that were packed (m as ckernels_pack returned it); a as well is
/// needed, for the terms behind the last whole 16. `sums` has room for CKernelSums floats and is
/// aligned to 64 bytes.
void ckernels_gemm_packed(
  int level, size_t m, size_t n, size_t k, const float *packed, const float *a, size_t lda,
  const float *b, size_t ldb, float *c, size_t ldc, float *sums);
enum { CKernelSums = 16 * 16 * 24 * 16 };

/// c[i][j] = sum over p of a[i][p] * b[p][j], same order of additions; meant for few rows.
/// `scratch` holds 16 * 128 floats.
void ckernels_gemm_nn_rows(
  int level, size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
  float *c, size_t ldc, float *scratch);

/// Runs a loop of `rounds` times 24 vector operations without memory, for the processor's peak rate
/// without fused multiply-add; returns something that depends on all of it.
float ckernels_peak(int level, size_t rounds);
/// Floats of one vector of a level.
size_t ckernels_width(int level);

/// target[j][i] = source[i][j] for `rows` rows and `columns` columns of the source.
void ckernels_transpose(
  size_t rows, size_t columns, const float *source, size_t lds, float *target, size_t ldt);

/// x[i] = exp(x[i] - shift), at most 1 ulp off; below -87.3 the result is 0.
void ckernels_exp_shifted(int level, size_t count, float *x, float shift);

#endif
