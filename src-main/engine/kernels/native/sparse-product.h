// Products with a matrix X most of whose elements equal one value, the background, as the pixels of written digits do: only the elements that
// differ are multiplied.
//
// With X = c + E, where c is the background, X·W is c · (column sums of W) + E·W, and Xᵀ·D is c · (column sums of D) + Eᵀ·D in every row. Sums
// run over the inner dimension in order, in one accumulator each: the same inputs give the same bits. Right for every X; fast where E is sparse.
#pragma once

#include <algorithm>
#include <cstdint>

namespace touchstone::TOUCHSTONE_INSTRUCTIONS {

/** Vectors of a tile of columns: its sums stay in registers. */
constexpr long TILE = 8;
/**
 * Columns of X that share a list in the product with Xᵀ, of the rows in which any of them differs: neighbouring pixels differ mostly together, and what is loaded of D serves
 * them all. So many times TRANSPOSED_TILE sums stay in registers.
 */
constexpr long TOGETHER = LANES == 16 ? 4 : 1;
constexpr long TRANSPOSED_TILE = LANES == 16 ? 5 : 8;
/**
 * Columns of X, that is rows of W, at once, in whole vectors of either width. With AVX2 a tile of so many rows takes 28 KiB and stays in a first-level cache;
 * with AVX-512 it takes twice that, but half as many would have shorter lists and read and write y more often, which costs more.
 */
constexpr long INNER_BLOCK = 112;
/** Rows of X at once, which bounds the lists. Every further block of rows goes through W, or through the whole of Xᵀ·D, again. */
constexpr long ROW_BLOCK = 256;

/** Lists of x [rows, inner] by blocks of so many columns, in each row by row; list i is from starts[i] to starts[i + 1]. */
TOUCHSTONE_TARGET inline void listRows(const float* x, long rows, long inner, long block, float background, const Lists& lists, uint32_t* starts) {
  const Vector c = all(background);
  long count = 0;
  for (long from = 0; from < inner; from += block) {
    const long to = std::min(inner, from + block);
    for (long row = 0; row < rows; row++) {
      *starts++ = static_cast<uint32_t>(count);
      const float* values = x + row * inner;
      long k = from;
      for (; k + LANES <= to; k += LANES) {
        const Vector some = load(values + k);
        count = append<1>(lists, 0, count, &some, c, countingFrom(k), LANES);
      }
      if (k == to) continue;
      const Vector rest = load(values + k, firstLanes(to - k));
      count = append<1>(lists, 0, count, &rest, c, countingFrom(k), to - k);
    }
  }
  *starts = static_cast<uint32_t>(count);
}

/**
 * Lists of the columns of x [rows, inner], TOGETHER at once: list i is of the columns from i · TOGETHER, begins at i · (rows + LANES) and has counts[i] places; what column k
 * has in them begins at k · (rows + LANES). Columns are taken LANES at once, and there is a list for each.
 */
TOUCHSTONE_TARGET inline void listColumns(const float* x, long rows, long inner, float background, const Lists& lists, uint32_t* counts) {
  const Vector c = all(background);
  const long room = rows + LANES;
  for (long from = 0; from < inner; from += LANES) {
    const Lanes within = firstLanes(std::min(LANES, inner - from));
    long found[LANES / TOGETHER] = {};
    for (long row = 0; row < rows; row += LANES) {
      Vector block[LANES];
      TOUCHSTONE_EACH(i, LANES) block[i] = row + i < rows ? load(x + (row + i) * inner + from, within) : c;
      transpose(block);
      TOUCHSTONE_EACH(j, LANES / TOGETHER) {
        const Lists list{lists.at + (from / TOGETHER + j) * room, lists.difference + (from + j * TOGETHER) * room};
        found[j] = append<TOGETHER>(list, room, found[j], block + j * TOGETHER, c, countingFrom(row), LANES);
      }
    }
    TOUCHSTONE_EACH(j, LANES / TOGETHER) counts[from / TOGETHER + j] = static_cast<uint32_t>(found[j]);
  }
}

/** A matrix whose rows begin and end with whole vectors. */
struct Rows {
  const float* values;
  long stride;
};

/** The matrix as such: a copy with zeros after each row, where its rows do not end with whole vectors. */
TOUCHSTONE_TARGET inline Rows wholeRows(const float* matrix, long rows, long columns, Workspace& workspace) {
  if (columns % LANES == 0) return {matrix, columns};
  const long before = columns / LANES * LANES, stride = before + LANES;
  const Lanes rest = firstLanes(columns - before);
  float* values = workspace.copy(rows * stride);
  for (long row = 0; row < rows; row++) {
    const float* from = matrix + row * columns;
    float* to = values + row * stride;
    for (long column = 0; column < before; column += LANES) store(to + column, load(from + column));
    store(to + before, load(from + before, rest));
  }
  return {values, stride};
}

/** A tile of V vectors of columns; with REST the last one is not whole, but for `Rows`. */
template <int V, bool REST>
struct Tile {
  Lanes rest;

