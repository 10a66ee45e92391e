// The gradient of a convolution's filters, for processors with AVX2 and FMA, in one thread; stride 1, channels last.
//
// g [kh, kw, in, out] = Σ over images and places of x [place + (kh, kw)] ⊗ d [place]: for each place of the filter the product of a shifted image,
// transposed, with the gradient of the output. A strip of rows stays in a first-level cache while all places of the filter are gone through. Each
// strip is summed in registers and added to what the strips before came to: the same inputs give the same bits.
#pragma once

#include <immintrin.h>

#include <algorithm>

#include "avx2.h"

namespace touchstone {

/** Bytes that a strip of both arrays may have. */
constexpr long STRIP_BYTES = 24 * 1024;

struct Convolution {
  long images, height, width, in;
  long outHeight, outWidth, out;
  long filterHeight, filterWidth;
  /** Rows and columns of zeros before the image. */
  long top, left;
};

/** Rows [from, to) of the output of one image, and one place (down, right) of the filter. */
struct Strip {
  const Convolution& c;
  const float* x;
  const float* d;
  long from, to, down, right;
};

/** g[m][…] += Σ x[place][m] · d[place][…] for M channels in and V vectors of channels out; with REST the last vector is not whole. */
template <int M, int V, bool REST>
TOUCHSTONE_AVX2 inline void addTile(const Strip& strip, long in, long out, __m256i rest, float* g) {
  const Convolution& c = strip.c;
  const long begin = std::max(0L, c.left - strip.right), end = std::min(c.outWidth, c.width + c.left - strip.right);
  __m256 sums[M][V];
  TOUCHSTONE_EACH(m, M) TOUCHSTONE_EACH(v, V) sums[m][v] = _mm256_setzero_ps();
  for (long row = strip.from; row < strip.to; row++) {
    const long source = row + strip.down - c.top;
    if (source < 0 || source >= c.height) continue;
    const float* x = strip.x + (source * c.width + begin + strip.right - c.left) * c.in + in;
    const float* d = strip.d + (row * c.outWidth + begin) * c.out + out;
    for (long column = begin; column < end; column++, x += c.in, d += c.out) {
      __m256 values[V];
      TOUCHSTONE_EACH(v, V) values[v] = REST && v == V - 1 ? _mm256_maskload_ps(d + v * LANES, rest) : _mm256_loadu_ps(d + v * LANES);
      TOUCHSTONE_EACH(m, M) {
        const __m256 factor = _mm256_broadcast_ss(x + m);
        TOUCHSTONE_EACH(v, V) sums[m][v] = _mm256_fmadd_ps(factor, values[v], sums[m][v]);
      }
    }
  }
  TOUCHSTONE_EACH(m, M) {
    float* to = g + m * c.out;
    TOUCHSTONE_EACH(v, V) {
      if (REST && v == V - 1) _mm256_maskstore_ps(to + v * LANES, rest, _mm256_add_ps(_mm256_maskload_ps(to + v * LANES, rest), sums[m][v]));
      else _mm256_storeu_ps(to + v * LANES, _mm256_add_ps(_mm256_loadu_ps(to + v * LANES), sums[m][v]));
    }
  }
}

/** All channels in for some channels out; eight sums at once keep the processor's two multipliers busy. `g` is the filter's place. */
template <int V, bool REST>
TOUCHSTONE_AVX2 inline void addColumn(const Strip& strip, long out, __m256i rest, float* g) {
  constexpr int MOST = 8 / V;
  const Convolution& c = strip.c;
  long in = 0;
  for (; in + MOST <= c.in; in += MOST) addTile<MOST, V, REST>(strip, in, out, rest, g + in * c.out + out);
  float* to = g + in * c.out + out;
  switch (c.in - in) {
#define TOUCHSTONE_REST(M) case M: if constexpr (M < MOST) addTile<M, V, REST>(strip, in, out, rest, to); break;
    TOUCHSTONE_REST(1) TOUCHSTONE_REST(2) TOUCHSTONE_REST(3) TOUCHSTONE_REST(4) TOUCHSTONE_REST(5) TOUCHSTONE_REST(6) TOUCHSTONE_REST(7)
#undef TOUCHSTONE_REST
  }
}

/** Asks for what lies at [from, to) to be in the second-level cache soon. */
TOUCHSTONE_INLINE void fetch(const float* from, const float* to) {
  for (; from < to; from += 16) _mm_prefetch(reinterpret_cast<const char*>(from), _MM_HINT_T1);
}

/** g [filterHeight, filterWidth, in, out] from x [images, height, width, in] and d [images, outHeight, outWidth, out]. */
TOUCHSTONE_AVX2 inline void filterGradient(const Convolution& c, const float* x, const float* d, float* g) {
  std::fill(g, g + c.filterHeight * c.filterWidth * c.in * c.out, 0.0f);
  const long rowBytes = 4 * c.width * c.in, outRowBytes = 4 * c.outWidth * c.out;
  const long rows = std::max(1L, (STRIP_BYTES - (c.filterHeight - 1) * rowBytes) / std::max(1L, rowBytes + outRowBytes));
  for (long image = 0; image < c.images; image++, x += c.height * c.width * c.in, d += c.outHeight * c.outWidth * c.out) {
    for (long from = 0; from < c.outHeight; from += rows) {
      // The rows that the next strip begins with come from memory while this one is computed.
      const long next = from + rows;
      fetch(x + std::min(c.height, next) * c.width * c.in, x + std::min(c.height, next + rows + c.filterHeight) * c.width * c.in);
      fetch(d + std::min(c.outHeight, next) * c.outWidth * c.out, d + std::min(c.outHeight, next + rows) * c.outWidth * c.out);
      for (long place = 0; place < c.filterHeight * c.filterWidth; place++) {
        const Strip strip{c, x, d, from, std::min(c.outHeight, from + rows), place / c.filterWidth, place % c.filterWidth};
        float* to = g + place * c.in * c.out;
        long out = 0;
        for (; out + 2 * LANES <= c.out; out += 2 * LANES) addColumn<2, false>(strip, out, firstLanes(LANES), to);
        if (out + LANES <= c.out) {
          addColumn<1, false>(strip, out, firstLanes(LANES), to);
          out += LANES;
        }
        if (out < c.out) addColumn<1, true>(strip, out, firstLanes(c.out - out), to);
      }
    }
  }
}

}  // namespace touchstone
