#if defined(__x86_64__) && defined(__GNUC__)

#include "vectors-avx2.h"

#include "elementwise.h"
#include "filter-gradient.h"
#include "rectified-gradient.h"
#include "sparse-product.h"

namespace touchstone {

const Kernels AVX2 = {avx2::sparseProduct, avx2::sparseTransposedProduct, avx2::rectifiedGradient, avx2::whereRectified, avx2::manyDiffer, avx2::elementwise, avx2::filterGradient};

}  // namespace touchstone

#endif