  TOUCHSTONE_INLINE Vector vector(const float* row, int v) const { return REST && v == V - 1 ? load(row + v * LANES, rest) : load(row + v * LANES); }
  TOUCHSTONE_INLINE void read(Vector* sums, const float* row) const { TOUCHSTONE_EACH(v, V) sums[v] = vector(row, v); }
  TOUCHSTONE_INLINE void write(const Vector* sums, float* row) const {
    TOUCHSTONE_EACH(v, V) {
      if (REST && v == V - 1) store(row + v * LANES, sums[v], rest);
      else store(row + v * LANES, sums[v]);
    }
  }

  /** sums = factor · (sum of the first rows of `matrix`) + `offset`, where there is one. */
  TOUCHSTONE_INLINE void base(Vector* sums, const Rows& matrix, long from, long rows, float factor, const float* offset) const {
    TOUCHSTONE_EACH(v, V) sums[v] = zero();
    if (factor != 0) {
      const float* values = matrix.values + from;
      for (long row = 0; row < rows; row++, values += matrix.stride) TOUCHSTONE_EACH(v, V) sums[v] = sum(sums[v], load(values + v * LANES));
      // Without a sign where it is 0: what of no effect is added to it afterwards, which depends on TOGETHER, must not change it.
      TOUCHSTONE_EACH(v, V) sums[v] = sum(product(sums[v], all(factor)), zero());
    }
    if (offset != nullptr) TOUCHSTONE_EACH(v, V) sums[v] = sum(sums[v], vector(offset, v));
  }

  /** sums of each list g += Σ difference[g · room + i] · row at[i] of `matrix`. */
  template <long G>
  TOUCHSTONE_INLINE void add(Vector (*sums)[V], const uint32_t* at, const float* difference, long room, long count, const Rows& matrix, long from) const {
    for (long i = 0; i < count; i++) {
      const float* row = matrix.values + static_cast<long>(at[i]) * matrix.stride + from;
      Vector factors[G];
      TOUCHSTONE_EACH(g, G) factors[g] = all(difference[g * room + i]);
      TOUCHSTONE_EACH(v, V) {
        const Vector values = load(row + v * LANES);
        TOUCHSTONE_EACH(g, G) sums[g][v] = productSum(factors[g], values, sums[g][v]);
      }
    }
  }
};

/** Calls `work` with each tile of a matrix so wide, of `most` vectors at most, and its first column; tiles differ by one vector at most. */
template <long most, typename Work>
TOUCHSTONE_TARGET inline void eachTile(long columns, const Work& work) {
  const long vectors = (columns + LANES - 1) / LANES, tiles = (vectors + most - 1) / most;
  long from = 0;
  for (long tile = 0; tile < tiles; tile++) {
    const long count = vectors * (tile + 1) / tiles - vectors * tile / tiles;
    const long width = std::min(columns - from, count * LANES);
    const Lanes rest = firstLanes(width - (count - 1) * LANES);
    const bool whole = width == count * LANES;
    switch (whole ? count : -count) {
#define TOUCHSTONE_TILE(V) \
      case V: if constexpr (V <= most) work(Tile<V, false>{rest}, from); break; \
      case -V: if constexpr (V <= most) work(Tile<V, true>{rest}, from); break;
      TOUCHSTONE_TILE(1) TOUCHSTONE_TILE(2) TOUCHSTONE_TILE(3) TOUCHSTONE_TILE(4) TOUCHSTONE_TILE(5) TOUCHSTONE_TILE(6) TOUCHSTONE_TILE(7) TOUCHSTONE_TILE(8)
#undef TOUCHSTONE_TILE
    }
    from += width;
  }
}

struct Product {
  long rows, inner, columns;
  Rows w;
  float background;
  const float* bias;
  Lists lists;
  const uint32_t* starts;
  float* y;

