#if defined(__x86_64__) && defined(__GNUC__)

#include "vectors-avx512.h"

#include "elementwise.h"
#include "rectified-gradient.h"
#include "sparse-product.h"

namespace touchstone {

const Kernels AVX512 = {avx512::sparseProduct, avx512::sparseTransposedProduct, avx512::rectifiedGradient, avx512::whereRectified, avx512::manyDiffer, avx512::elementwise, nullptr};

}  // namespace touchstone

#endif
