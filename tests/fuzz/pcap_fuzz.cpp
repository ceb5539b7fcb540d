#include <cstdlib>

#include "sensor/capture/pcap.h"

// A file that begins like pcap is never refused for its first field, and every record header that
// is long enough is read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sekimori::Bytes file{data, size};
  const auto header = sekimori::parse_pcap_file_header(file);
  if (header && !sekimori::begins_like_pcap(file)) std::abort();
  if (!header) return 0;
  if (size < sekimori::kPcapFileHeaderSize) std::abort();
  const sekimori::Bytes record = file.subspan(sekimori::kPcapFileHeaderSize);
  const auto packet = sekimori::parse_pcap_record_header(*header, record);
  if (packet.has_value() != (record.size() >= header->record_header_size)) std::abort();
  if (packet && packet->time.time_since_epoch().count() < 0) std::abort();
  return 0;
}
