#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "core/bytes/cursor.h"

namespace sekimori {

// A part of something longer: of an IP packet's content, from `offset` on.
struct Piece {
  std::uint32_t offset = 0;  // bytes, a multiple of FragmentBlocks::kUnit
  std::uint32_t length = 0;  // bytes declared, a multiple too unless nothing follows; not 0
  Bytes bytes;               // captured of them
};

// Where the bytes of packets lie that are not whole yet: blocks of a fixed number, reserved at
// start, paid for when first used. Each remembers which of its bytes came, in the units that
// fragment offsets count in.
class FragmentBlocks {
 public:
  static constexpr std::uint32_t kUnit = 8;           // bytes (RFC 791, section 3.1; RFC 8200, 4.5)
  static constexpr std::uint32_t kMaxLength = 65535;  // bytes from the first to the last
  static constexpr std::uint32_t kBlockSize = 1024;   // bytes

  using Index = std::uint16_t;
  static constexpr Index kNone = 0xffff;
  // The blocks of one packet, by their place in it.
  using List = std::array<Index, (kMaxLength + kBlockSize) / kBlockSize>;
  static constexpr List none() noexcept {
    List list{};
    list.fill(kNone);
    return list;
  }

  // `capacity` below kNone. Throws std::bad_alloc; only at start.
  explicit FragmentBlocks(Index capacity);

  // The functions below want a piece that ends at kMaxLength or before.

  // Blocks for all of the piece; false when there are not enough, and then some may be reserved.
  bool reserve(List& list, const Piece& piece) noexcept;
  void give_back(List& list) noexcept;

  static constexpr std::uint32_t units(std::uint32_t bytes) noexcept {
    return (bytes + kUnit - 1) / kUnit;
  }
  // How many of the piece's units are there.
  std::uint32_t present(const List& list, const Piece& piece) const noexcept;
  // Whether the piece's captured bytes are those that are there; all of them must be.
  bool agrees(const List& list, const Piece& piece) const noexcept;
  // Keeps what was not there; the units that were keep their bytes. Room must be reserved. Yields
  // how many units are new.
  std::uint32_t put(const List& list, const Piece& piece) noexcept;
  // Bytes from the front on, all of which must be there.
  void copy(const List& list, std::span<std::uint8_t> into) const noexcept;

 private:
  static constexpr std::uint32_t kUnitsOfBlock = kBlockSize / kUnit;
  struct Block {
    std::array<std::uint64_t, kUnitsOfBlock / 64> present;  // one bit for each unit
    std::array<std::uint8_t, kBlockSize> bytes;             // undefined where not present
    Index next_free;
  };

  bool has_unit(const List& list, std::uint32_t unit) const noexcept;
  Index take() noexcept;

  std::unique_ptr<Block[]> blocks_;
  Index capacity_;
  Index touched_ = 0;
  Index free_ = kNone;
};

}  // namespace sekimori
