#include "chain.h"

#include <algorithm>
#include <utility>

namespace touchstone {

ChainPlan planned(Chain chain) {
  const long given = chain.arrays + chain.numbers, count = static_cast<long>(chain.steps.size());
  std::vector<long> uses(count, 0);
  const auto use = [&](long operand) { if (operand >= given) uses[operand - given]++; };
  for (const ChainStep& step : chain.steps) {
    use(step.left);
    if (step.operation != Arithmetic::ROOT) use(step.right);
  }
  for (const long result : chain.results) uses[result]++;

  std::vector<ChainPass> passes;
  std::vector<bool> within(count, false);
  // From the end: a step takes in one of its operands, unless it has been taken in itself.
  for (long i = count - 1; i >= 0; i--) {
    if (within[i]) continue;
    const ChainStep& step = chain.steps[i];
    const auto onlyHere = [&](long operand) { return operand >= given && uses[operand - given] == 1; };
    ChainPass pass{Form::SINGLE, step.operation, step.operation, step.left, step.right, step.left, i};
    if (step.operation != Arithmetic::ROOT) {
      // The later of the two where both could be: it is the one that has just been computed.
      const bool left = onlyHere(step.left) && (!onlyHere(step.right) || step.left > step.right);
      if (left || onlyHere(step.right)) {
        const long inner = (left ? step.left : step.right) - given;
        within[inner] = true;
        pass = {left ? Form::LEFT : Form::RIGHT, chain.steps[inner].operation, step.operation, chain.steps[inner].left, chain.steps[inner].right, left ? step.right : step.left, i};
      }
    }
    passes.push_back(pass);
  }
  std::reverse(passes.begin(), passes.end());

  std::vector<long> lastUses(chain.arrays, -1);
  for (long i = 0; i < static_cast<long>(passes.size()); i++) {
    for (const long operand : {passes[i].a, passes[i].b, passes[i].c}) if (operand < chain.arrays) lastUses[operand] = i;
  }
  return {std::move(chain), std::move(passes), std::move(lastUses)};
}

}  // namespace touchstone
