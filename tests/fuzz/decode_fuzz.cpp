#include <cstdlib>

#include "sensor/decode/decode.h"

namespace {

bool lies_in(sekimori::Bytes part, sekimori::Bytes whole) {
  if (part.empty()) return true;
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

}  // namespace

// The first two bytes choose the link and how much snaplen cut. Payload and options lie in the
// frame, the payload is no longer than declared, a frame captured whole is never truncated, and
// only a fragment is held.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sekimori::LinkType;
  constexpr LinkType links[] = {LinkType::ethernet,     LinkType::null_loopback,
                                LinkType::ppp,          LinkType::raw_ip,
                                LinkType::linux_cooked, LinkType::linux_cooked_v2};
  if (size < 2) return 0;
  sekimori::PacketView frame;
  frame.link = links[data[0] % std::size(links)];
  frame.bytes = {data + 2, size - 2};
  frame.wire_length = static_cast<std::uint32_t>(size - 2 + data[1]);

  sekimori::Decoder decoder{0};
  const auto decoded = decoder.decode(frame);
  if (!decoded) {
    const bool is_whole = frame.wire_length == frame.bytes.size();
    if (is_whole && decoded.error().fault == sekimori::Fault::truncated) std::abort();
    return 0;
  }
  const auto& packet = *decoded;
  if (!packet) {
    if (decoder.fragments().counters().taken == 0) std::abort();
    return 0;
  }
  if (!lies_in(packet->payload, frame.bytes)) std::abort();
  if (!lies_in(packet->tcp.options, frame.bytes)) std::abort();
  if (packet->payload.size() > packet->payload_length) std::abort();
  if (packet->payload_length > packet->ip_length) std::abort();
  if (!packet->source || packet->source.version() != packet->destination.version()) std::abort();
  return 0;
}
