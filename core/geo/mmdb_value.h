#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/bytes/cursor.h"

namespace sekimori {

// The types of the MaxMind DB file format specification 2.0, "Output Data Section", by number.
enum class MmdbType : std::uint8_t {
  pointer = 1,
  utf8_string = 2,
  double_precision = 3,
  bytes = 4,
  uint16 = 5,
  uint32 = 6,
  map = 7,
  int32 = 8,
  uint64 = 9,
  uint128 = 10,
  array = 11,
  boolean = 14,
  single_precision = 15,
};

// One value as it stands in the section; text is borrowed from it.
struct MmdbValue {
  MmdbType type = MmdbType::map;
  bool by_pointer = false;  // what follows the pointer is not what follows the value
  std::uint32_t count = 0;  // entries of a map (a key and a value each), elements of an array
  std::size_t first = 0;    // offset of the first entry or element
  Bytes content;            // of text and bytes
  std::uint64_t number = 0;
  double real = 0;

  bool is_container() const noexcept { return type == MmdbType::map || type == MmdbType::array; }
  std::optional<std::string_view> text() const noexcept;
  std::optional<std::uint64_t> unsigned_number() const noexcept;  // up to 64 bits
  std::optional<double> real_number() const noexcept;             // either precision
  std::optional<bool> boolean() const noexcept;
};

// Reads values of a data or metadata section whose bytes nobody vouches for.
//
// libmaxminddb finds the record and this reads it: the library's own getters (1.7.1) descend by
// recursion without a limit, so a map nested some hundred thousand deep ends the program, and one
// call per wanted field walks the record again each time. Here nothing recurses, and each value
// read is taken from an allowance, so a record ends whatever it contains.
//
// As with a Cursor a failure does not stop at once: it is kept, and every later read yields an
// empty map, so a caller asks once, at the end, whether it was all there.
class MmdbReader {
 public:
  // Values; the largest record of the commercial databases (names in eight languages at every
  // level) has some 150.
  static constexpr std::size_t kAllowance = 4096;

  explicit MmdbReader(Bytes section) noexcept : section_{section} {}

  // The value at `offset`, which then stands behind it: behind a pointer, not behind its target; at
  // the first entry of a container. A pointer is followed once, as the format has no second.
  MmdbValue read(std::size_t& offset) noexcept;

  // Calls take(key, value) for each entry of a map, in the order of the file. Anything but a map
  // has none.
  template <typename Take>
  void for_each_entry(const MmdbValue& map, Take take) noexcept {
    std::size_t offset = map.first;
    const std::uint32_t count = map.type == MmdbType::map ? map.count : 0;
    for (std::uint32_t at = 0; at < count && ok(); ++at) {
      const MmdbValue key = read(offset);
      const MmdbValue value = read(offset);
      if (!key.text()) corrupt_ = true;
      if (!ok()) return;
      take(*key.text(), value);
      if (value.is_container() && !value.by_pointer) offset = end_of(value);
    }
  }

  // Where the value after this container stands.
  std::size_t end_of(const MmdbValue& container) noexcept;

  bool ok() const noexcept { return !corrupt_; }

 private:
  MmdbValue read_here(std::size_t& offset) noexcept;
  MmdbValue fail() noexcept;

  Bytes section_;
  std::size_t left_ = kAllowance;
  bool corrupt_ = false;
};

// Whether everything reachable from the map at the start of a metadata section, pointers followed,
// stays within the allowance and a sane depth. libmaxminddb (1.7.1) expands pointers there without
// a limit, so sixty short arrays that each name the next one twice exhaust the memory.
bool mmdb_metadata_is_bounded(Bytes metadata) noexcept;

}  // namespace sekimori
