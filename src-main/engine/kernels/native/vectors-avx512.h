// The vocabulary of the kernels for processors with AVX-512: vectors of sixteen numbers, thirty-two registers.
#pragma once

#include <immintrin.h>

#include "kernels.h"

#define TOUCHSTONE_INSTRUCTIONS avx512
#define TOUCHSTONE_TARGET __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,popcnt")))

namespace touchstone::avx512 {

constexpr long LANES = 16;
using Vector = __m512;
using Integers = __m512i;
/** Which lanes, a bit each. */
using Lanes = __mmask16;

TOUCHSTONE_INLINE Integers countingFrom(long first) {
  return _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(first)), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}
TOUCHSTONE_INLINE Lanes firstLanes(long count) { return static_cast<Lanes>((1u << count) - 1); }

TOUCHSTONE_INLINE Vector zero() { return _mm512_setzero_ps(); }
TOUCHSTONE_INLINE Vector all(float value) { return _mm512_set1_ps(value); }
TOUCHSTONE_INLINE Vector load(const float* from) { return _mm512_loadu_ps(from); }
TOUCHSTONE_INLINE Vector load(const float* from, Lanes lanes) { return _mm512_maskz_loadu_ps(lanes, from); }
/** Has what will be loaded from there brought into the second-level cache. */
TOUCHSTONE_INLINE void fetch(const float* from) { _mm_prefetch(reinterpret_cast<const char*>(from), _MM_HINT_T1); }
TOUCHSTONE_INLINE void store(float* to, Vector value) { _mm512_storeu_ps(to, value); }
TOUCHSTONE_INLINE void store(float* to, Vector value, Lanes lanes) { _mm512_mask_storeu_ps(to, lanes, value); }
TOUCHSTONE_INLINE Vector sum(Vector a, Vector b) { return _mm512_add_ps(a, b); }
TOUCHSTONE_INLINE Vector difference(Vector a, Vector b) { return _mm512_sub_ps(a, b); }
TOUCHSTONE_INLINE Vector product(Vector a, Vector b) { return _mm512_mul_ps(a, b); }
TOUCHSTONE_INLINE Vector quotient(Vector a, Vector b) { return _mm512_div_ps(a, b); }
/**
 * Rounded as the instruction does it, in less than half of its time: an estimate of fourteen bits, a step of Newton's (Goldschmidt's form), and a correction by the rest, which is exact. Numbers
 * for which something on the way could be too large or too small are left to the instruction.
 */
TOUCHSTONE_INLINE Vector squareRoot(Vector a) {
  const Lanes plain = _mm512_cmp_ps_mask(a, _mm512_set1_ps(0x1p-100f), _CMP_GE_OQ) & _mm512_cmp_ps_mask(a, _mm512_set1_ps(0x1p100f), _CMP_LE_OQ);
  if ((plain | _mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_EQ_OQ)) != 0xFFFF) return _mm512_sqrt_ps(a);
  const Vector inverse = _mm512_rsqrt14_ps(a), half = _mm512_set1_ps(.5f);
  Vector root = _mm512_mul_ps(a, inverse), halfInverse = _mm512_mul_ps(inverse, half);
  const Vector off = _mm512_fnmadd_ps(root, halfInverse, half);
  root = _mm512_fmadd_ps(root, off, root);
  halfInverse = _mm512_fmadd_ps(halfInverse, off, halfInverse);
  root = _mm512_fmadd_ps(_mm512_fnmadd_ps(root, root, a), halfInverse, root);
  return _mm512_mask_mov_ps(a, plain, root);
}
/** a · b + c, rounded once. */
TOUCHSTONE_INLINE Vector productSum(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }

