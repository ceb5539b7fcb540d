#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>
#include <vector>

#include "sensor/decode/fragments.h"

namespace {

using namespace sekimori;

// Every fragment of one packet's name, in the order of their coming.
struct Sent {
  std::uint32_t offset;
  std::vector<std::uint8_t> bytes;
};
using Name = std::pair<IpAddress, std::uint32_t>;

IpHeader fragment_of(Cursor& cursor) {
  IpHeader ip;
  const std::uint8_t what = cursor.u8();
  const std::array<std::uint8_t, 16> address{0x20, 0x01, static_cast<std::uint8_t>(what >> 7U)};
  ip.source = what % 2 == 0 ? IpAddress::v4(std::span{address}.first<4>()) : IpAddress::v6(address);
  ip.destination = ip.source;
  ip.identification = what >> 2U & 3U;
  ip.more_fragments = (what & 2U) != 0;
  ip.is_fragment = true;
  ip.fragment_offset = (cursor.u16() & 0x1fffU) * 8;
  ip.payload_length = cursor.u8() + 1U;
  if (ip.more_fragments) ip.payload_length *= 8;
  ip.length = ip.payload_length + 20;
  ip.payload = cursor.take(std::min<std::size_t>(cursor.left(), ip.payload_length));
  return ip;
}

}  // namespace

// Fragments with milliseconds between them. None is lost sight of; a whole packet is as long as the
// lengths say, and each of its bytes was sent for its place, under its name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Fragments fragments{0};
  Timestamp now{std::chrono::seconds{1}};
  std::map<Name, std::vector<Sent>> sent;
  Cursor cursor{Bytes{data, size}};
  while (cursor.left() > 0) {
    now += std::chrono::milliseconds{cursor.u8() * cursor.u8()};
    const IpHeader ip = fragment_of(cursor);
    const Name name{ip.source, ip.identification};
    std::vector<Sent>& all = sent[name];
    all.push_back({ip.fragment_offset, {ip.payload.begin(), ip.payload.end()}});
    const auto whole = fragments.take(ip, now);
    const FragmentCounters& counters = fragments.counters();
    if (counters.taken !=
        counters.joined + counters.repeated + counters.lost() + fragments.waiting()) {
      std::abort();
    }
    fragments.expire(now);
    if (!whole) continue;
    if (whole->payload.size() > whole->payload_length || whole->payload_length > 65535) {
      std::abort();
    }
    if (whole->length < whole->payload_length || whole->is_fragment) std::abort();
    if (Name{whole->source, whole->identification} != name) std::abort();
    for (std::size_t at = 0; at < whole->payload.size(); ++at) {
      const bool was_sent = std::any_of(all.begin(), all.end(), [&](const Sent& one) {
        return at >= one.offset && at - one.offset < one.bytes.size() &&
               one.bytes[at - one.offset] == whole->payload[at];
      });
      if (!was_sent) std::abort();
    }
  }
  return 0;
}
