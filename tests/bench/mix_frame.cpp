#include "tests/bench/mix_frame.h"

#include <algorithm>

namespace sekimori {
namespace {

constexpr std::size_t kEthernetSize = 14;
constexpr std::size_t kIpv4Size = 20;
constexpr std::size_t kIpv6Size = 40;
constexpr std::size_t kTcpSize = 20;
constexpr std::size_t kUdpSize = 8;

std::size_t ip_size(const FlowTemplate& flow) noexcept {
  return flow.server.is_v4() ? kIpv4Size : kIpv6Size;
}

std::size_t transport_size(const FlowTemplate& flow, const TemplatePacket& packet) noexcept {
  return flow.protocol == IpProtocol::tcp ? kTcpSize + packet.option_bytes : kUdpSize;
}

// Appends fields in network order.
class Writer {
 public:
  explicit Writer(std::vector<std::uint8_t>& bytes) : bytes_{bytes} { bytes_.clear(); }
  void u8(unsigned value) { bytes_.push_back(static_cast<std::uint8_t>(value)); }
  void u16(std::size_t value) {
    u8(static_cast<unsigned>(value >> 8U & 0xffU));
    u8(static_cast<unsigned>(value & 0xffU));
  }
  void u32(std::uint32_t value) {
    u16(value >> 16U);
    u16(value & 0xffffU);
  }
  void bytes(Bytes more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
  std::size_t size() const noexcept { return bytes_.size(); }
  Bytes from(std::size_t at) const noexcept { return Bytes{bytes_}.subspan(at); }
  void put_u16(std::size_t at, std::uint16_t value) noexcept {
    bytes_[at] = static_cast<std::uint8_t>(value >> 8U);
    bytes_[at + 1] = static_cast<std::uint8_t>(value & 0xffU);
  }

 private:
  std::vector<std::uint8_t>& bytes_;
};

// The sum of RFC 1071, still to be folded. 64 bits hold that of any frame.
std::uint64_t sum_of(Bytes bytes, std::uint64_t sum) noexcept {
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
    sum += static_cast<std::uint64_t>(bytes[at]) << 8U | bytes[at + 1];
  }
  if (bytes.size() % 2 != 0) sum += static_cast<std::uint64_t>(bytes.back()) << 8U;
  return sum;
}

std::uint16_t folded(std::uint64_t sum) noexcept {
  while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

IpAddress address_of(const FlowTemplate& flow, const MixClient& client) noexcept {
  const auto byte = [&](unsigned shift) {
    return static_cast<std::uint8_t>(client.number >> shift & 0xffU);
  };
  if (flow.server.is_v4()) {
    return IpAddress::v4(std::array<std::uint8_t, 4>{10, byte(16), byte(8), byte(0)});
  }
  return IpAddress::v6(std::array<std::uint8_t, 16>{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,
                                                    0, byte(16), byte(8), byte(0)});
}

void write_ethernet(Writer& out, bool is_v4, bool from_client) {
  static constexpr std::uint8_t client_mac[] = {2, 0, 0, 0, 0, 1};  // locally administered
  static constexpr std::uint8_t server_mac[] = {2, 0, 0, 0, 0, 2};
  constexpr std::size_t ether_ipv4 = 0x0800;
  constexpr std::size_t ether_ipv6 = 0x86dd;
  out.bytes(from_client ? server_mac : client_mac);
  out.bytes(from_client ? client_mac : server_mac);
  out.u16(is_v4 ? ether_ipv4 : ether_ipv6);
}

// RFC 791, section 3.1 and RFC 8200, section 3.
void write_ip(Writer& out, const FlowTemplate& flow, const TemplatePacket& packet,
              const IpAddress& source, const IpAddress& destination, std::size_t carried) {
  const auto protocol = static_cast<unsigned>(flow.protocol);
  if (!flow.server.is_v4()) {
    out.u32(6U << 28U);
    out.u16(carried);
    out.u8(protocol);
    out.u8(packet.ttl);
    out.bytes(source.bytes());
    out.bytes(destination.bytes());
    return;
  }
  constexpr std::size_t do_not_fragment = 0x4000;
  const std::size_t at = out.size();
  out.u16(0x4500);
  out.u16(kIpv4Size + carried);
  out.u16(0);
  out.u16(packet.dont_fragment ? do_not_fragment : 0);
  out.u8(packet.ttl);
  out.u8(protocol);
  out.u16(0);
  out.bytes(source.bytes());
  out.bytes(destination.bytes());
  out.put_u16(at + 10, folded(sum_of(out.from(at), 0)));
}

// RFC 9293, section 3.1 and RFC 768. Yields where the checksum stands.
std::size_t write_transport(Writer& out, const FlowTemplate& flow, const TemplatePacket& packet,
                            const MixClient& client, Bytes options) {
  out.u16(packet.from_client ? client.port : flow.server_port);
  out.u16(packet.from_client ? flow.server_port : client.port);
  if (flow.protocol == IpProtocol::udp) {
    out.u16(kUdpSize + packet.payload_length);
    out.u16(0);
    return out.size() - 2;
  }
  out.u32(packet.tcp.sequence);
  out.u32(packet.tcp.acknowledgment);
  out.u8(static_cast<unsigned>((kTcpSize + options.size()) / 4) << 4U);
  out.u8(packet.tcp.flags);
  out.u16(packet.tcp.window);
  out.u16(0);
  out.u16(0);  // urgent pointer: read by nobody here
  out.bytes(options);
  return out.size() - options.size() - 4;
}

}  // namespace

std::size_t frame_size(const FlowTemplate& flow, const TemplatePacket& packet,
                       std::size_t payload) noexcept {
  return kEthernetSize + ip_size(flow) + transport_size(flow, packet) + payload;
}

void write_frame(const FlowTemplate& flow, const TemplatePacket& packet, const MixClient& client,
                 Bytes bytes, std::vector<std::uint8_t>& frame) {
  const IpAddress here = address_of(flow, client);
  const IpAddress& source = packet.from_client ? here : flow.server;
  const IpAddress& destination = packet.from_client ? flow.server : here;
  const std::size_t carried = transport_size(flow, packet) + packet.payload_length;
  Writer out{frame};
  write_ethernet(out, flow.server.is_v4(), packet.from_client);
  write_ip(out, flow, packet, source, destination, carried);
  const std::size_t transport_at = out.size();
  const std::size_t checksum_at = write_transport(
      out, flow, packet, client, bytes.subspan(packet.bytes_at, packet.option_bytes));
  out.bytes(bytes.subspan(packet.bytes_at + packet.option_bytes, packet.payload_bytes));
  // What snaplen cut has no sum that could be right.
  if (packet.payload_bytes < packet.payload_length) return;
  std::uint64_t sum = static_cast<std::uint64_t>(flow.protocol) + carried;
  sum = sum_of(destination.bytes(), sum_of(source.bytes(), sum));
  const std::uint16_t checksum = folded(sum_of(out.from(transport_at), sum));
  const bool is_udp = flow.protocol == IpProtocol::udp;
  out.put_u16(checksum_at, is_udp && checksum == 0 ? std::uint16_t{0xffff} : checksum);
}

}  // namespace sekimori
