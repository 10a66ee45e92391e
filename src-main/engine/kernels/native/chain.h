// Element-wise operations on arrays of one length, and how they are computed in one pass over memory.
#pragma once

#include <vector>

namespace touchstone {

/** ROOT is that of the left operand. */
enum class Arithmetic { SUM, DIFFERENCE, PRODUCT, QUOTIENT, ROOT };

/** Operands are numbered: the arrays, then the numbers, then what the steps before have computed. */
struct ChainStep {
  Arithmetic operation;
  long left, right;
};

/** Operations on arrays of one length and on single numbers. `results`: the steps whose values are wanted. */
struct Chain {
  long arrays, numbers;
  std::vector<ChainStep> steps;
  std::vector<long> results;
};

/** One step, or two at once: a ∘ b, then (a ∘ b) ∘ c or c ∘ (a ∘ b). */
enum class Form { SINGLE, LEFT, RIGHT };

struct ChainPass {
  Form form;
  Arithmetic first, second;
  long a, b, c;
  /** The step whose value it computes. */
  long step;
};

/** How a chain is computed. */
struct ChainPlan {
  Chain chain;
  std::vector<ChainPass> passes;
  /** Of every array the last pass that reads it; -1 where none does. */
  std::vector<long> lastUses;
};

/** Steps whose value only one other needs are computed together with that one, so that it stays in a register; each still rounds by itself. */
ChainPlan planned(Chain chain);

}  // namespace touchstone
