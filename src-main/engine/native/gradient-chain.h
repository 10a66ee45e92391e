// A product with Xᵀ whose every element goes into a chain and is then no longer needed: the gradient of a first layer's weights, and the optimiser. A few rows at a
// time, so that the gradient, as large as the weights, is neither written to memory nor read from there, and what the chain reads is fetched meanwhile.
#pragma once

#include <algorithm>
#include <vector>

#include "elementwise.h"
#include "sparse-product.h"

namespace touchstone::TOUCHSTONE_INSTRUCTIONS {

/** Rows of the product at once: with what the chain computes of them they stay in a first-level cache. A multiple of TOGETHER. */
constexpr long HANDED = 4;

/** What each row of the product begins with: background · (column sums of d), into `row`. */
struct TransposedBase {
  long rows;
  Rows d;
  float background;
  float* row;

  template <int V, bool REST>
  TOUCHSTONE_TARGET void operator()(const Tile<V, REST>& tile, long from) const {
    Vector sums[V];
    tile.base(sums, d, from, rows, background, nullptr);
    tile.write(sums, row + from);
  }
};

/** Rows `first` to `end` of xᵀ · d, into `piece`. */
struct TransposedPiece {
  long rows, columns;
  Rows d;
  const float* base;
  Lists lists;
  const uint32_t* counts;
  long first, end;
  float* piece;

  template <int V, bool REST>
  TOUCHSTONE_TARGET void operator()(const Tile<V, REST>& tile, long from) const {
    const long room = rows + LANES;
    for (long k = first; k < end; k += TOGETHER) {
      float* out = piece + (k - first) * columns + from;
      Vector sums[TOGETHER][V];
      TOUCHSTONE_EACH(j, TOGETHER) tile.read(sums[j], base + from);
      tile.template add<TOGETHER>(sums, lists.at + k / TOGETHER * room, lists.difference + k * room, room, counts[k / TOGETHER], d, from);
      TOUCHSTONE_EACH(j, TOGETHER) if (k + j < end) tile.write(sums[j], out + j * columns);
    }
  }
};

TOUCHSTONE_TARGET inline void fetchAll(const float* from, long count) {
  for (long i = 0; i < count; i += LANES) fetch(from + i);
}

/** The chain whose last array is xᵀ · d for x [rows, inner] and d [rows, columns]; `arrays` are the others, of inner · columns elements. */
inline void gradientChain(const ChainPlan& plan, const Gradient& gradient, const float* const* arrays, const float* numbers, float* const* results, Workspace& workspace) {
  const auto [rows, inner, columns, x, background, d] = gradient;
  const Lists lists = workspace.lists((inner + LANES - 1) / LANES * LANES * (rows + LANES));
  uint32_t* counts = workspace.counts((inner + LANES - 1) / LANES * LANES / TOGETHER);
  listColumns(x, rows, inner, background, lists, counts);
  const Rows whole = wholeRows(d, rows, columns, workspace);
  float* piece = workspace.rows((HANDED + 1) * columns);
  float* base = piece + HANDED * columns;
  eachTile<TRANSPOSED_TILE>(columns, TransposedBase{rows, whole, background, base});
  std::vector<const float*> all(arrays, arrays + plan.chain.arrays - 1);
  all.push_back(piece);
  const ChainRun chain(plan, all.data(), plan.chain.arrays - 1, numbers, results, workspace);
  for (long k = 0; k < inner; k += HANDED) {
    const long end = std::min(inner, k + HANDED), next = std::min(inner, end + HANDED);
    for (long i = 0; i + 1 < plan.chain.arrays; i++) fetchAll(arrays[i] + end * columns, (next - end) * columns);
    eachTile<TRANSPOSED_TILE>(columns, TransposedPiece{rows, columns, whole, base, lists, counts, k, end, piece});
    chain.piece(k * columns, end * columns);
  }
}

}  // namespace touchstone::TOUCHSTONE_INSTRUCTIONS
