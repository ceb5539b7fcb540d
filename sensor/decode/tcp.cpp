#include "sensor/decode/tcp.h"

namespace sekimori {
namespace {

constexpr std::size_t kFixedHeaderSize = 20;  // bytes
constexpr std::uint16_t kDataOffsetOffset = 12;

}  // namespace

Result<TcpSegment> parse_tcp(Bytes segment, std::uint32_t declared) noexcept {
  Cursor cursor{segment};
  const std::uint16_t source_port = cursor.u16();
  const std::uint16_t destination_port = cursor.u16();
  TcpHeader header;
  header.sequence = cursor.u32();
  header.acknowledgment = cursor.u32();
  const std::size_t header_size = (cursor.u8() >> 4U) * 4U;
  header.flags = cursor.u8();
  header.window = cursor.u16();
  // The checksum is not verified: on the sending host the NIC fills it in after the capture point.
  const std::uint16_t checksum = cursor.u16();
  cursor.skip(2);
  if (header_size < kFixedHeaderSize) return cursor.reject(Layer::tcp, kDataOffsetOffset);

  const std::size_t options_size = header_size - kFixedHeaderSize;
  const bool is_cut = segment.size() < header_size && header_size <= declared;
  header.options = cursor.take(is_cut ? cursor.left() : options_size);
  const Bytes payload = cursor.take(cursor.left());
  return cursor.finish(Layer::tcp,
                       TcpSegment{source_port, destination_port, checksum, header, payload,
                                  declared - static_cast<std::uint32_t>(header_size)});
}

}  // namespace sekimori
