// Every kernel of every set of instructions that this processor has, on random sizes, against its definition in double precision; and the sets against
// each other, bit by bit; element-wise chains against their definition bit by bit. Prints a line of JSON.
#include "kernels.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

using namespace touchstone;

namespace {

std::mt19937 generator(7);

long upTo(long most) { return 1 + static_cast<long>(generator() % static_cast<unsigned long>(most)); }
float number() { return std::uniform_real_distribution<float>(-1, 1)(generator); }
std::vector<float> numbers(long count) {
  std::vector<float> values(count);
  for (float& value : values) value = number();
  return values;
}

std::vector<const Kernels*> setsOfThisProcessor() {
  std::vector<const Kernels*> sets;
#if defined(__x86_64__) && defined(__GNUC__)
  const Kernels* best = kernelsOfThisProcessor();
  if (best != nullptr) sets.push_back(&AVX2);
  if (best == &AVX512) sets.push_back(&AVX512);
#endif
  return sets;
}

struct Findings {
  double worst = 0;
  bool sameBits = true;
  void compare(const std::vector<double>& exact, const std::vector<float>& found) {
    for (size_t i = 0; i < exact.size(); i++) {
      const double off = std::fabs(exact[i] - found[i]);
      // what is not a number counts as infinitely wrong
      worst = off <= worst ? worst : std::isnan(off) ? INFINITY : off;
    }
  }
  void alike(const std::vector<float>& a, const std::vector<float>& b) { sameBits = sameBits && std::memcmp(a.data(), b.data(), 4 * a.size()) == 0; }
};

void products(const std::vector<const Kernels*>& sets, Workspace& workspace, Findings& findings) {
  const long rows = upTo(300), inner = upTo(300), columns = upTo(170);
  const float background = generator() % 2 ? number() : 0;
  const bool biased = generator() % 2;
  std::vector<float> x = numbers(rows * inner);
  for (float& value : x) if (generator() % 4) value = background;
  const std::vector<float> w = numbers(inner * columns), bias = numbers(columns);
  std::vector<float> d = numbers(rows * columns);
  // columns of units that are off in all rows, from none to all of them
  const unsigned long off = generator() % 9;
  for (long column = 0; column < columns; column++) if (generator() % 8 < off) for (long row = 0; row < rows; row++) d[row * columns + column] = generator() % 2 ? 0.f : -0.f;
  std::vector<double> y(rows * columns), g(inner * columns);
  for (long row = 0; row < rows; row++) for (long column = 0; column < columns; column++) {
    double& sum = y[row * columns + column];
    sum = biased ? bias[column] : 0;
    for (long k = 0; k < inner; k++) {
      sum += static_cast<double>(x[row * inner + k]) * w[k * columns + column];
      g[k * columns + column] += static_cast<double>(x[row * inner + k]) * d[row * columns + column];
    }
  }
  std::vector<float> firstY, firstG;
  for (const Kernels* kernels : sets) {
    std::vector<float> ourY(y.size(), NAN), ourG(g.size(), NAN);
    kernels->sparseProduct(rows, inner, columns, x.data(), background, w.data(), biased ? bias.data() : nullptr, ourY.data(), workspace);
    kernels->sparseTransposedProduct(rows, inner, columns, x.data(), background, d.data(), ourG.data(), workspace);
    findings.compare(y, ourY);
    findings.compare(g, ourG);
    if (!firstY.empty()) findings.alike(firstY, ourY), findings.alike(firstG, ourG);
    firstY = ourY, firstG = ourG;
  }
}

void rectified(const std::vector<const Kernels*>& sets, Workspace& workspace, Findings& findings) {
  const long rows = upTo(100), inner = upTo(200), columns = upTo(200), on = upTo(8);
  const std::vector<float> d = numbers(rows * inner), w = numbers(columns * inner), whole = numbers(rows * columns);
  std::vector<float> h = numbers(rows * columns);
  for (float& value : h) value = static_cast<long>(generator() % 8) < on ? std::fabs(value) : 0;
  h[0] = NAN;
  std::vector<double> g(rows * columns), masked(rows * columns);
  long different = 0;
  for (long row = 0; row < rows; row++) for (long unit = 0; unit < columns; unit++) {
    const long at = row * columns + unit;
    different += !(h[at] == 0);
    if (!(h[at] > 0)) continue;
    masked[at] = whole[at];
    for (long k = 0; k < inner; k++) g[at] += static_cast<double>(d[row * inner + k]) * w[unit * inner + k];
  }
  std::vector<float> first;
  for (const Kernels* kernels : sets) {
    std::vector<float> ours(g.size(), NAN), ourMasked(g.size(), NAN);
    kernels->rectifiedGradient(rows, inner, columns, d.data(), w.data(), h.data(), ours.data(), workspace);
    kernels->whereRectified(rows * columns, whole.data(), h.data(), ourMasked.data());
    findings.compare(g, ours);
    findings.compare(masked, ourMasked);
    if (!first.empty()) findings.alike(first, ours);
    first = ours;
    findings.sameBits = findings.sameBits && kernels->manyDiffer(rows * columns, h.data(), 0, different - 1) && !kernels->manyDiffer(rows * columns, h.data(), 0, different);
  }
}

void filters(const std::vector<const Kernels*>& sets, Findings& findings) {
  const long height = 4 + upTo(16), width = 4 + upTo(16), filterHeight = upTo(5), filterWidth = upTo(5), top = (filterHeight - 1) / 2, left = (filterWidth - 1) / 2;
  const bool same = generator() % 2;
  const Convolution c{upTo(3), height, width, upTo(20), same ? height : height - filterHeight + 1, same ? width : width - filterWidth + 1, upTo(40), filterHeight, filterWidth, same ? top : 0, same ? left : 0};
  const std::vector<float> x = numbers(c.images * height * width * c.in), d = numbers(c.images * c.outHeight * c.outWidth * c.out);
  std::vector<double> g(filterHeight * filterWidth * c.in * c.out);
  for (long image = 0; image < c.images; image++) for (long row = 0; row < c.outHeight; row++) for (long column = 0; column < c.outWidth; column++)
    for (long down = 0; down < filterHeight; down++) for (long right = 0; right < filterWidth; right++) {
      const long sourceRow = row + down - c.top, sourceColumn = column + right - c.left;
      if (sourceRow < 0 || sourceRow >= height || sourceColumn < 0 || sourceColumn >= width) continue;
      for (long in = 0; in < c.in; in++) for (long out = 0; out < c.out; out++)
        g[((down * filterWidth + right) * c.in + in) * c.out + out] += static_cast<double>(x[((image * height + sourceRow) * width + sourceColumn) * c.in + in]) * d[((image * c.outHeight + row) * c.outWidth + column) * c.out + out];
    }
  for (const Kernels* kernels : sets) {
    if (kernels->filterGradient == nullptr) continue;
    std::vector<float> ours(g.size(), NAN);
    kernels->filterGradient(c, x.data(), d.data(), ours.data());
    findings.compare(g, ours);
  }
}

float computed(Arithmetic operation, float a, float b) {
  switch (operation) {
    case Arithmetic::SUM: return a + b;
    case Arithmetic::DIFFERENCE: return a - b;
    case Arithmetic::PRODUCT: return a * b;
    case Arithmetic::QUOTIENT: return a / b;
    case Arithmetic::ROOT: return std::sqrt(a);
  }
  return NAN;
}

/** The last result takes the place of the first array, as TensorFlow lets it. */
void chains(const std::vector<const Kernels*>& sets, Workspace& workspace, Findings& findings) {
  const long count = upTo(1500);
  Chain chain{upTo(4), upTo(3) - 1, {}, {}};
  const long given = chain.arrays + chain.numbers, steps = upTo(14);
  for (long i = 0; i < steps; i++) chain.steps.push_back({static_cast<Arithmetic>(generator() % 5), upTo(given + i) - 1, upTo(given + i) - 1});
  for (long i = 0; i < steps; i++) if (i == steps - 1 ? chain.results.empty() || generator() % 2 : generator() % 3 == 0) chain.results.push_back(i);
  std::vector<std::vector<float>> arrays;
  for (long i = 0; i < chain.arrays; i++) arrays.push_back(numbers(count));
  const std::vector<float> single = numbers(chain.numbers);
  std::vector<std::vector<float>> values(steps, std::vector<float>(count));
  for (long i = 0; i < steps; i++) for (long at = 0; at < count; at++) {
    const auto operand = [&](long place) { return place < chain.arrays ? arrays[place][at] : place < given ? single[place - chain.arrays] : values[place - given][at]; };
    values[i][at] = computed(chain.steps[i].operation, operand(chain.steps[i].left), operand(chain.steps[i].right));
  }
  const ChainPlan plan = planned(chain);
  for (const Kernels* kernels : sets) {
    std::vector<std::vector<float>> ours(chain.results.size(), std::vector<float>(count, NAN));
    ours.back() = arrays[0];
    std::vector<const float*> from{ours.back().data()};
    for (long i = 1; i < chain.arrays; i++) from.push_back(arrays[i].data());
    std::vector<float*> to;
    for (std::vector<float>& result : ours) to.push_back(result.data());
    kernels->elementwise(plan, count, from.data(), single.data(), to.data(), workspace);
    for (size_t i = 0; i < ours.size(); i++) findings.alike(values[chain.results[i]], ours[i]);
  }
}

/** The square root of every number from 1 to 4: all others are those times a power of two. And of the ends of the numbers, signs, infinities, what is no number. */
void roots(const std::vector<const Kernels*>& sets, Workspace& workspace, Findings& findings) {
  const ChainPlan root = planned({1, 0, {{Arithmetic::ROOT, 0, 0}}, {0}});
  const auto compare = [&](const std::vector<float>& numbers) {
    std::vector<float> exact(numbers.size()), ours(numbers.size());
    for (size_t i = 0; i < numbers.size(); i++) exact[i] = std::sqrt(numbers[i]);
    const float* from = numbers.data();
    float* to = ours.data();
    for (const Kernels* kernels : sets) {
      kernels->elementwise(root, static_cast<long>(numbers.size()), &from, nullptr, &to, workspace);
      findings.alike(exact, ours);
    }
  };
  std::vector<float> numbers(1 << 16);
  const auto withBits = [](uint32_t bits) { float value; std::memcpy(&value, &bits, 4); return value; };
  for (uint32_t first = 0x3f800000; first < 0x40800000; first += numbers.size()) {
    for (uint32_t i = 0; i < numbers.size(); i++) numbers[i] = withBits(first + i);
    compare(numbers);
  }
  for (uint32_t i = 0; i < numbers.size(); i++) numbers[i] = withBits(i << 16 | (i & 0xff));
  for (float& number : numbers) if (std::isnan(number)) number = 0.f;
  compare(numbers);
}

}  // namespace

int main() {
  const std::vector<const Kernels*> sets = setsOfThisProcessor();
  Workspace workspace;
  Findings findings;
  for (int i = 0; i < 60; i++) products(sets, workspace, findings), rectified(sets, workspace, findings), filters(sets, findings), chains(sets, workspace, findings);
  roots(sets, workspace, findings);
  std::printf("{\"sets\": %zu, \"worst\": %g, \"sameBits\": %s}\n", sets.size(), findings.worst, findings.sameBits ? "true" : "false");
}
