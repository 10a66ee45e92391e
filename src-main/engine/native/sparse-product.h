// Products with a matrix X most of whose elements equal one value, the background, as the pixels of written digits do: only the elements that
// differ are multiplied. For processors with AVX2 and FMA, in one thread.
//
// With X = c + E, where c is the background, X·W is c · (column sums of W) + E·W, and Xᵀ·D is c · (column sums of D) + Eᵀ·D in every row. Sums
// run over the inner dimension in order, in one accumulator each: the same inputs give the same bits. Right for every X; fast where E is sparse.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#include "avx2.h"

namespace touchstone {

/** Vectors of a tile of columns: its sums stay in registers. */
constexpr long TILE = 8;
/** Columns of X, that is rows of W, at once: a tile of so many rows stays in a first-level cache of 32 KiB. */
constexpr long INNER_BLOCK = 112;
/** Rows of X at once, which bounds the lists. */
constexpr long ROW_BLOCK = 128;

/** Where a matrix differs from its background, and by how much. */
struct Lists {
  uint32_t* at;
  float* difference;
};

/** Room for lists of so many elements, which stays with its thread: fresh memory each time would cost more than the product. */
class Workspace {
 public:
  Lists lists(long elements) {
    if (elements > room_) {
      memory_.reset(static_cast<char*>(std::aligned_alloc(64, (elements * 8 + 63) / 64 * 64)));
      if (memory_ == nullptr) throw std::bad_alloc();
      room_ = elements;
    }
    return {reinterpret_cast<uint32_t*>(memory_.get()), reinterpret_cast<float*>(memory_.get()) + room_};
  }
  uint32_t* counts(long elements) {
    if (elements > countRoom_) {
      counts_.reset(new uint32_t[elements]);
      countRoom_ = elements;
    }
    return counts_.get();
  }

 private:
  struct Release {
    void operator()(char* memory) const { std::free(memory); }
  };
  std::unique_ptr<char, Release> memory_;
  std::unique_ptr<uint32_t[]> counts_;
  long room_ = 0, countRoom_ = 0;
};

/** For every choice of lanes the permutation that brings them to the front. */
struct Compression {
  alignas(32) uint32_t lanes[1 << LANES][LANES] = {};
  Compression() {
    for (int choice = 0; choice < 1 << LANES; choice++) {
      int count = 0;
      for (int lane = 0; lane < LANES; lane++) if (choice >> lane & 1) lanes[choice][count++] = lane;
    }
  }
};
inline const Compression COMPRESSION;

/** Appends the lanes of `values` that differ from the background; writes up to 8 places beyond `count`. Answers the new count. */
TOUCHSTONE_INLINE long append(const Lists& lists, long count, __m256 values, __m256 background, __m256i places, unsigned lanes) {
  // Unordered counts as different: what is not a number must not get lost.
  const unsigned chosen = _mm256_movemask_ps(_mm256_cmp_ps(values, background, _CMP_NEQ_UQ)) & lanes;
  const __m256i front = _mm256_load_si256(reinterpret_cast<const __m256i*>(COMPRESSION.lanes[chosen]));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(lists.at + count), _mm256_permutevar8x32_epi32(places, front));
  _mm256_storeu_ps(lists.difference + count, _mm256_permutevar8x32_ps(_mm256_sub_ps(values, background), front));
  return count + __builtin_popcount(chosen);
}

/** Lists of x [rows, inner] block of columns by block of columns, in each row by row; list i is from starts[i] to starts[i + 1]. */
TOUCHSTONE_AVX2 inline void listRows(const float* x, long rows, long inner, float background, const Lists& lists, uint32_t* starts) {
  const __m256 c = _mm256_set1_ps(background);
  long count = 0;
  for (long from = 0; from < inner; from += INNER_BLOCK) {
    const long to = std::min(inner, from + INNER_BLOCK);
    for (long row = 0; row < rows; row++) {
      *starts++ = static_cast<uint32_t>(count);
      const float* values = x + row * inner;
      long k = from;
      for (; k + LANES <= to; k += LANES) count = append(lists, count, _mm256_loadu_ps(values + k), c, countingFrom(k), 255);
      if (k < to) count = append(lists, count, _mm256_maskload_ps(values + k, firstLanes(to - k)), c, countingFrom(k), (1u << (to - k)) - 1);
    }
  }
  *starts = static_cast<uint32_t>(count);
}

