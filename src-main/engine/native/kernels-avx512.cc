#if defined(__x86_64__) && defined(__GNUC__)

#include "vectors-avx512.h"

#include "sparse-product.h"

namespace touchstone {

const Kernels AVX512 = {avx512::sparseProduct, avx512::sparseTransposedProduct, nullptr};

}  // namespace touchstone

#endif
