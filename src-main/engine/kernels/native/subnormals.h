// Numbers below 1.2e-38 in magnitude count as zero while TensorFlow computes.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace touchstone {

/**
 * For its lifetime this thread takes subnormal numbers for zero and makes none. TensorFlow does so in its own threads; a call that runs in the thread
 * of the caller would not, and many processors take a hundred times as long for one: Adam's moments of pixels that have gone black get there.
 */
class WithoutSubnormals {
 public:
  WithoutSubnormals() : before_(read()) { write(before_ | FLAGS); }
  ~WithoutSubnormals() { write(before_); }
  WithoutSubnormals(const WithoutSubnormals&) = delete;
  WithoutSubnormals& operator=(const WithoutSubnormals&) = delete;

 private:
#if defined(__x86_64__)
  using State = unsigned;
  // flush to zero, and subnormal operands are zero
  static constexpr State FLAGS = 0x8040;
  static State read() { return _mm_getcsr(); }
  static void write(State state) { _mm_setcsr(state); }
#elif defined(__aarch64__) && defined(__GNUC__)
  using State = uint64_t;
  static constexpr State FLAGS = State{1} << 24;
  static State read() {
    State state;
    asm volatile("mrs %0, fpcr" : "=r"(state));
    return state;
  }
  static void write(State state) { asm volatile("msr fpcr, %0" : : "r"(state)); }
#else
  using State = unsigned;
  static constexpr State FLAGS = 0;
  static State read() { return 0; }
  static void write(State) {}
#endif
  const State before_;
};

}  // namespace touchstone