  template <int V, bool REST>
  TOUCHSTONE_TARGET void operator()(const Tile<V, REST>& tile, long from) const {
    Vector base[V];
    tile.base(base, w, from, inner, background, bias == nullptr ? nullptr : bias + from);
    const uint32_t* list = starts;
    const long next = from + V * LANES;
    for (long k = 0; k < inner; k += INNER_BLOCK) {
      const long block = std::min(INNER_BLOCK, inner - k);
      for (long row = 0; row < rows; row++, list++) {
        // The next tile of W comes nearer meanwhile: since the last step other operations have pushed W far away.
        if (row < block && next < columns) TOUCHSTONE_EACH(v, V) fetch(w.values + (k + row) * w.stride + next + v * LANES);
        float* out = y + row * columns + from;
        Vector sums[1][V];
        if (k == 0) TOUCHSTONE_EACH(v, V) sums[0][v] = base[v];
        else tile.read(sums[0], out);
        tile.template add<1>(sums, lists.at + list[0], lists.difference + list[0], 0, list[1] - list[0], w, from);
        tile.write(sums[0], out);
      }
    }
  }
};

/** y [rows, columns] = x [rows, inner] · w [inner, columns] + bias [columns], where `bias` is not null. */
inline void sparseProduct(long rows, long inner, long columns, const float* x, float background, const float* w, const float* bias, float* y, Workspace& workspace) {
  const long blocks = (inner + INNER_BLOCK - 1) / INNER_BLOCK;
  const Rows weights = wholeRows(w, inner, columns, workspace);
  for (long from = 0; from < rows; from += ROW_BLOCK) {
    const long some = std::min(ROW_BLOCK, rows - from);
    const Lists lists = workspace.lists(some * inner + LANES);
    uint32_t* starts = workspace.counts(some * blocks + 1);
    listRows(x + from * inner, some, inner, INNER_BLOCK, background, lists, starts);
    eachTile<TILE>(columns, Product{some, inner, columns, weights, background, bias, lists, starts, y + from * columns});
  }
}

struct TransposedProduct {
  long rows, inner, columns;
  Rows d;
  float background;
  Lists lists;
  const uint32_t* counts;
  float* g;
  bool first;

