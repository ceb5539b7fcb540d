#pragma once

#include <array>
#include <cstdint>

#include "sensor/classify/exchange.h"

namespace sekimori {

// The IP packets of a request as a dissector library wants them: complete headers without options
// whose lengths agree with what there is, never a fragment; a TCP connection from its first SYN,
// its bytes in order and without a hole, whatever the true one lost. Checksums are zero.
//
// libndpi 4.2 reads behind headers that are cut short: one IP packet of 24 bytes after a true one
// ends it. None such can be made here.
class ProbePackets {
 public:
  explicit ProbePackets(const FlowRequest& request) noexcept : request_{request} {}

  // The next one, borrowed until the one after it; empty when there is none.
  Bytes next() noexcept;

 private:
  struct Segment {
    bool from_client = true;
    std::uint8_t flags = 0;  // of TCP
    Bytes payload;
  };
  Bytes write(const Segment& segment) noexcept;
  void put_ip(const Segment& segment, std::size_t transport_size) noexcept;
  void put_tcp(const Segment& segment) noexcept;
  void put8(std::uint8_t value) noexcept { bytes_[size_++] = value; }
  void put16(std::size_t value) noexcept;
  void put32(std::uint32_t value) noexcept;
  void put(std::span<const std::uint8_t> bytes) noexcept;

  static constexpr std::size_t kLargestHeaders = 40 + 20;  // IPv6 and TCP

  const FlowRequest& request_;
  std::size_t made_ = 0;                     // packets, the TCP handshake's too
  std::array<std::uint32_t, 2> sequence_{};  // of TCP: of client and server
  std::array<std::uint8_t, kLargestHeaders + kFirstPacketSize> bytes_;
  std::size_t size_ = 0;
};

}  // namespace sekimori
