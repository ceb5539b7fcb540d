#include <cstdlib>
#include <memory>

#include "sensor/classify/exchange.h"
#include "sensor/classify/probe_packets.h"

namespace {

using namespace sekimori;

std::size_t be16(Bytes bytes, std::size_t at) {
  return bytes[at] * 256U + bytes[at + 1];
}

// A packet of a request is whole: its lengths are those of what there is, and it is no fragment.
void check_packet(const FlowRequest& request, Bytes packet) {
  const bool is_v4 = request.client.is_v4();
  const std::size_t ip = is_v4 ? 20 : 40;
  if (packet.size() < ip + 8) std::abort();
  if (is_v4 && (packet[0] != 0x45 || be16(packet, 2) != packet.size())) std::abort();
  if (is_v4 && be16(packet, 6) != 0x4000) std::abort();
  if (!is_v4 && (packet[0] != 0x60 || be16(packet, 4) != packet.size() - 40)) std::abort();
  const Bytes transport = packet.subspan(ip);
  if (request.protocol == IpProtocol::udp) {
    if (be16(transport, 4) != transport.size()) std::abort();
  } else if (transport.size() < 20 || transport[12] != 0x50) {
    std::abort();
  }
}

}  // namespace

// A batch that can be read gives only sound packets, and as many as were asked about; its answers
// can be read back.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes message{data, size};
  (void)parse_answers(message, size / 4, 100);
  const auto requests = parse_requests(message);
  if (!requests) return 0;
  std::vector<FlowNames> answers;
  for (const FlowRequest& request : *requests) {
    const auto packets = std::make_unique<ProbePackets>(request);
    std::size_t count = 0;
    for (Bytes packet = packets->next(); !packet.empty(); packet = packets->next()) {
      check_packet(request, packet);
      ++count;
    }
    const std::size_t handshake = request.protocol == IpProtocol::tcp ? 3 : 0;
    if (count != request.packets.size() + handshake) std::abort();
    answers.push_back({static_cast<std::uint16_t>(count), 0});
  }
  const auto back = parse_answers(encode_answers(answers), answers.size(), 100);
  if (!back || *back != answers) std::abort();
  return 0;
}
