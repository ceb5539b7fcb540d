#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "sensor/handshake/message_pieces.h"

namespace {

using sekimori::Bytes;

// The same by the letter of the header: a byte is what came for it first.
struct Model {
  std::array<int, sekimori::kMessageLimit> bytes;
  Model() { bytes.fill(-1); }

  void add(std::uint64_t offset, Bytes data) {
    for (const std::uint8_t byte : data) {
      const std::uint64_t at = offset++;
      if (at < bytes.size() && bytes[at] < 0) bytes[at] = byte;
    }
  }
  bool has_run(Bytes run) const {
    const auto hole = std::ranges::find(bytes, -1);
    return std::equal(bytes.begin(), hole, run.begin(), run.end());
  }
};

}  // namespace

// Each piece is two bytes of offset, one of length and what follows, as far as there is any; an odd
// length stands for 32 times as much. An offset of 65535 is the largest there is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto pieces = std::make_unique<sekimori::MessagePieces>();
  pieces->clear();
  Model model;
  Bytes rest{data, size};
  while (rest.size() >= 3) {
    std::uint64_t offset = std::uint64_t{rest[0]} << 8U | rest[1];
    if (offset == 0xffffU) offset = ~std::uint64_t{0} >> 2U;  // RFC 9000, section 16
    const std::size_t wanted = (rest[2] & 1U) != 0 ? rest[2] * std::size_t{32} : rest[2];
    rest = rest.subspan(3);
    const Bytes piece = rest.first(std::min(wanted, rest.size()));
    rest = rest.subspan(piece.size());
    pieces->add(offset, piece);
    model.add(offset, piece);
    if (!model.has_run(pieces->run())) std::abort();
  }
  return 0;
}
