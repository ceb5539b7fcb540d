#pragma once

#include <bit>

#include "sensor/capture/packet_view.h"

namespace sekimori {

// Blocks of a pcapng file (draft-ietf-opsawg-pcapng). What is not named here is skipped.
enum class PcapngType : std::uint32_t {
  interface_description = 1,
  packet = 2,  // obsolete, still found
  simple_packet = 3,
  enhanced_packet = 6,
  section_header = 0x0a0d0d0a,  // reads the same in both byte orders
};

inline constexpr std::size_t kPcapngBlockHeadSize = 12;  // bytes: also the shortest block

struct PcapngBlockHead {
  PcapngType type{};
  std::uint32_t length = 0;  // bytes of the whole block: a multiple of 4, at least 12
  std::endian order = std::endian::big;
};

bool begins_like_pcapng(Bytes file) noexcept;

// The first 12 bytes of a block. `order` is that of the section before it; a section header says
// its own.
Result<PcapngBlockHead> parse_pcapng_block_head(Bytes block, std::endian order) noexcept;

// The bodies below are whole blocks without type and lengths.

// `unsupported` for a major version other than 1.
Result<std::endian> parse_pcapng_section(Bytes body, std::endian order) noexcept;

struct PcapngInterface {
  LinkType link = LinkType::ethernet;
  std::uint32_t snaplen = 0;                   // bytes; 0 for no limit
  std::uint64_t ticks_per_second = 1'000'000;  // if_tsresol
  std::int64_t offset = 0;                     // if_tsoffset, seconds

  // The moment a packet's time stamp means; one before
  // kEarliestFrame or after kLatestFrame is that.
  Timestamp time(std::uint64_t ticks) const noexcept;
};

// `unsupported` for a time resolution finer than 10^-19 or 2^-63 seconds.
Result<PcapngInterface> parse_pcapng_interface(Bytes body, std::endian order) noexcept;

struct PcapngPacket {
  std::uint32_t interface = 0;    // index into the section's interfaces
  std::uint64_t ticks = 0;        // in the interface's unit; 0 in a simple packet, which has none
  std::uint32_t wire_length = 0;  // bytes
  Bytes bytes;                    // borrowed; a simple packet's are not yet cut at snaplen
};

// An enhanced, simple or obsolete packet block.
Result<PcapngPacket> parse_pcapng_packet(PcapngType type, Bytes body, std::endian order) noexcept;

}  // namespace sekimori
