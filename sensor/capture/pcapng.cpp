#include "sensor/capture/pcapng.h"

#include <algorithm>

#include "sensor/capture/ordered_cursor.h"

namespace sekimori {
namespace {

constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint16_t kMajorVersion = 1;
constexpr std::uint16_t kLengthOffset = 4;

enum class Option : std::uint16_t { end = 0, if_tsresol = 9, if_tsoffset = 14 };

constexpr std::uint8_t kPowerOfTwo = 0x80;   // if_tsresol: else of ten
constexpr std::uint8_t kFinestDecimal = 19;  // 10^19 is the largest that 64 bits hold
constexpr std::uint8_t kFinestBinary = 63;

constexpr std::int32_t kNanosecondsPerSecond = 1'000'000'000;

// Any tick times 10^9 plus any offset in nanoseconds: 95 bits. There is no pedantic name for it.
__extension__ using Wide = __int128;

tl::unexpected<Defect> unsupported(std::uint16_t offset) noexcept {
  return tl::unexpected{Defect{Fault::unsupported, Layer::link, offset}};
}

std::size_t padded(std::size_t length) noexcept {
  return (length + 3) / 4 * 4;
}

// 0 when no 64 bits hold it.
std::uint64_t ticks_per_second(std::uint8_t resolution) noexcept {
  const std::uint8_t exponent = resolution & 0x7fU;
  if ((resolution & kPowerOfTwo) != 0) {
    return exponent > kFinestBinary ? 0 : std::uint64_t{1} << exponent;
  }
  if (exponent > kFinestDecimal) return 0;
  std::uint64_t ticks = 1;
  for (int power = 0; power < exponent; ++power) ticks *= 10;
  return ticks;
}

}  // namespace

bool begins_like_pcapng(Bytes file) noexcept {
  const Result<PcapngBlockHead> head = parse_pcapng_block_head(file, std::endian::big);
  return head && head->type == PcapngType::section_header;
}

Result<PcapngBlockHead> parse_pcapng_block_head(Bytes block, std::endian order) noexcept {
  OrderedCursor start{block, std::endian::big};
  PcapngBlockHead head;
  head.order = order;
  if (start.u32() == static_cast<std::uint32_t>(PcapngType::section_header)) {
    start.skip(4);
    const std::uint32_t magic = start.u32();
    const bool is_little = magic == __builtin_bswap32(kByteOrderMagic);
    if (!is_little && magic != kByteOrderMagic) return start.reject(8);
    head.order = is_little ? std::endian::little : std::endian::big;
  }
  OrderedCursor cursor{block, head.order};
  head.type = PcapngType{cursor.u32()};
  head.length = cursor.u32();
  cursor.skip(4);  // every block is at least this long
  if (head.length < kPcapngBlockHeadSize || head.length % 4 != 0) {
    return cursor.reject(kLengthOffset);
  }
  return cursor.finish(head);
}

Result<std::endian> parse_pcapng_section(Bytes body, std::endian order) noexcept {
  OrderedCursor cursor{body, order};
  cursor.skip(4);  // byte-order magic
  const std::uint16_t major_version = cursor.u16();
  cursor.skip(10);  // minor version, section length: often unknown, never needed
  if (cursor.ok() && major_version != kMajorVersion) return unsupported(4);
  return cursor.finish(order);
}

Result<PcapngInterface> parse_pcapng_interface(Bytes body, std::endian order) noexcept {
  OrderedCursor cursor{body, order};
  PcapngInterface interface;
  interface.link = LinkType{cursor.u16()};
  cursor.skip(2);
  interface.snaplen = cursor.u32();
  while (cursor.left() > 0) {  // an end-of-options is customary, not required
    const Option option{cursor.u16()};
    const std::size_t length = cursor.u16();
    if (option == Option::end) break;
    OrderedCursor value{cursor.take(padded(length)), order};
    if (option == Option::if_tsresol && length == 1) {
      interface.ticks_per_second = ticks_per_second(value.u8());
    }
    if (option == Option::if_tsoffset && length == 8) {
      interface.offset = static_cast<std::int64_t>(value.u64());
    }
  }
  if (cursor.ok() && interface.ticks_per_second == 0) return unsupported(8);
  return cursor.finish(interface);
}

Timestamp PcapngInterface::time(std::uint64_t ticks) const noexcept {
  const Wide since_offset = Wide{ticks} * kNanosecondsPerSecond / ticks_per_second;
  const Wide since_1970 = since_offset + Wide{offset} * kNanosecondsPerSecond;
  constexpr std::int64_t ends[] = {kEarliestFrame.time_since_epoch().count(),
                                   kLatestFrame.time_since_epoch().count()};
  return Timestamp{std::chrono::nanoseconds{
      static_cast<std::int64_t>(std::clamp(since_1970, Wide{ends[0]}, Wide{ends[1]}))}};
}

Result<PcapngPacket> parse_pcapng_packet(PcapngType type, Bytes body, std::endian order) noexcept {
  OrderedCursor cursor{body, order};
  PcapngPacket packet;
  if (type == PcapngType::simple_packet) {
    packet.wire_length = cursor.u32();
    packet.bytes = cursor.take(std::min<std::size_t>(cursor.left(), packet.wire_length));
    return cursor.finish(packet);
  }
  if (type == PcapngType::packet) {
    packet.interface = cursor.u16();
    cursor.skip(2);  // drops
  } else {
    packet.interface = cursor.u32();
  }
  const std::uint64_t upper = cursor.u32();
  packet.ticks = upper << 32U | cursor.u32();
  const std::uint32_t captured = cursor.u32();
  packet.wire_length = cursor.u32();
  packet.bytes = cursor.take(captured);
  return cursor.finish(packet);
}

}  // namespace sekimori
