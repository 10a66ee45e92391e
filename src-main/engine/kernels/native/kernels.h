// Touchstone's own kernels, each in one thread, compiled once for every set of instructions that they are written for.
#pragma once

#include "chain.h"
#include "workspace.h"

// A function that becomes part of the kernel that calls it; the header of the vectors defines TOUCHSTONE_TARGET, for kernels themselves.
#define TOUCHSTONE_INLINE TOUCHSTONE_TARGET __attribute__((always_inline)) inline
// Loops over the registers of a tile have to be unrolled.
#define TOUCHSTONE_EACH(v, count) _Pragma("GCC unroll 16") for (int v = 0; v < count; v++)

namespace touchstone {

struct Convolution {
  long images, height, width, in;
  long outHeight, outWidth, out;
  long filterHeight, filterWidth;
  /** Rows and columns of zeros before the image. */
  long top, left;
};

/** The kernels for one set of instructions; their definitions say what they compute. */
struct Kernels {
  void (*sparseProduct)(long rows, long inner, long columns, const float* x, float background, const float* w, const float* bias, float* y, Workspace& workspace);
  void (*sparseTransposedProduct)(long rows, long inner, long columns, const float* x, float background, const float* d, float* g, Workspace& workspace);
  void (*rectifiedGradient)(long rows, long inner, long columns, const float* d, const float* w, const float* h, float* g, Workspace& workspace);
  void (*whereRectified)(long count, const float* d, const float* h, float* g);
  bool (*manyDiffer)(long count, const float* values, float from, long most);
  void (*elementwise)(const ChainPlan& plan, long count, const float* const* arrays, const float* numbers, float* const* results, Workspace& workspace);
  /** None where TensorFlow's own is faster. */
  void (*filterGradient)(const Convolution& convolution, const float* x, const float* d, float* g);
};

extern const Kernels AVX2, AVX512;

/** The fastest of them that this processor has the instructions for; null where it has those of none. */
const Kernels* kernelsOfThisProcessor();

}  // namespace touchstone
