// Several element-wise operations in one pass over memory.
//
// Arrays are gone through in blocks that stay in a first-level cache with everything that is computed of them. Each operation rounds by itself: the same
// bits as one operation after the other.
#pragma once

#include <algorithm>
#include <cstring>

namespace touchstone::TOUCHSTONE_INSTRUCTIONS {

/** Elements at once. */
constexpr long ELEMENTWISE_BLOCK = 512;

template <typename Operation>
TOUCHSTONE_INLINE void overBlock(const float* left, const float* right, float* out, long count, const Operation& operation) {
  long i = 0;
  for (; i + LANES <= count; i += LANES) store(out + i, operation(load(left + i), load(right + i)));
  if (i == count) return;
  const Lanes rest = firstLanes(count - i);
  store(out + i, operation(load(left + i, rest), load(right + i, rest)), rest);
}

TOUCHSTONE_TARGET inline void computeBlock(Arithmetic operation, const float* left, const float* right, float* out, long count) {
  switch (operation) {
    case Arithmetic::SUM: return overBlock(left, right, out, count, [](Vector a, Vector b) TOUCHSTONE_TARGET { return sum(a, b); });
    case Arithmetic::DIFFERENCE: return overBlock(left, right, out, count, [](Vector a, Vector b) TOUCHSTONE_TARGET { return difference(a, b); });
    case Arithmetic::PRODUCT: return overBlock(left, right, out, count, [](Vector a, Vector b) TOUCHSTONE_TARGET { return product(a, b); });
    case Arithmetic::QUOTIENT: return overBlock(left, right, out, count, [](Vector a, Vector b) TOUCHSTONE_TARGET { return quotient(a, b); });
  }
}

/**
 * Computes the chain for `count` elements. A result may lie where an array does: what a block needs of the arrays is read before its results are
 * written, element by element in the last step.
 */
inline void elementwise(const Chain& chain, long count, const float* const* arrays, const float* numbers, float* const* results, Workspace& workspace) {
  // What is computed of a block, a row each; behind them a row of each number. The last step writes into its place at once.
  float* rows = workspace.copy((chain.steps.size() + chain.numbers) * ELEMENTWISE_BLOCK);
  float* repeated = rows + chain.steps.size() * ELEMENTWISE_BLOCK;
  for (long i = 0; i < chain.numbers; i++) std::fill_n(repeated + i * ELEMENTWISE_BLOCK, ELEMENTWISE_BLOCK, numbers[i]);
  const long last = static_cast<long>(chain.steps.size()) - 1;
  const auto ends = std::find(chain.results.begin(), chain.results.end(), last);
  for (long from = 0; from < count; from += ELEMENTWISE_BLOCK) {
    const long some = std::min(ELEMENTWISE_BLOCK, count - from);
    const auto operand = [&](long place) -> const float* {
      if (place < chain.arrays) return arrays[place] + from;
      place -= chain.arrays;
      return place < chain.numbers ? repeated + place * ELEMENTWISE_BLOCK : rows + (place - chain.numbers) * ELEMENTWISE_BLOCK;
    };
    for (long i = 0; i <= last; i++) {
      const ChainStep& step = chain.steps[i];
      float* out = i == last && ends != chain.results.end() ? results[ends - chain.results.begin()] + from : rows + i * ELEMENTWISE_BLOCK;
      computeBlock(step.operation, operand(step.left), operand(step.right), out, some);
    }
    for (size_t i = 0; i < chain.results.size(); i++) {
      if (chain.results[i] != last) std::memcpy(results[i] + from, rows + chain.results[i] * ELEMENTWISE_BLOCK, some * sizeof(float));
    }
  }
}

}  // namespace touchstone::TOUCHSTONE_INSTRUCTIONS
