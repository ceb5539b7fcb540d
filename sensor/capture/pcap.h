#pragma once

#include <bit>
#include <chrono>

#include "sensor/capture/packet_view.h"

namespace sekimori {

// The headers of a pcap file (draft-ietf-opsawg-pcap), from libpcap's and from the variants that
// name themselves by their magic number.
struct PcapFileHeader {
  std::endian order = std::endian::big;
  std::chrono::nanoseconds tick{1000};  // unit of the time stamp's fraction
  std::size_t record_header_size = 16;  // bytes; Kuznetzov's "modified" format has 24
  LinkType link = LinkType::ethernet;
};
inline constexpr std::size_t kPcapFileHeaderSize = 24;  // bytes

bool begins_like_pcap(Bytes file) noexcept;

Result<PcapFileHeader> parse_pcap_file_header(Bytes file) noexcept;

struct PcapRecordHeader {
  Timestamp time;
  std::uint32_t captured = 0;     // bytes that follow the header; any number, not yet believed
  std::uint32_t wire_length = 0;  // bytes
};

// `record` begins with the header; no more of it than the header is read.
Result<PcapRecordHeader> parse_pcap_record_header(const PcapFileHeader& file,
                                                  Bytes record) noexcept;

}  // namespace sekimori
