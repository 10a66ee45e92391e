// The vocabulary of the kernels for processors with AVX2 and FMA: vectors of eight numbers, sixteen registers.
#pragma once

#include <immintrin.h>

#include "kernels.h"

#define TOUCHSTONE_INSTRUCTIONS avx2
#define TOUCHSTONE_TARGET __attribute__((target("avx2,fma,popcnt")))

namespace touchstone::avx2 {

constexpr long LANES = 8;
/** Sums that a tile of a filter's gradient keeps in registers: enough for two multipliers, beside what they multiply. */
constexpr int SUMS = 8;

using Vector = __m256;
using Integers = __m256i;
/** Which lanes; -1 in those that are meant. */
using Lanes = __m256i;

TOUCHSTONE_INLINE Integers countingFrom(long first) {
  return _mm256_add_epi32(_mm256_set1_epi32(static_cast<int>(first)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
TOUCHSTONE_INLINE Lanes firstLanes(long count) { return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), countingFrom(0)); }

TOUCHSTONE_INLINE Vector zero() { return _mm256_setzero_ps(); }
TOUCHSTONE_INLINE Vector all(float value) { return _mm256_set1_ps(value); }
TOUCHSTONE_INLINE Vector load(const float* from) { return _mm256_loadu_ps(from); }
TOUCHSTONE_INLINE Vector load(const float* from, Lanes lanes) { return _mm256_maskload_ps(from, lanes); }
/** Has what will be loaded from there brought into the second-level cache. */
TOUCHSTONE_INLINE void fetch(const float* from) { _mm_prefetch(reinterpret_cast<const char*>(from), _MM_HINT_T1); }
TOUCHSTONE_INLINE void store(float* to, Vector value) { _mm256_storeu_ps(to, value); }
TOUCHSTONE_INLINE void store(float* to, Vector value, Lanes lanes) { _mm256_maskstore_ps(to, lanes, value); }
TOUCHSTONE_INLINE Vector sum(Vector a, Vector b) { return _mm256_add_ps(a, b); }
TOUCHSTONE_INLINE Vector difference(Vector a, Vector b) { return _mm256_sub_ps(a, b); }
TOUCHSTONE_INLINE Vector product(Vector a, Vector b) { return _mm256_mul_ps(a, b); }
TOUCHSTONE_INLINE Vector quotient(Vector a, Vector b) { return _mm256_div_ps(a, b); }
TOUCHSTONE_INLINE Vector squareRoot(Vector a) { return _mm256_sqrt_ps(a); }
/** a · b + c, rounded once. */
TOUCHSTONE_INLINE Vector productSum(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }

/** In which lanes values differ, a bit each; what is not a number does. */
TOUCHSTONE_INLINE uint32_t different(Vector a, Vector b) { return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_NEQ_UQ))); }
/** 1 in lanes that are positive, 0 in others. */
TOUCHSTONE_INLINE Vector step(Vector a) { return _mm256_and_ps(_mm256_cmp_ps(a, _mm256_setzero_ps(), _CMP_GT_OQ), _mm256_set1_ps(1)); }
/** Differs from 0 where one of them does. */
TOUCHSTONE_INLINE Vector either(Vector a, Vector b) { return _mm256_or_ps(a, b); }
/** The sum of sixteen numbers, those eight apart first, then those four, two and one apart. */
TOUCHSTONE_INLINE float total(const Vector* sixteen) {
  const __m256 eight = _mm256_add_ps(sixteen[0], sixteen[1]);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/** For every choice of lanes the permutation that brings them to the front, and the one that brings them from there to their places. */
struct Permutations {
  alignas(32) uint32_t forward[1 << LANES][LANES] = {}, back[1 << LANES][LANES] = {};
  Permutations() {
    for (int choice = 0; choice < 1 << LANES; choice++) {
      int count = 0;
      for (int lane = 0; lane < LANES; lane++) {
        if (!(choice >> lane & 1)) continue;
        back[choice][lane] = count;
        forward[choice][count++] = lane;
      }
    }
  }
};
inline const Permutations PERMUTATIONS;

/** The lanes that are meant, side by side, and zeros; and numbers that are side by side in the lanes that are meant, zeros in the others. */
TOUCHSTONE_INLINE Vector compressed(Vector values, uint32_t lanes) {
  const __m256i front = _mm256_load_si256(reinterpret_cast<const __m256i*>(PERMUTATIONS.forward[lanes]));
  return _mm256_and_ps(_mm256_permutevar8x32_ps(values, front), _mm256_castsi256_ps(firstLanes(__builtin_popcount(lanes))));
}
TOUCHSTONE_INLINE Vector expanded(const float* from, uint32_t lanes) {
  const __m256i places = _mm256_load_si256(reinterpret_cast<const __m256i*>(PERMUTATIONS.back[lanes]));
  const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  const __m256i meant = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(lanes)), bits), bits);
  return _mm256_and_ps(_mm256_permutevar8x32_ps(load(from), places), _mm256_castsi256_ps(meant));
}

/**
 * Appends those of the first `width` lanes in which any of `rows` vectors differs from the background, each vector's differences `room` after those of the one before; writes up to LANES
 * places beyond `count`. Answers the new count.
 */
template <long rows>
TOUCHSTONE_INLINE long append(const Lists& lists, long room, long count, const Vector* values, Vector background, Integers places, long width) {
  // Unordered counts as different: what is not a number must not get lost.
  unsigned differ = 0;
  TOUCHSTONE_EACH(row, rows) differ |= _mm256_movemask_ps(_mm256_cmp_ps(values[row], background, _CMP_NEQ_UQ));
  const unsigned chosen = differ & ((1u << width) - 1);
  const __m256i front = _mm256_load_si256(reinterpret_cast<const __m256i*>(PERMUTATIONS.forward[chosen]));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(lists.at + count), _mm256_permutevar8x32_epi32(places, front));
  TOUCHSTONE_EACH(row, rows) _mm256_storeu_ps(lists.difference + row * room + count, _mm256_permutevar8x32_ps(_mm256_sub_ps(values[row], background), front));
  return count + __builtin_popcount(chosen);
}

/** LANES rows of LANES numbers become columns. */
TOUCHSTONE_INLINE void transpose(Vector* rows) {
  Vector pairs[8], quarters[8];
  TOUCHSTONE_EACH(i, 4) {
    pairs[2 * i] = _mm256_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
    pairs[2 * i + 1] = _mm256_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
  }
  TOUCHSTONE_EACH(half, 2) {
    const Vector* p = pairs + 4 * half;
    quarters[4 * half] = _mm256_shuffle_ps(p[0], p[2], 0x44);
    quarters[4 * half + 1] = _mm256_shuffle_ps(p[0], p[2], 0xEE);
    quarters[4 * half + 2] = _mm256_shuffle_ps(p[1], p[3], 0x44);
    quarters[4 * half + 3] = _mm256_shuffle_ps(p[1], p[3], 0xEE);
  }
  TOUCHSTONE_EACH(i, 4) {
    rows[i] = _mm256_permute2f128_ps(quarters[i], quarters[i + 4], 0x20);
    rows[i + 4] = _mm256_permute2f128_ps(quarters[i], quarters[i + 4], 0x31);
  }
}

}  // namespace touchstone::avx2