/** In which lanes values differ, a bit each; what is not a number does. */
TOUCHSTONE_INLINE uint32_t different(Vector a, Vector b) { return _mm512_cmp_ps_mask(a, b, _CMP_NEQ_UQ); }
/** 1 in lanes that are positive, 0 in others. */
TOUCHSTONE_INLINE Vector step(Vector a) { return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_GT_OQ), _mm512_set1_ps(1)); }
/** Differs from 0 where one of them does. */
TOUCHSTONE_INLINE Vector either(Vector a, Vector b) { return _mm512_or_ps(a, b); }
/** The lanes that are meant, side by side, and zeros; and numbers that are side by side in the lanes that are meant, zeros in the others. */
TOUCHSTONE_INLINE Vector compressed(Vector values, uint32_t lanes) { return _mm512_maskz_compress_ps(static_cast<Lanes>(lanes), values); }
TOUCHSTONE_INLINE Vector expanded(const float* from, uint32_t lanes) { return _mm512_maskz_expand_ps(static_cast<Lanes>(lanes), load(from)); }
/** The sum of sixteen numbers, those eight apart first, then those four, two and one apart. */
TOUCHSTONE_INLINE float total(const Vector* sixteen) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(*sixteen), _mm512_extractf32x8_ps(*sixteen, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/**
 * Appends those of the first `width` lanes in which any of `rows` vectors differs from the background, each vector's differences `room` after those of the one before; writes up to LANES
 * places beyond `count`. Answers the new count.
 */
template <long rows>
TOUCHSTONE_INLINE long append(const Lists& lists, long room, long count, const Vector* values, Vector background, Integers places, long width) {
  // Unordered counts as different: what is not a number must not get lost.
  Lanes differ = 0;
  TOUCHSTONE_EACH(row, rows) differ |= _mm512_cmp_ps_mask(values[row], background, _CMP_NEQ_UQ);
  const Lanes chosen = differ & firstLanes(width);
  // Compressed in a register and stored whole: some processors take long to compress into memory.
  _mm512_storeu_si512(lists.at + count, _mm512_maskz_compress_epi32(chosen, places));
  TOUCHSTONE_EACH(row, rows) _mm512_storeu_ps(lists.difference + row * room + count, _mm512_maskz_compress_ps(chosen, _mm512_sub_ps(values[row], background)));
  return count + __builtin_popcount(chosen);
}

/** LANES rows of LANES numbers become columns. */
TOUCHSTONE_INLINE void transpose(Vector* rows) {
  Vector pairs[16], fours[16];
  TOUCHSTONE_EACH(i, 8) {
    pairs[2 * i] = _mm512_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
    pairs[2 * i + 1] = _mm512_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
  }
  // fours[4 · group + k] has, in its quarter q, column 4q + k of the group's four rows.
  TOUCHSTONE_EACH(group, 4) {
    const Vector* p = pairs + 4 * group;
    TOUCHSTONE_EACH(half, 2) {
      const __m512d a = _mm512_castps_pd(p[half]), b = _mm512_castps_pd(p[half + 2]);
      fours[4 * group + 2 * half] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
      fours[4 * group + 2 * half + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
    }
  }
  TOUCHSTONE_EACH(k, 4) {
    const Vector even = _mm512_shuffle_f32x4(fours[k], fours[4 + k], 0x88), odd = _mm512_shuffle_f32x4(fours[k], fours[4 + k], 0xDD);
    const Vector evenBelow = _mm512_shuffle_f32x4(fours[8 + k], fours[12 + k], 0x88), oddBelow = _mm512_shuffle_f32x4(fours[8 + k], fours[12 + k], 0xDD);
    rows[k] = _mm512_shuffle_f32x4(even, evenBelow, 0x88);
    rows[4 + k] = _mm512_shuffle_f32x4(odd, oddBelow, 0x88);
    rows[8 + k] = _mm512_shuffle_f32x4(even, evenBelow, 0xDD);
    rows[12 + k] = _mm512_shuffle_f32x4(odd, oddBelow, 0xDD);
  }
}

}  // namespace touchstone::avx512
