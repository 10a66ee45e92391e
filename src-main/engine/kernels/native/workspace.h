// Room that a thread's kernels keep: fresh memory each time would cost more than the product.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace touchstone {

/** Where a matrix differs from its background, and by how much. */
struct Lists {
  uint32_t* at;
  float* difference;
};

class Workspace {
 public:
  /** Room for lists of so many elements. */
  Lists lists(long elements) { return {at_.of(elements), difference_.of(elements)}; }
  uint32_t* counts(long elements) { return counts_.of(elements); }
  /** Room for a copy of a matrix, aligned for whole vectors. */
  float* copy(long elements) { return copy_.of(elements); }
  /** Room for which lanes of vectors are meant. */
  uint32_t* lanes(long elements) { return lanes_.of(elements); }
  /** Room for some columns of a matrix, and for a product with them. */
  float* narrow(long elements) { return narrow_.of(elements); }
  float* product(long elements) { return product_.of(elements); }

 private:
  /** Grows to what is asked for, without keeping what is in it. */
  template <typename T>
  class Room {
   public:
    T* of(long elements) {
      if (elements > size_) {
        memory_.reset(static_cast<T*>(std::aligned_alloc(64, (elements * sizeof(T) + 63) / 64 * 64)));
        size_ = memory_ == nullptr ? 0 : elements;
        if (memory_ == nullptr) throw std::bad_alloc();
      }
      return memory_.get();
    }

   private:
    struct Release {
      void operator()(T* memory) const { std::free(memory); }
    };
    std::unique_ptr<T, Release> memory_;
    long size_ = 0;
  };

  Room<uint32_t> at_, counts_, lanes_;
  Room<float> difference_, copy_, narrow_, product_;
};

}  // namespace touchstone
