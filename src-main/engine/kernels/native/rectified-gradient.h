// The gradient before a rectifier of what goes through it into a product: of rectified units h [rows, columns] with y = h · w it is (d · wᵀ) where h > 0, and 0 elsewhere.
//
// Only what is not 0 is computed. A sum runs in sixteen parts, which are added in one order: the same inputs give the same bits with every set of instructions.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sparse-product.h"

namespace touchstone::TOUCHSTONE_INSTRUCTIONS {

/** Vectors that a sum's sixteen parts take. */
constexpr int PARTS = 16 / LANES;
/** Units whose sums run side by side: so many that none has to wait for its last addition. */
constexpr int SIDE_BY_SIDE = 8 / PARTS;

/** out[n] = a · b[n], over `count` numbers. */
template <int N>
TOUCHSTONE_INLINE void scalarProducts(const float* a, const float* const* b, long count, float* out) {
  Vector sums[N][PARTS];
  TOUCHSTONE_EACH(n, N) TOUCHSTONE_EACH(p, PARTS) sums[n][p] = zero();
  long k = 0;
  for (; k + 16 <= count; k += 16) {
    TOUCHSTONE_EACH(p, PARTS) {
      const Vector values = load(a + k + p * LANES);
      TOUCHSTONE_EACH(n, N) sums[n][p] = productSum(values, load(b[n] + k + p * LANES), sums[n][p]);
    }
  }
  for (int p = 0; k < count; p++, k += LANES) {
    const Lanes rest = firstLanes(std::min(LANES, count - k));
    const Vector values = load(a + k, rest);
    TOUCHSTONE_EACH(n, N) sums[n][p] = productSum(values, load(b[n] + k, rest), sums[n][p]);
  }
  TOUCHSTONE_EACH(n, N) out[n] = total(sums[n]);
}

/** g [rows, columns] = d [rows, inner] · w [columns, inner]ᵀ where h [rows, columns] is positive, 0 elsewhere. */
TOUCHSTONE_TARGET inline void rectifiedGradient(long rows, long inner, long columns, const float* d, const float* w, const float* h, float* g, Workspace& workspace) {
  const Lists lists = workspace.lists(columns + LANES);
  std::fill(g, g + rows * columns, 0.0f);
  for (long row = 0; row < rows; row++, d += inner, h += columns, g += columns) {
    uint32_t bounds[2];
    listRows(h, 1, columns, columns, 0, lists, bounds);
    for (long i = 0; i < bounds[1]; i += SIDE_BY_SIDE) {
      const int some = static_cast<int>(std::min<long>(SIDE_BY_SIDE, bounds[1] - i));
      const float* units[SIDE_BY_SIDE];
      float products[SIDE_BY_SIDE];
      for (int n = 0; n < SIDE_BY_SIDE; n++) units[n] = w + static_cast<long>(lists.at[i + std::min(n, some - 1)]) * inner;
      if (some > SIDE_BY_SIDE / 2) scalarProducts<SIDE_BY_SIDE>(d, units, inner, products);
      else scalarProducts<SIDE_BY_SIDE / 2>(d, units, inner, products);
      // What is listed differs from 0, and may not be a number.
      for (int n = 0; n < some; n++) if (lists.difference[i + n] > 0) g[lists.at[i + n]] = products[n];
    }
  }
}

/** g = d where h is positive, d · 0 elsewhere: what TensorFlow's own operation makes of it. */
TOUCHSTONE_TARGET inline void whereRectified(long count, const float* d, const float* h, float* g) {
  long i = 0;
  for (; i + LANES <= count; i += LANES) store(g + i, product(load(d + i), step(load(h + i))));
  const Lanes rest = firstLanes(count - i);
  store(g + i, product(load(d + i, rest), step(load(h + i, rest))), rest);
}

/** Whether more than `most` of so many numbers differ from one. */
TOUCHSTONE_TARGET inline bool manyDiffer(long count, const float* values, float from, long most) {
  // Looks at what it has found so far now and then only.
  constexpr long STRETCH = 64 * LANES;
  const Vector one = all(from);
  long found = 0, i = 0;
  for (; i + STRETCH <= count && found <= most; i += STRETCH) {
    for (long k = 0; k < STRETCH; k += LANES) found += __builtin_popcount(different(load(values + i + k), one));
  }
  for (; i < count && found <= most; i++) found += values[i] != from;
  return found > most;
}

}  // namespace touchstone::TOUCHSTONE_INSTRUCTIONS
