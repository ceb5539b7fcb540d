#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <vector>

#include "sensor/capture/file_source.h"
#include "sensor/decode/decode.h"
#include "sensor/flow/flow_tracker.h"

namespace {
std::atomic<std::size_t> g_allocations{0};
}  // namespace

// Every allocation of the program, C libraries' too, goes through these. Under a sanitizer, which
// has a malloc of its own, the test counts nothing and says so.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr bool kCounts = true;
extern "C" {
void* __libc_malloc(std::size_t size);                     // NOLINT: glibc's name
void* __libc_calloc(std::size_t count, std::size_t size);  // NOLINT
void* __libc_realloc(void* memory, std::size_t size);      // NOLINT
void* malloc(std::size_t size) noexcept {
  ++g_allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  ++g_allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept {
  ++g_allocations;
  return __libc_realloc(memory, size);
}
}
#else
constexpr bool kCounts = false;
#endif

namespace sekimori {
namespace {

// Frames that outlive their source.
class Recording {
 public:
  explicit Recording(const std::string& path) {
    auto source = FileSource::open(path);
    EXPECT_TRUE(source) << path;
    if (!source) return;
    PacketView frame;
    while ((*source)->next(frame) == Next::frame) {
      bytes_.emplace_back(frame.bytes.begin(), frame.bytes.end());
      frames_.push_back(frame);
    }
    for (std::size_t at = 0; at < frames_.size(); ++at) frames_[at].bytes = bytes_[at];
  }
  const std::vector<PacketView>& frames() const noexcept { return frames_; }

 private:
  std::vector<std::vector<std::uint8_t>> bytes_;
  std::vector<PacketView> frames_;
};

struct Tally {
  std::size_t packets = 0;
  std::size_t records = 0;
  std::size_t samples = 0;
};

// The recording once more, `shift` later, as the packet loop sees it. Records go into room that is
// there already, and out of it.
Tally replay(const Recording& recording, std::chrono::nanoseconds shift, Decoder& decoder,
             FlowTracker& tracker, Records& records, FlowSamples& samples) {
  Tally tally;
  for (PacketView frame : recording.frames()) {
    frame.time += shift;
    const Result<std::optional<Packet>> decoded = decoder.decode(frame);
    if (!decoded || !*decoded) continue;
    const Packet& packet = **decoded;
    ++tally.packets;
    decoder.expire(frame.time);
    tracker.expire(frame.time, 64, records);
    tracker.observe(packet, place_of(packet, 0), records);
    tally.records += records.size();
    tally.samples += samples.list.size();
    for (FlowSample& sample : samples.list) {
      if (sample.packets > 0) tracker.take_answer(sample);
    }
    records.clear();
    samples.clear();
  }
  return tally;
}

TEST(PacketAllocation, NoneAfterTheFirstTime) {
  if (!kCounts) GTEST_SKIP() << "a sanitizer's malloc cannot be counted";
  FlowSettings settings;
  settings.starts = true;
  for (const SlotIndex flows : {4U, 4096U}) {  // full, so that flows are forgotten, and roomy
    settings.flows = flows;
    settings.stream_heads = 2;
    settings.first_packets = 2;
    for (const char* const path :
         {"tests/demo/demo.pcap", "tests/golden/proxy_protocol_v1/capture.pcap",
          "tests/golden/hello_in_many_segments/capture.pcap",
          "tests/golden/hello_out_of_order/capture.pcap",
          "tests/golden/quic_chromium/capture.pcap"}) {
      SCOPED_TRACE(testing::Message() << path << ", " << flows << " flows");
      const Recording recording{path};
      Decoder decoder{0};
      FlowSamples samples;
      samples.list.reserve(1024);
      samples.bytes.reserve(std::size_t{1} << 20U);
      FlowTracker tracker{settings, samples};
      Records records;
      records.reserve(1024);
      replay(recording, {}, decoder, tracker, records, samples);
      const std::size_t before = g_allocations;
      Tally tally;
      for (int round = 1; round <= 50; ++round) {
        const Tally one =
            replay(recording, round * std::chrono::hours{1}, decoder, tracker, records, samples);
        tally.packets += one.packets;
        tally.records += one.records;
      }
      EXPECT_EQ(g_allocations - before, 0U) << "in " << tally.packets << " packets";
      EXPECT_GE(tally.packets, 50U);
      EXPECT_GE(tally.records, 50U);
    }
  }
}

// What would make the test above pass for nothing.
TEST(PacketAllocation, IsCounted) {
  if (!kCounts) GTEST_SKIP() << "a sanitizer's malloc cannot be counted";
  const std::size_t before = g_allocations;
  std::free(std::malloc(1));
  const auto text = std::make_unique<std::string>(100, 'x');
  EXPECT_GE(g_allocations - before, 2U + text->empty());
}

}  // namespace
}  // namespace sekimori
