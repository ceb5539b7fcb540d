#pragma once

#include <cstdint>
#include <vector>

#include "core/bytes/cursor.h"
#include "core/bytes/inline_list.h"
#include "core/bytes/result.h"
#include "core/net/ip_address.h"
#include "sensor/decode/packet.h"
#include "sensor/flow/first_packets.h"
#include "sensor/flow/flow_samples.h"

namespace sekimori {

// What sensor and classifier say to each other over a socket that keeps messages apart: a batch of
// requests, then one answer to each in the same order. Integers in network order.
//
//   batch    count (2), then each request: protocol (1), IP version (1), which end is the client
//            (1: 0 the low one), number of packets (1), ports of the low and the high end (2 + 2),
//            their addresses (4 or 16 each), the packets: sender (1), size (2), payload
//   answers  count (2), then for each FlowNames: protocol (2), application (2)
//
// No header of a packet crosses: who reads the batch writes complete ones of his own, so that none
// can be cut short or contradict itself.

inline constexpr std::size_t kMostRequests = 256;     // in a batch
inline constexpr std::size_t kBatchSize = 64 * 1024;  // bytes, at most
inline constexpr std::size_t kAnswersSize = 2 + 4 * kMostRequests;

struct RequestPacket {
  bool from_client = false;
  Bytes payload;  // borrowed from the message; 1 to kFirstPacketSize bytes
};

// One flow, and its first packets with payload.
struct FlowRequest {
  IpProtocol protocol{};  // tcp or udp
  IpAddress client;       // of one version with the server's
  IpAddress server;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  InlineList<RequestPacket, kFirstPackets> packets;  // at least one
};

// Requests on their way. Keeps its memory when emptied.
class RequestBatch {
 public:
  RequestBatch() { bytes_.reserve(kBatchSize); }

  // False: there is no room, or the flow is neither TCP nor UDP.
  bool add(const FlowSample& sample, Bytes packets);
  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }  // requests
  Bytes bytes();                                        // the message
  void clear() noexcept;

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t count_ = 0;
};

// Requests that borrow from `message`.
Result<std::vector<FlowRequest>> parse_requests(Bytes message);

std::vector<std::uint8_t> encode_answers(const std::vector<FlowNames>& answers);
// malformed: another number of answers than `count`, or a row that is not below `rows`. The
// classifier is not trusted: hostile bytes may have made it say anything.
Result<std::vector<FlowNames>> parse_answers(Bytes message, std::size_t count, std::size_t rows);

}  // namespace sekimori
