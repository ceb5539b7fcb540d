#include <array>
#include <cstdlib>

#include "sensor/handshake/certificate.h"

namespace {

using sekimori::Bytes;

void demand(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// The first byte says where the rest is cut, of 256 parts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes stream{data + 1, size - 1};
  static std::array<std::uint8_t, 4096> scratch;
  static std::array<std::uint8_t, 4096> other;
  const auto whole = parse_certificate_names(sekimori::read_flight(stream, scratch));
  const auto cut = parse_certificate_names(
      sekimori::read_flight(stream.first(stream.size() * *data / 256), other));
  // What was said of a prefix stands, whatever bytes follow.
  if (cut) {
    demand(whole && whole->subject == cut->subject && whole->issuer == cut->issuer);
  } else if (cut.error().fault != sekimori::Fault::truncated) {
    demand(!whole && whole.error().fault == cut.error().fault);
  }
  return 0;
}
