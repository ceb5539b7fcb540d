#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace sekimori {

// Room for a fixed number of T, reserved at once and paid for only where it is used: the kernel
// gives a page when it is touched, full of zeros. No T is ever constructed or destroyed: whoever
// uses one first makes it, or reads zeros as its beginning.
template <typename T>
class LazyArray {
  static_assert(std::is_trivially_destructible_v<T> || std::is_union_v<T>,
                "pages are given back, not destroyed");

 public:
  // Throws std::bad_alloc when the address space cannot be had; only at start.
  explicit LazyArray(std::size_t count) : items_{reserve(sizeof(T) * count)} {}

  T& operator[](std::size_t at) noexcept { return items_[at]; }
  const T& operator[](std::size_t at) const noexcept { return items_[at]; }

 private:
  struct Unmap {
    std::size_t bytes = 0;
    void operator()(T* items) const noexcept { ::munmap(items, bytes); }
  };
  using Items = std::unique_ptr<T[], Unmap>;

  static Items reserve(std::size_t bytes) {
    if (bytes == 0) return Items{nullptr, Unmap{}};
    void* const pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc{};
    return Items{static_cast<T*>(pages), Unmap{bytes}};
  }

  Items items_;
};

}  // namespace sekimori
