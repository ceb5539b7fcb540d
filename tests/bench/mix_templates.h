#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sensor/decode/packet.h"

namespace sekimori {

// What a flow is to a sensor: how much work its opening makes.
enum class FlowKind : std::uint8_t { tls, quic, other_udp, plain_tcp };
inline constexpr std::size_t kFlowKinds = 4;

// One packet of a flow: what is written again each time the flow is replayed. Addresses, ports and
// checksums are made anew; IP options and extension headers are left out.
struct TemplatePacket {
  std::chrono::nanoseconds after{0};  // since the flow's first packet; never goes back
  bool from_client = true;
  bool dont_fragment = false;
  std::uint8_t ttl = 64;
  TcpHeader tcp;                     // its options lie in front of the payload
  std::size_t bytes_at = 0;          // in MixTemplates::bytes
  std::uint16_t option_bytes = 0;    // multiple of 4
  std::uint32_t payload_bytes = 0;   // captured
  std::uint32_t payload_length = 0;  // as declared
};

// One captured flow, to be replayed by many clients.
struct FlowTemplate {
  FlowKind kind = FlowKind::other_udp;
  IpProtocol protocol{};
  IpAddress server;  // tells the IP version too
  std::uint16_t server_port = 0;
  std::uint16_t client_port = 0;
  std::vector<TemplatePacket> packets;
};

struct MixTemplates {
  std::vector<FlowTemplate> flows;
  std::vector<std::uint8_t> bytes;

  // Adds the TCP and UDP flows of a capture. False: it could not be opened, and is left out.
  bool add(const std::string& path);
};

// The bytes a template's packet takes in a capture of Ethernet frames, record header included.
std::size_t stored_size(const FlowTemplate& flow, const TemplatePacket& packet) noexcept;

}  // namespace sekimori
