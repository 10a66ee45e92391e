// What kernels for AVX2 and FMA share. The functions are compiled for such processors whatever the compiler is told; whoever calls them asks first.
#pragma once

#include <immintrin.h>

namespace touchstone {

#define TOUCHSTONE_AVX2 __attribute__((target("avx2,fma,popcnt")))
#define TOUCHSTONE_INLINE __attribute__((target("avx2,fma,popcnt"), always_inline)) inline
// Loops over the registers of a tile have to be unrolled.
#define TOUCHSTONE_EACH(v, count) _Pragma("GCC unroll 8") for (int v = 0; v < count; v++)

constexpr long LANES = 8;

TOUCHSTONE_INLINE __m256i countingFrom(long first) {
  return _mm256_add_epi32(_mm256_set1_epi32(static_cast<int>(first)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/** The first `count` lanes, for masked loads and stores. */
TOUCHSTONE_INLINE __m256i firstLanes(long count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), countingFrom(0));
}

}  // namespace touchstone
