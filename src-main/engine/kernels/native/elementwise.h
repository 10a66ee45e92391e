// Several element-wise operations in one pass over memory.
//
// Arrays are gone through in blocks that stay in a first-level cache with everything that is computed of them. Each operation rounds by itself: the same
// bits as one operation after the other.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

namespace touchstone::TOUCHSTONE_INSTRUCTIONS {

/** Elements at once: so few that the processor fetches the next block from memory while it computes this one. */
constexpr long ELEMENTWISE_BLOCK = 128;

template <Arithmetic operation>
TOUCHSTONE_INLINE Vector computed(Vector a, Vector b) {
  if constexpr (operation == Arithmetic::SUM) return sum(a, b);
  if constexpr (operation == Arithmetic::DIFFERENCE) return difference(a, b);
  if constexpr (operation == Arithmetic::PRODUCT) return product(a, b);
  if constexpr (operation == Arithmetic::QUOTIENT) return quotient(a, b);
  if constexpr (operation == Arithmetic::ROOT) return squareRoot(a);
}

template <Form form, Arithmetic first, Arithmetic second>
TOUCHSTONE_INLINE Vector passed(Vector a, Vector b, Vector c) {
  const Vector inner = computed<first>(a, b);
  if constexpr (form == Form::SINGLE) return inner;
  if constexpr (form == Form::LEFT) return computed<second>(inner, c);
  if constexpr (form == Form::RIGHT) return computed<second>(c, inner);
}

using BlockPass = void (*)(const float* a, const float* b, const float* c, float* out, long count);

template <Form form, Arithmetic first, Arithmetic second>
TOUCHSTONE_TARGET void overBlock(const float* a, const float* b, const float* c, float* out, long count) {
  long i = 0;
  for (; i + LANES <= count; i += LANES) store(out + i, passed<form, first, second>(load(a + i), load(b + i), load(c + i)));
  if (i == count) return;
  const Lanes rest = firstLanes(count - i);
  store(out + i, passed<form, first, second>(load(a + i, rest), load(b + i, rest), load(c + i, rest)), rest);
}

template <Form form, Arithmetic first>
BlockPass passWith(Arithmetic second) {
  switch (second) {
    case Arithmetic::SUM: return overBlock<form, first, Arithmetic::SUM>;
    case Arithmetic::DIFFERENCE: return overBlock<form, first, Arithmetic::DIFFERENCE>;
    case Arithmetic::PRODUCT: return overBlock<form, first, Arithmetic::PRODUCT>;
    case Arithmetic::QUOTIENT: return overBlock<form, first, Arithmetic::QUOTIENT>;
    case Arithmetic::ROOT: return overBlock<form, first, Arithmetic::ROOT>;
  }
  return nullptr;
}

template <Form form>
BlockPass passWith(Arithmetic first, Arithmetic second) {
  switch (first) {
    case Arithmetic::SUM: return passWith<form, Arithmetic::SUM>(second);
    case Arithmetic::DIFFERENCE: return passWith<form, Arithmetic::DIFFERENCE>(second);
    case Arithmetic::PRODUCT: return passWith<form, Arithmetic::PRODUCT>(second);
    case Arithmetic::QUOTIENT: return passWith<form, Arithmetic::QUOTIENT>(second);
    case Arithmetic::ROOT: return passWith<form, Arithmetic::ROOT>(second);
  }
  return nullptr;
}

inline BlockPass passFor(const ChainPass& pass) {
  switch (pass.form) {
    case Form::SINGLE: return passWith<Form::SINGLE>(pass.first, pass.first);
    case Form::LEFT: return passWith<Form::LEFT>(pass.first, pass.second);
    case Form::RIGHT: return passWith<Form::RIGHT>(pass.first, pass.second);
  }
  return nullptr;
}

/**
 * Computes the chain for `count` elements. A result may lie where an array does. One that lies where nothing is read later is written as soon as it is computed, the
 * others when the block is through.
 */
inline void elementwise(const ChainPlan& plan, long count, const float* const* arrays, const float* numbers, float* const* results, Workspace& workspace) {
  const Chain& chain = plan.chain;
  const long given = chain.arrays + chain.numbers, places = given + static_cast<long>(chain.steps.size());
  /** Where an operand of a block is: in an array, that far into it (stride 1), or in a row of its own (0). */
  struct Source {
    const float* at;
    long stride;
  };
  struct Move {
    BlockPass compute;
    Source a, b, c;
    float* out;
    long stride;
  };
  struct Copy {
    Source from;
    float* to;
  };
  // A row of each number, then one of what each step computes.
  float* rows = workspace.copy((places - chain.arrays) * ELEMENTWISE_BLOCK);
  for (long i = 0; i < chain.numbers; i++) std::fill_n(rows + i * ELEMENTWISE_BLOCK, ELEMENTWISE_BLOCK, numbers[i]);
  std::vector<Source> sources;
  for (long i = 0; i < places; i++) sources.push_back(i < chain.arrays ? Source{arrays[i], 1} : Source{rows + (i - chain.arrays) * ELEMENTWISE_BLOCK, 0});
  const auto isReadAfter = [&](const float* array, long pass) {
    for (long i = 0; i < chain.arrays; i++) if (arrays[i] == array && plan.lastUses[i] > pass) return true;
    return false;
  };
  std::vector<Move> moves;
  std::vector<Copy> copies;
  for (const ChainPass& pass : plan.passes) {
    Source& value = sources[given + pass.step];
    Move move{passFor(pass), sources[pass.a], sources[pass.b], sources[pass.c], rows + (given + pass.step - chain.arrays) * ELEMENTWISE_BLOCK, 0};
    for (size_t i = 0; i < chain.results.size(); i++) {
      if (chain.results[i] != pass.step) continue;
      if (move.stride == 0 && !isReadAfter(results[i], static_cast<long>(moves.size()))) value = {move.out = results[i], move.stride = 1};
      else copies.push_back({value, results[i]});
    }
    moves.push_back(move);
  }
  for (long from = 0; from < count; from += ELEMENTWISE_BLOCK) {
    const long some = std::min(ELEMENTWISE_BLOCK, count - from);
    const auto block = [from](const Source& source) { return source.at + source.stride * from; };
    for (const Move& move : moves) move.compute(block(move.a), block(move.b), block(move.c), move.out + move.stride * from, some);
    for (const Copy& copy : copies) std::memcpy(copy.to + from, block(copy.from), some * sizeof(float));
  }
}

}  // namespace touchstone::TOUCHSTONE_INSTRUCTIONS
