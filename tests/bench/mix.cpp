#include "tests/bench/mix.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <queue>
#include <random>
#include <tuple>

namespace sekimori {
namespace {

// 2023-11-14 22:13:20 UTC: any moment would do, if it is always the same.
constexpr std::chrono::seconds kFirstMoment{1'700'000'000};
constexpr std::uint32_t kClientNumbers = 1U << 24U;
constexpr std::uint16_t kFirstEphemeral = 20000;
constexpr std::uint32_t kEphemerals = 45536;
constexpr std::size_t kFileBuffer = std::size_t{1} << 20U;

// A flow of the mix: which template, by whom, when, and how much of it.
struct Replay {
  std::uint32_t flow = 0;
  std::uint32_t packets = 0;
  MixClient client;
  std::chrono::nanoseconds start{0};
};

// The templates that a profile can use, by kind.
using Choices = std::array<std::vector<std::uint32_t>, kFlowKinds>;

std::uint32_t packets_after_cut(const FlowTemplate& flow, std::uint32_t most) {
  return std::min(static_cast<std::uint32_t>(flow.packets.size()), most);
}

std::size_t size_of(const FlowTemplate& flow, std::uint32_t packets) {
  std::size_t size = 0;
  for (std::uint32_t at = 0; at < packets; ++at) size += stored_size(flow, flow.packets[at]);
  return size;
}

Choices choices_of(const MixTemplates& templates, const MixProfile& profile) {
  Choices choices;
  for (std::uint32_t at = 0; at < templates.flows.size(); ++at) {
    const FlowTemplate& flow = templates.flows[at];
    const std::size_t size = size_of(flow, packets_after_cut(flow, profile.packets_of_flow));
    if (profile.most_bytes != 0 && size > profile.most_bytes) continue;
    choices[static_cast<std::size_t>(flow.kind)].push_back(at);
  }
  return choices;
}

// Draws flows. std::uniform_int_distribution may differ between libraries; a remainder does not.
class Draw {
 public:
  Draw(const MixTemplates& templates, const MixProfile& profile, std::uint64_t seed)
      : profile_{profile}, templates_{templates}, random_{seed} {
    choices_ = choices_of(templates, profile);
    for (std::size_t kind = 0; kind < kFlowKinds; ++kind) {
      if (choices_[kind].empty()) continue;
      for (unsigned count = 0; count < profile.weights[kind]; ++count) kinds_.push_back(kind);
    }
    if (kinds_.empty()) throw MixTrouble{"no capture has a flow that the profile can use"};
  }

  Replay next() {
    const auto& choices = choices_[kinds_[below(kinds_.size())]];
    Replay replay;
    replay.flow = choices[below(choices.size())];
    const FlowTemplate& flow = templates_.flows[replay.flow];
    const bool whole = profile_.whole_one_in != 0 && below(profile_.whole_one_in) == 0;
    replay.packets = whole ? static_cast<std::uint32_t>(flow.packets.size())
                           : packets_after_cut(flow, profile_.packets_of_flow);
    // Odd factors, so that neighbours in time are no neighbours in number and none comes twice.
    const std::uint64_t client = count_ / profile_.flows_per_client;
    replay.client.number = static_cast<std::uint32_t>(client * 7'368'787U % kClientNumbers);
    replay.client.port = static_cast<std::uint16_t>(kFirstEphemeral + count_ * 7919U % kEphemerals);
    const std::uint64_t step = 1'000'000'000 / profile_.flows_per_second;
    replay.start = std::chrono::nanoseconds{static_cast<std::int64_t>(count_ * step + below(step))};
    ++count_;
    return replay;
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  const MixProfile& profile_;
  const MixTemplates& templates_;
  std::mt19937_64 random_;
  Choices choices_;
  std::vector<std::size_t> kinds_;  // one entry for each unit of weight
  std::uint64_t count_ = 0;
};

// A pcap file (draft-ietf-opsawg-pcap) in this machine's byte order, microseconds.
class PcapFile {
 public:
  explicit PcapFile(const std::string& path) : file_{std::fopen(path.c_str(), "wb"), std::fclose} {
    if (!file_) throw MixTrouble{"cannot be created"};
    std::setvbuf(file_.get(), nullptr, _IOFBF, kFileBuffer);
    const std::array<std::uint32_t, 6> header{0xa1b2c3d4, 2U | 4U << 16U, 0, 0, 262144, 1};
    write(header.data(), sizeof header);
  }
  void add(std::chrono::nanoseconds time, std::size_t wire_length,
           const std::vector<std::uint8_t>& frame) {
    const auto moment = std::chrono::duration_cast<std::chrono::microseconds>(kFirstMoment + time);
    const std::array<std::uint32_t, 4> header{
        static_cast<std::uint32_t>(moment.count() / 1'000'000),
        static_cast<std::uint32_t>(moment.count() % 1'000'000),
        static_cast<std::uint32_t>(frame.size()), static_cast<std::uint32_t>(wire_length)};
    write(header.data(), sizeof header);
    write(frame.data(), frame.size());
  }
  std::uint64_t close() {
    if (std::fclose(file_.release()) != 0) throw MixTrouble{"was not written to its end"};
    return written_;
  }

 private:
  void write(const void* bytes, std::size_t size) {
    if (std::fwrite(bytes, 1, size, file_.get()) != size) {
      throw MixTrouble{"was not written to its end: is the disk full?"};
    }
    written_ += size;
  }

  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::uint64_t written_ = 0;
};

// The next packet of one flow under way; of two at one moment the older flow's comes first.
struct Due {
  std::chrono::nanoseconds time;
  std::uint64_t number;  // of the flow, in the order of drawing
  std::uint32_t packet;
  Replay replay;
  bool operator<(const Due& other) const noexcept {
    return std::tie(other.time, other.number) < std::tie(time, number);
  }
};

}  // namespace

MixManifest write_mix(const MixTemplates& templates, const MixProfile& profile, std::uint64_t seed,
                      const std::string& path, const std::function<void(double)>& progress) {
  constexpr std::uint64_t packets_between = 1U << 18U;
  Draw draw{templates, profile, seed};
  PcapFile file{path};
  MixManifest manifest;
  std::priority_queue<Due> under_way;
  std::vector<std::uint8_t> frame;
  std::uint64_t drawn = 0;
  std::uint64_t promised = 0;  // bytes of the flows drawn so far
  Replay next = draw.next();
  bool more = true;
  while (more || !under_way.empty()) {
    // Flows begin in the order in which they are drawn.
    while (more && (under_way.empty() || next.start <= under_way.top().time)) {
      const FlowTemplate& flow = templates.flows[next.flow];
      under_way.push({next.start, drawn++, 0, next});
      ++manifest.flows[static_cast<std::size_t>(flow.kind)];
      promised += size_of(flow, next.packets);
      more = drawn < profile.flows || promised < profile.bytes;
      if (more) next = draw.next();
    }
    manifest.most_at_once = std::max<std::uint64_t>(manifest.most_at_once, under_way.size());
    Due due = under_way.top();
    under_way.pop();
    const FlowTemplate& flow = templates.flows[due.replay.flow];
    const TemplatePacket& packet = flow.packets[due.packet];
    write_frame(flow, packet, due.replay.client, templates.bytes, frame);
    file.add(due.time, frame_size(flow, packet, packet.payload_length), frame);
    manifest.seconds = std::chrono::duration<double>(due.time).count();
    if (++manifest.packets % packets_between == 0) {
      const double of_flows = static_cast<double>(drawn) / static_cast<double>(profile.flows + 1);
      const double of_bytes =
          static_cast<double>(promised) / static_cast<double>(profile.bytes + 1);
      progress(std::min({of_flows, of_bytes + (profile.bytes == 0 ? 1 : 0), 1.0}));
    }
    if (++due.packet == due.replay.packets) continue;
    due.time = due.replay.start + flow.packets[due.packet].after;
    under_way.push(due);
  }
  manifest.bytes = file.close();
  return manifest;
}

}  // namespace sekimori
