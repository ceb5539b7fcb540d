#include <cstdlib>

#include "sensor/decode/decode.h"
#include "sensor/flow/flow_tracker.h"

namespace {

// Packets of a sample are whole, few and small, and go with a record. Every third gets a name.
void check_samples(sekimori::FlowTracker& tracker, sekimori::FlowSamples& samples,
                   std::size_t records) {
  using namespace sekimori;
  for (FlowSample& sample : samples.list) {
    if (sample.record >= records || sample.owner != &tracker) std::abort();
    if (sample.packets == 0 && sample.names.empty()) std::abort();
    if (sample.packets == 0) continue;
    Cursor cursor{samples.packets_of(sample)};
    if (cursor.left() > kFirstPacketsSize || sample.packets > kFirstPackets) std::abort();
    for (std::size_t at = 0; at < sample.packets; ++at) {
      if (cursor.u8() > 1) std::abort();
      const std::uint16_t size = cursor.u16();
      if (size == 0 || size > kFirstPacketSize || cursor.take(size).size() != size) std::abort();
    }
    if (cursor.left() != 0) std::abort();
    sample.names.protocol = sample.bytes_size % 3 == 0 ? 1 : 0;
    tracker.take_answer(sample);
  }
  samples.clear();
}

}  // namespace

// Frames of raw IP, each behind two bytes of length and one of milliseconds since the last. However
// hostile they are: every flow that was opened ends once, with a record whose ends are those of a
// packet; a record has a JA4 only with a JA3; and a table of four never holds five.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekimori;
  FlowSettings settings;
  settings.flows = 4;
  settings.stream_heads = 2;
  settings.starts = true;
  settings.first_packets = 2;
  settings.path = Path::l4;
  FlowSamples samples;
  FlowTracker tracker{settings, samples};
  Decoder decoder{0};
  Records records;
  Timestamp now{std::chrono::seconds{1}};
  std::uint64_t packets = 0;
  std::uint64_t tracked = 0;
  Cursor cursor{Bytes{data, size}};
  while (cursor.left() > 0) {
    const std::uint16_t length = cursor.u16();
    now += std::chrono::milliseconds{cursor.u8()};
    const Bytes frame = cursor.take(std::min<std::size_t>(length, cursor.left()));
    const auto decoded =
        decoder.decode({frame, static_cast<std::uint32_t>(frame.size()), now, LinkType::raw_ip});
    if (!decoded || !*decoded) continue;
    const Packet& packet = **decoded;
    tracked += packet.fragments;
    tracker.observe(packet, place_of(packet, 0), records);
    tracker.expire(now, 4, records);
    check_samples(tracker, samples, records.size());
    if (tracker.open_flows() > 4) std::abort();
  }
  while (!tracker.drain(3, records)) check_samples(tracker, samples, records.size());
  check_samples(tracker, samples, records.size());
  std::uint64_t ends = 0;
  for (const SessionRecord& record : records) {
    if (!record.client.ip || !record.server.ip || record.end < record.start) std::abort();
    if (!record.tls.ja4.empty() && record.tls.ja3.empty()) std::abort();
    if (record.type != EventType::end) continue;
    ++ends;
    packets += record.client.packets + record.server.packets;
  }
  const FlowCounters& counters = tracker.counters();
  if (tracker.open_flows() != 0 || counters.opened != counters.ended || ends != counters.ended) {
    std::abort();
  }
  if (packets + counters.duplicates != tracked) std::abort();
  return 0;
}
