// The gradient of a convolution's filters; stride 1, channels last.
//
// g [kh, kw, in, out] = Σ over images and places of x [place + (kh, kw)] ⊗ d [place]: for each place of the filter the product of a shifted image,
// transposed, with the gradient of the output. A strip of rows stays in a first-level cache while all places of the filter are gone through. Each
// strip is summed in registers and added to what the strips before came to: the same inputs give the same bits.
#pragma once

#include <algorithm>

namespace touchstone::TOUCHSTONE_INSTRUCTIONS {

/** Bytes that a strip of both arrays may have. */
constexpr long STRIP_BYTES = 24 * 1024;

/** Rows [from, to) of the output of one image, and one place (down, right) of the filter. */
struct Strip {
  const Convolution& c;
  const float* x;
  const float* d;
  long from, to, down, right;
};

/** g[m][…] += Σ x[place][m] · d[place][…] for M channels in and V vectors of channels out; with REST the last vector is not whole. */
template <int M, int V, bool REST>
TOUCHSTONE_TARGET inline void addTile(const Strip& strip, long in, long out, Lanes rest, float* g) {
  const Convolution& c = strip.c;
  const long begin = std::max(0L, c.left - strip.right), end = std::min(c.outWidth, c.width + c.left - strip.right);
  Vector sums[M][V];
  TOUCHSTONE_EACH(m, M) TOUCHSTONE_EACH(v, V) sums[m][v] = zero();
  for (long row = strip.from; row < strip.to; row++) {
    const long source = row + strip.down - c.top;
    if (source < 0 || source >= c.height) continue;
    const float* x = strip.x + (source * c.width + begin + strip.right - c.left) * c.in + in;
    const float* d = strip.d + (row * c.outWidth + begin) * c.out + out;
    for (long column = begin; column < end; column++, x += c.in, d += c.out) {
      Vector values[V];
      TOUCHSTONE_EACH(v, V) values[v] = REST && v == V - 1 ? load(d + v * LANES, rest) : load(d + v * LANES);
      TOUCHSTONE_EACH(m, M) {
        const Vector factor = all(x[m]);
        TOUCHSTONE_EACH(v, V) sums[m][v] = productSum(factor, values[v], sums[m][v]);
      }
    }
  }
  TOUCHSTONE_EACH(m, M) {
    float* to = g + m * c.out;
    TOUCHSTONE_EACH(v, V) {
      if (REST && v == V - 1) store(to + v * LANES, sum(load(to + v * LANES, rest), sums[m][v]), rest);
      else store(to + v * LANES, sum(load(to + v * LANES), sums[m][v]));
    }
  }
}

/** All channels in for some channels out, so many at once that SUMS are in registers. `g` is the filter's place. */
template <int V, bool REST>
TOUCHSTONE_TARGET inline void addColumn(const Strip& strip, long out, Lanes rest, float* g) {
  constexpr int MOST = SUMS / V;
  const Convolution& c = strip.c;
  long in = 0;
  for (; in + MOST <= c.in; in += MOST) addTile<MOST, V, REST>(strip, in, out, rest, g + in * c.out + out);
  float* to = g + in * c.out + out;
  switch (c.in - in) {
#define TOUCHSTONE_REST(M) case M: if constexpr (M < MOST) addTile<M, V, REST>(strip, in, out, rest, to); break;
    TOUCHSTONE_REST(1) TOUCHSTONE_REST(2) TOUCHSTONE_REST(3) TOUCHSTONE_REST(4) TOUCHSTONE_REST(5) TOUCHSTONE_REST(6) TOUCHSTONE_REST(7) TOUCHSTONE_REST(8)
    TOUCHSTONE_REST(9) TOUCHSTONE_REST(10) TOUCHSTONE_REST(11) TOUCHSTONE_REST(12) TOUCHSTONE_REST(13) TOUCHSTONE_REST(14) TOUCHSTONE_REST(15)
#undef TOUCHSTONE_REST
  }
}

/** Asks for what lies at [from, to) to be in the second-level cache soon. */
TOUCHSTONE_INLINE void fetch(const float* from, const float* to) {
  for (; from < to; from += 16) _mm_prefetch(reinterpret_cast<const char*>(from), _MM_HINT_T1);
}

/** g [filterHeight, filterWidth, in, out] from x [images, height, width, in] and d [images, outHeight, outWidth, out]. */
TOUCHSTONE_TARGET inline void filterGradient(const Convolution& c, const float* x, const float* d, float* g) {
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

}  // namespace touchstone::TOUCHSTONE_INSTRUCTIONS
