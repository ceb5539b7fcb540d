#include "sensor/capture/pcap.h"

#include <optional>

#include "sensor/capture/ordered_cursor.h"

namespace sekimori {
namespace {

enum class Magic : std::uint32_t {
  microseconds = 0xa1b2c3d4,
  nanoseconds = 0xa1b23c4d,
  modified =
      0xa1b2cd34,  // Kuznetzov's patch of 1999: interface, protocol and packet type per frame
};

constexpr std::uint16_t kMajorVersion = 2;
constexpr std::uint16_t kVersionOffset = 4;
constexpr std::size_t kModifiedRecordHeaderSize = 24;  // bytes

// The upper half of the field says how long a frame check sequence is. It need not be known: an IP
// packet's own length cuts it off.
constexpr std::uint32_t kLinkTypeMask = 0xffff;

bool is_known(std::uint32_t magic) noexcept {
  switch (Magic{magic}) {
    case Magic::microseconds:
    case Magic::nanoseconds:
    case Magic::modified:
      return true;
  }
  return false;
}

// The magic number reads right in one byte order only.
std::optional<std::endian> byte_order(Bytes file) noexcept {
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    if (is_known(OrderedCursor{file, order}.u32())) return order;
  }
  return std::nullopt;
}

}  // namespace

bool begins_like_pcap(Bytes file) noexcept {
  return byte_order(file).has_value();
}

Result<PcapFileHeader> parse_pcap_file_header(Bytes file) noexcept {
  const std::optional<std::endian> order = byte_order(file);
  OrderedCursor cursor{file, order.value_or(std::endian::big)};
  const Magic magic{cursor.u32()};
  if (!order) return cursor.reject(0);
  const std::uint16_t major_version = cursor.u16();
  cursor.skip(14);  // minor version, time zone, accuracy, snaplen: believed by no reader
  const std::uint32_t link = cursor.u32() & kLinkTypeMask;
  if (major_version != kMajorVersion) return cursor.reject(kVersionOffset);

  PcapFileHeader header;
  header.order = *order;
  header.link = LinkType{static_cast<std::uint16_t>(link)};
  if (magic == Magic::nanoseconds) header.tick = std::chrono::nanoseconds{1};
  if (magic == Magic::modified) header.record_header_size = kModifiedRecordHeaderSize;
  return cursor.finish(header);
}

Result<PcapRecordHeader> parse_pcap_record_header(const PcapFileHeader& file,
                                                  Bytes record) noexcept {
  OrderedCursor cursor{record, file.order};
  const std::chrono::seconds seconds{cursor.u32()};  // unsigned: good until 2106
  const std::uint32_t fraction = cursor.u32();
  const std::uint32_t captured = cursor.u32();
  const std::uint32_t wire_length = cursor.u32();
  cursor.skip(file.record_header_size - 16);
  return cursor.finish(
      PcapRecordHeader{Timestamp{seconds + fraction * file.tick}, captured, wire_length});
}

}  // namespace sekimori