TOUCHSTONE_INLINE void transpose(__m256* rows) {
  __m256 pairs[8], quarters[8];
  TOUCHSTONE_EACH(i, 4) {
    pairs[2 * i] = _mm256_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
    pairs[2 * i + 1] = _mm256_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
  }
  TOUCHSTONE_EACH(half, 2) {
    const __m256* p = pairs + 4 * half;
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

/** Lists of the columns of x [rows, inner]: list k begins at k · (rows + 8) and has counts[k] elements. Columns are taken by eight, and there is a list for each. */
TOUCHSTONE_AVX2 inline void listColumns(const float* x, long rows, long inner, float background, const Lists& lists, uint32_t* counts) {
  const __m256 c = _mm256_set1_ps(background);
  const long room = rows + LANES;
  for (long from = 0; from < inner; from += LANES) {
    const long width = std::min(LANES, inner - from);
    const __m256i within = firstLanes(width);
    long found[LANES] = {};
    for (long row = 0; row < rows; row += LANES) {
      __m256 block[LANES];
      TOUCHSTONE_EACH(i, 8) block[i] = row + i < rows ? _mm256_maskload_ps(x + (row + i) * inner + from, within) : c;
      transpose(block);
      TOUCHSTONE_EACH(j, 8) {
        const Lists column{lists.at + (from + j) * room, lists.difference + (from + j) * room};
        found[j] = append(column, found[j], block[j], c, countingFrom(row), 255);
      }
    }
    for (long j = 0; j < width; j++) counts[from + j] = static_cast<uint32_t>(found[j]);
  }
}

/** A tile of V vectors of columns; with REST the last one is not whole. */
template <int V, bool REST>
struct Tile {
  long stride;
  __m256i rest;

  TOUCHSTONE_INLINE __m256 vector(const float* row, int v) const { return REST && v == V - 1 ? _mm256_maskload_ps(row + v * LANES, rest) : _mm256_loadu_ps(row + v * LANES); }
  TOUCHSTONE_INLINE void load(__m256* sums, const float* row) const { TOUCHSTONE_EACH(v, V) sums[v] = vector(row, v); }
  TOUCHSTONE_INLINE void store(const __m256* sums, float* row) const {
    TOUCHSTONE_EACH(v, V) {
      if (REST && v == V - 1) _mm256_maskstore_ps(row + v * LANES, rest, sums[v]);
      else _mm256_storeu_ps(row + v * LANES, sums[v]);
    }
  }

  /** sums = factor · (sum of the rows of `matrix`) + `offset`, where there is one. */
  TOUCHSTONE_INLINE void base(__m256* sums, const float* matrix, long rows, float factor, const float* offset) const {
    TOUCHSTONE_EACH(v, V) sums[v] = _mm256_setzero_ps();
    if (factor != 0) {
      for (long row = 0; row < rows; row++, matrix += stride) TOUCHSTONE_EACH(v, V) sums[v] = _mm256_add_ps(sums[v], vector(matrix, v));
      TOUCHSTONE_EACH(v, V) sums[v] = _mm256_mul_ps(sums[v], _mm256_set1_ps(factor));
    }
    if (offset != nullptr) TOUCHSTONE_EACH(v, V) sums[v] = _mm256_add_ps(sums[v], vector(offset, v));
  }

  /** sums += Σ difference[i] · row at[i] of `matrix`. */
  TOUCHSTONE_INLINE void add(__m256* sums, const uint32_t* at, const float* difference, long count, const float* matrix) const {
    for (long i = 0; i < count; i++) {
      const float* row = matrix + static_cast<long>(at[i]) * stride;
      const __m256 factor = _mm256_broadcast_ss(difference + i);
      TOUCHSTONE_EACH(v, V) sums[v] = _mm256_fmadd_ps(factor, vector(row, v), sums[v]);
    }
  }
};

/** Calls `work` with the type of each tile of a matrix so wide, its first column and the lanes of its last vector; tiles differ by one vector at most. */
template <typename Work>
TOUCHSTONE_AVX2 inline void eachTile(long columns, const Work& work) {
  const long vectors = (columns + LANES - 1) / LANES, tiles = (vectors + TILE - 1) / TILE;
  long from = 0;
  for (long tile = 0; tile < tiles; tile++) {
    const long count = vectors * (tile + 1) / tiles - vectors * tile / tiles;
    const long width = std::min(columns - from, count * LANES);
    const __m256i rest = firstLanes(width - (count - 1) * LANES);
    const bool whole = width == count * LANES;
    switch (whole ? count : -count) {
#define TOUCHSTONE_TILE(V) \
      case V: work(Tile<V, false>{columns, rest}, from); break; \
      case -V: work(Tile<V, true>{columns, rest}, from); break;
      TOUCHSTONE_TILE(1) TOUCHSTONE_TILE(2) TOUCHSTONE_TILE(3) TOUCHSTONE_TILE(4) TOUCHSTONE_TILE(5) TOUCHSTONE_TILE(6) TOUCHSTONE_TILE(7) TOUCHSTONE_TILE(8)
#undef TOUCHSTONE_TILE
    }
    from += width;
  }
}

struct Product {
  long rows, inner, columns;
  const float* w;
  float background;
  const float* bias;
  Lists lists;
  const uint32_t* starts;
  float* y;

  template <int V, bool REST>
  TOUCHSTONE_AVX2 void operator()(const Tile<V, REST>& tile, long from) const {
    __m256 base[V];
    tile.base(base, w + from, inner, background, bias == nullptr ? nullptr : bias + from);
    const uint32_t* list = starts;
    for (long k = 0; k < inner; k += INNER_BLOCK) {
      for (long row = 0; row < rows; row++, list++) {
        float* out = y + row * columns + from;
        __m256 sums[V];
        if (k == 0) TOUCHSTONE_EACH(v, V) sums[v] = base[v];
        else tile.load(sums, out);
        tile.add(sums, lists.at + list[0], lists.difference + list[0], list[1] - list[0], w + from);
        tile.store(sums, out);
      }
    }
  }
};

/** y [rows, columns] = x [rows, inner] · w [inner, columns] + bias [columns], where `bias` is not null. */
inline void sparseProduct(long rows, long inner, long columns, const float* x, float background, const float* w, const float* bias, float* y, Workspace& workspace) {
  const long blocks = (inner + INNER_BLOCK - 1) / INNER_BLOCK;
  for (long from = 0; from < rows; from += ROW_BLOCK) {
    const long some = std::min(ROW_BLOCK, rows - from);
    const Lists lists = workspace.lists(some * inner + LANES);
    uint32_t* starts = workspace.counts(some * blocks + 1);
    listRows(x + from * inner, some, inner, background, lists, starts);
    eachTile(columns, Product{some, inner, columns, w, background, bias, lists, starts, y + from * columns});
  }
}

struct TransposedProduct {
  long rows, inner, columns;
  const float* d;
  float background;
  Lists lists;
  const uint32_t* counts;
  float* g;
  bool first;

  template <int V, bool REST>
  TOUCHSTONE_AVX2 void operator()(const Tile<V, REST>& tile, long from) const {
    __m256 base[V];
    tile.base(base, d + from, rows, background, nullptr);
    const long room = rows + LANES;
    for (long k = 0; k < inner; k++) {
      float* out = g + k * columns + from;
      __m256 sums[V];
      TOUCHSTONE_EACH(v, V) sums[v] = first ? base[v] : _mm256_add_ps(tile.vector(out, v), base[v]);
      tile.add(sums, lists.at + k * room, lists.difference + k * room, counts[k], d + from);
      tile.store(sums, out);
    }
  }
};

/** g [inner, columns] = xᵀ · d for x [rows, inner] and d [rows, columns]. */
inline void sparseTransposedProduct(long rows, long inner, long columns, const float* x, float background, const float* d, float* g, Workspace& workspace) {
  if (rows == 0) std::fill(g, g + inner * columns, 0.0f);
  for (long from = 0; from < rows; from += ROW_BLOCK) {
    const long some = std::min(ROW_BLOCK, rows - from);
    const Lists lists = workspace.lists((inner + LANES - 1) / LANES * LANES * (some + LANES));
    uint32_t* counts = workspace.counts(inner);
    listColumns(x + from * inner, some, inner, background, lists, counts);
    eachTile(columns, TransposedProduct{some, inner, columns, d + from * columns, background, lists, counts, g, from == 0});
  }
}

}  // namespace touchstone
