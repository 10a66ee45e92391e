#include "kernels.h"

namespace touchstone {

const Kernels* kernelsOfThisProcessor() {
#if defined(__x86_64__) && defined(__GNUC__)
  // What a kernel is compiled with, its vectors' header says.
  const bool has512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  if (has512) return &AVX512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &AVX2;
#endif
  return nullptr;
}

}  // namespace touchstone
