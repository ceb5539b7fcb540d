#include "sensor/decode/fragment_blocks.h"

#include <algorithm>

namespace sekimori {
namespace {

// The part of [from, to) that lies in one block, as bytes of that block.
struct Span {
  std::uint32_t block;
  std::uint32_t from;
  std::uint32_t size;
};

Span first_span(std::uint32_t from, std::uint32_t to) noexcept {
  constexpr std::uint32_t size = FragmentBlocks::kBlockSize;
  return {from / size, from % size, std::min(to - from, size - from % size)};
}

}  // namespace

FragmentBlocks::FragmentBlocks(Index capacity)
    : blocks_{std::make_unique_for_overwrite<Block[]>(capacity)}, capacity_{capacity} {}

FragmentBlocks::Index FragmentBlocks::take() noexcept {
  Index index = free_;
  if (index != kNone) {
    free_ = blocks_[index].next_free;
  } else if (touched_ < capacity_) {
    index = touched_++;
  } else {
    return kNone;
  }
  blocks_[index].present = {};
  return index;
}

bool FragmentBlocks::reserve(List& list, const Piece& piece) noexcept {
  const std::uint32_t last = (piece.offset + piece.length - 1) / kBlockSize;
  for (std::uint32_t at = piece.offset / kBlockSize; at <= last; ++at) {
    if (list[at] == kNone) list[at] = take();
    if (list[at] == kNone) return false;
  }
  return true;
}

void FragmentBlocks::give_back(List& list) noexcept {
  for (Index& index : list) {
    if (index == kNone) continue;
    blocks_[index].next_free = free_;
    free_ = index;
    index = kNone;
  }
}

bool FragmentBlocks::has_unit(const List& list, std::uint32_t unit) const noexcept {
  const Index index = list[unit / kUnitsOfBlock];
  if (index == kNone) return false;
  const std::uint32_t bit = unit % kUnitsOfBlock;
  return (blocks_[index].present[bit / 64] >> bit % 64 & 1U) != 0;
}

std::uint32_t FragmentBlocks::present(const List& list, const Piece& piece) const noexcept {
  std::uint32_t count = 0;
  const std::uint32_t end = units(piece.offset + piece.length);
  for (std::uint32_t unit = piece.offset / kUnit; unit < end; ++unit) {
    if (has_unit(list, unit)) ++count;
  }
  return count;
}

bool FragmentBlocks::agrees(const List& list, const Piece& piece) const noexcept {
  Bytes left = piece.bytes;
  std::uint32_t at = piece.offset;
  while (!left.empty()) {
    const Span span = first_span(at, at + static_cast<std::uint32_t>(left.size()));
    const std::uint8_t* kept = blocks_[list[span.block]].bytes.data() + span.from;
    if (!std::equal(left.begin(), left.begin() + span.size, kept)) return false;
    left = left.subspan(span.size);
    at += span.size;
  }
  return true;
}

std::uint32_t FragmentBlocks::put(const List& list, const Piece& piece) noexcept {
  std::uint32_t fresh = 0;
  const std::uint32_t end = units(piece.offset + piece.length);
  for (std::uint32_t unit = piece.offset / kUnit; unit < end; ++unit) {
    if (has_unit(list, unit)) continue;
    ++fresh;
    Block& block = blocks_[list[unit / kUnitsOfBlock]];
    const std::uint32_t bit = unit % kUnitsOfBlock;
    block.present[bit / 64] |= std::uint64_t{1} << bit % 64;
    const std::size_t from = std::min<std::size_t>(unit * kUnit - piece.offset, piece.bytes.size());
    const Bytes bytes = piece.bytes.subspan(from);
    std::copy_n(bytes.begin(), std::min<std::size_t>(bytes.size(), kUnit),
                block.bytes.begin() + bit * kUnit);
  }
  return fresh;
}

void FragmentBlocks::copy(const List& list, std::span<std::uint8_t> into) const noexcept {
  std::uint32_t at = 0;
  const auto end = static_cast<std::uint32_t>(into.size());
  while (at < end) {
    const Span span = first_span(at, end);
    std::copy_n(blocks_[list[span.block]].bytes.begin() + span.from, span.size, into.begin() + at);
    at += span.size;
  }
}

}  // namespace sekimori
