#include "tests/bench/mix_templates.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "sensor/capture/file_source.h"
#include "sensor/decode/decode.h"
#include "sensor/flow/flow_tracker.h"
#include "tests/bench/mix_frame.h"

namespace sekimori {
namespace {

// A silence inside a flow is cut to this: a replayed flow is to end within the capture.
constexpr std::chrono::nanoseconds kLongestSilence = std::chrono::seconds{5};
// Flows and packets of one capture, so that a capture of one download or one scan is not the mix.
constexpr std::size_t kFlowsOfCapture = 300;
constexpr std::size_t kPacketsOfFlow = 2000;

bool is_syn(const Packet& packet) noexcept {
  return packet.protocol == IpProtocol::tcp && (packet.tcp.flags & (kSyn | kAck)) == kSyn;
}

bool is_sent_by_client(const Packet& packet) noexcept {
  if (packet.protocol == IpProtocol::tcp && (packet.tcp.flags & kSyn) != 0) return is_syn(packet);
  return packet.source_port >= packet.destination_port;
}

using EndPoint = std::tuple<IpAddress, std::uint16_t>;
using Key = std::tuple<IpProtocol, EndPoint, EndPoint>;

Key key_of(const Packet& packet) {
  const EndPoint from{packet.source, packet.source_port};
  const EndPoint to{packet.destination, packet.destination_port};
  return {packet.protocol, std::min(from, to), std::max(from, to)};
}

// The flow under construction, and when its last packet passed.
struct Growing {
  FlowTemplate flow;
  EndPoint client;
  Timestamp last;
};

Growing begin(const Packet& packet) {
  Growing growing;
  const bool from_client = is_sent_by_client(packet);
  growing.flow.protocol = packet.protocol;
  growing.flow.server = from_client ? packet.destination : packet.source;
  growing.flow.server_port = from_client ? packet.destination_port : packet.source_port;
  growing.flow.client_port = from_client ? packet.source_port : packet.destination_port;
  growing.client = from_client ? EndPoint{packet.source, packet.source_port}
                               : EndPoint{packet.destination, packet.destination_port};
  growing.last = packet.time;
  return growing;
}

void append(Growing& growing, const Packet& packet, std::vector<std::uint8_t>& bytes) {
  auto& packets = growing.flow.packets;
  if (packets.size() == kPacketsOfFlow) return;
  TemplatePacket added;
  if (!packets.empty()) {
    const auto silence = std::clamp<std::chrono::nanoseconds>(
        packet.time - growing.last, std::chrono::nanoseconds{0}, kLongestSilence);
    added.after = packets.back().after + silence;
  }
  growing.last = std::max(growing.last, packet.time);
  added.from_client = growing.client == EndPoint{packet.source, packet.source_port};
  added.dont_fragment = packet.dont_fragment;
  added.ttl = packet.ttl;
  added.tcp = packet.tcp;
  added.tcp.options = {};
  added.bytes_at = bytes.size();
  added.option_bytes = static_cast<std::uint16_t>(packet.tcp.options.size());
  added.payload_bytes = static_cast<std::uint32_t>(packet.payload.size());
  added.payload_length = packet.payload_length;
  bytes.insert(bytes.end(), packet.tcp.options.begin(), packet.tcp.options.end());
  bytes.insert(bytes.end(), packet.payload.begin(), packet.payload.end());
  packets.push_back(added);
}

// The first bytes that the client sent, over as many packets as they took.
std::vector<std::uint8_t> opening_of(const FlowTemplate& flow,
                                     const std::vector<std::uint8_t>& bytes) {
  constexpr std::size_t enough = 6;
  std::vector<std::uint8_t> opening;
  for (const TemplatePacket& packet : flow.packets) {
    if (!packet.from_client || opening.size() >= enough) continue;
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(packet.bytes_at);
    opening.insert(opening.end(), at + packet.option_bytes,
                   at + packet.option_bytes + packet.payload_bytes);
  }
  return opening;
}

// A handshake record with a ClientHello (RFC 8446, sections 4 and 5.1), or a long header of a QUIC
// version (RFC 9000, section 17.2; RFC 9369; drafts are ff0000xx).
FlowKind kind_of(const FlowTemplate& flow, const std::vector<std::uint8_t>& bytes) {
  const std::vector<std::uint8_t> head = opening_of(flow, bytes);
  if (flow.protocol == IpProtocol::tcp) {
    const bool is_tls = head.size() >= 6 && head[0] == 22 && head[1] == 3 && head[5] == 1;
    return is_tls ? FlowKind::tls : FlowKind::plain_tcp;
  }
  if (head.size() < 6 || (head[0] & 0xc0U) != 0xc0U) return FlowKind::other_udp;
  const std::uint32_t version = static_cast<std::uint32_t>(head[1]) << 24U |
                                static_cast<std::uint32_t>(head[2]) << 16U |
                                static_cast<std::uint32_t>(head[3]) << 8U | head[4];
  const bool is_quic =
      version == 1 || version == 0x6b3343cf || (version & 0xffffff00U) == 0xff000000U;
  return is_quic ? FlowKind::quic : FlowKind::other_udp;
}

}  // namespace

bool MixTemplates::add(const std::string& path) {
  auto source = FileSource::open(path);
  if (!source) return false;
  std::vector<Growing> found;
  std::map<Key, std::size_t> index;
  Decoder decoder{0};
  PacketView frame;
  while ((*source)->next(frame) == Next::frame) {
    const Result<std::optional<Packet>> decoded = decoder.decode(frame);
    if (!decoded || !*decoded) continue;
    const std::optional<Packet>& packet = *decoded;
    if (packet->protocol != IpProtocol::tcp && packet->protocol != IpProtocol::udp) continue;
    if (packet->payload_length > kMostPayload) continue;
    const Key key = key_of(*packet);
    const auto known = index.find(key);
    const bool is_another =
        known != index.end() && is_syn(*packet) && found[known->second].flow.packets.size() > 3;
    if (known == index.end() || is_another) {
      if (found.size() == kFlowsOfCapture) continue;
      index[key] = found.size();
      found.push_back(begin(*packet));
    }
    append(found[index[key]], *packet, bytes);
  }
  for (Growing& growing : found) {
    growing.flow.kind = kind_of(growing.flow, bytes);
    flows.push_back(std::move(growing.flow));
  }
  return true;
}

std::size_t stored_size(const FlowTemplate& flow, const TemplatePacket& packet) noexcept {
  return kRecordHeaderSize + frame_size(flow, packet, packet.payload_bytes);
}

}  // namespace sekimori