  template <int V, bool REST>
  TOUCHSTONE_TARGET void operator()(const Tile<V, REST>& tile, long from) const {
    Vector base[V];
    tile.base(base, d, from, rows, background, nullptr);
    const long room = rows + LANES;
    for (long k = 0; k < inner; k += TOGETHER) {
      float* out = g + k * columns + from;
      Vector sums[TOGETHER][V];
      TOUCHSTONE_EACH(j, TOGETHER) TOUCHSTONE_EACH(v, V) sums[j][v] = first || k + j >= inner ? base[v] : sum(tile.vector(out + j * columns, v), base[v]);
      tile.template add<TOGETHER>(sums, lists.at + k / TOGETHER * room, lists.difference + k * room, room, counts[k / TOGETHER], d, from);
      TOUCHSTONE_EACH(j, TOGETHER) if (k + j < inner) tile.write(sums[j], out + j * columns);
    }
  }
};

/** g [inner, columns] = xᵀ · d for x [rows, inner] and d [rows, columns], with every column of d. */
inline void transposedProductOfAll(long rows, long inner, long columns, const float* x, float background, const float* d, float* g, Workspace& workspace) {
  if (rows == 0) std::fill(g, g + inner * columns, 0.0f);
  for (long from = 0; from < rows; from += ROW_BLOCK) {
    const long some = std::min(ROW_BLOCK, rows - from);
    const Lists lists = workspace.lists((inner + LANES - 1) / LANES * LANES * (some + LANES));
    uint32_t* counts = workspace.counts((inner + LANES - 1) / LANES * LANES / TOGETHER);
    listColumns(x + from * inner, some, inner, background, lists, counts);
    eachTile<TRANSPOSED_TILE>(columns, TransposedProduct{some, inner, columns, wholeRows(d + from * columns, some, columns, workspace), background, lists, counts, g, from == 0});
  }
}

/** Which lanes of each vector of a matrix's columns have anything but 0 in any row; answers how many in all, or more than `most` as soon as there are. */
TOUCHSTONE_TARGET inline long columnsInUse(const float* matrix, long rows, long columns, long most, uint32_t* lanes) {
  constexpr long SOME = 8;
  std::fill(lanes, lanes + (columns + LANES - 1) / LANES, 0);
  long count = 0;
  for (long first = 0; first < rows && count <= most; first += SOME) {
    const long last = std::min(rows, first + SOME);
    count = 0;
    for (long from = 0; from < columns; from += LANES) {
      const Lanes within = firstLanes(std::min(LANES, columns - from));
      Vector any = zero();
      for (long row = first; row < last; row++) any = either(any, load(matrix + row * columns + from, within));
      lanes[from / LANES] |= different(any, zero());
      count += __builtin_popcount(lanes[from / LANES]);
    }
  }
  return count;
}

/** The columns in use of a matrix side by side, with zeros after each row; writes up to LANES numbers beyond the last. */
TOUCHSTONE_TARGET inline void narrowed(const float* matrix, long rows, long columns, const uint32_t* lanes, float* to, long stride) {
  for (long row = 0; row < rows; row++, matrix += columns, to += stride) {
    store(to + stride - LANES, zero());
    float* next = to;
    for (long from = 0; from < columns; from += LANES) {
      const uint32_t chosen = lanes[from / LANES];
      store(next, compressed(load(matrix + from, firstLanes(std::min(LANES, columns - from))), chosen));
      next += __builtin_popcount(chosen);
    }
  }
}

/** A matrix whose columns in use are side by side in another one, and 0 in the others; reads up to LANES numbers beyond the last. */
TOUCHSTONE_TARGET inline void widened(const float* narrow, long stride, long rows, long columns, const uint32_t* lanes, float* matrix) {
  const long before = columns / LANES * LANES;
  for (long row = 0; row < rows; row++, narrow += stride, matrix += columns) {
    const float* next = narrow;
    for (long from = 0; from < before; from += LANES) {
      const uint32_t chosen = lanes[from / LANES];
      store(matrix + from, expanded(next, chosen));
      next += __builtin_popcount(chosen);
    }
    if (before < columns) store(matrix + before, expanded(next, lanes[before / LANES]), firstLanes(columns - before));
  }
}

/**
 * g [inner, columns] = xᵀ · d for x [rows, inner] and d [rows, columns]. Columns of d that are 0 throughout, of units that are off in all rows, are left out where they are the half
 * of all.
 */
inline void sparseTransposedProduct(long rows, long inner, long columns, const float* x, float background, const float* d, float* g, Workspace& workspace) {
  uint32_t* lanes = workspace.lanes((columns + LANES - 1) / LANES);
  const long used = columnsInUse(d, rows, columns, columns / 2, lanes);
  if (used > columns / 2) return transposedProductOfAll(rows, inner, columns, x, background, d, g, workspace);
  const long stride = std::max(1L, (used + LANES - 1) / LANES) * LANES;
  float* narrow = workspace.narrow(rows * stride + LANES);
  float* product = workspace.product(inner * stride + LANES);
  narrowed(d, rows, columns, lanes, narrow, stride);
  transposedProductOfAll(rows, inner, stride, x, background, narrow, product, workspace);
  widened(product, stride, inner, columns, lanes, g);
}

}  // namespace touchstone::TOUCHSTONE_INSTRUCTIONS
