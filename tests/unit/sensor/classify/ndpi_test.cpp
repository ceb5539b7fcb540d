#include "sensor/classify/ndpi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ndpi/ndpi_api.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <tuple>

#include "sensor/capture/file_source.h"
#include "sensor/classify/classifier.h"
#include "sensor/classify/probe_packets.h"
#include "sensor/classify/protocol_names.h"
#include "sensor/decode/decode.h"
#include "sensor/flow/flow_tracker.h"
#include "tests/unit/sensor/classify/samples.h"

namespace sekimori {
namespace {

using namespace std::string_literals;

using namespace std::string_literals;
using Words = std::vector<SampleWriter::Word>;

std::unique_ptr<ClassifierProcess> start() {
  auto process = ClassifierProcess::start(make_ndpi, {}, [](Gravity, const std::string&) {});
  EXPECT_TRUE(process);
  return process ? std::move(*process) : nullptr;
}

struct Known {
  const char* what;
  IpProtocol protocol;
  std::uint16_t port;
  Words words;
  std::string_view name;  // nDPI's; empty: none is to be said
};

// What BitTorrent's handshake (BEP 3) and its peers leave in nDPI's memory of addresses is what the
// flows beside it must not be named by.
const std::string kBitTorrent = "\x13"s + "BitTorrent protocol" + std::string(48, '\x01');

const std::vector<Known> kFlows{
    {"BitTorrent, of which nDPI 4.2 does not say how it knows",
     IpProtocol::tcp,
     6881,
     {{true, kBitTorrent}},
     ""},
    {"VNC (RFC 6143, section 7.1.1)",
     IpProtocol::tcp,
     6881,
     {{false, "RFB 003.008\n"}, {true, "RFB 003.008\n"}},
     "VNC"},
    {"SSH (RFC 4253, section 4.2)",
     IpProtocol::tcp,
     22,
     {{false, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"}, {true, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"}},
     "SSH"},
    {"WireGuard's first message (its white paper, section 5.4.2)",
     IpProtocol::udp,
     51820,
     {{true, "\x01\0\0\0"s + std::string(144, 'k')},
      {false, "\x02\0\0\0kkkkkkkk"s + std::string(80, 'r')}},
     "WireGuard"},
    {"SOCKS5 (RFC 1928, section 3)",
     IpProtocol::tcp,
     1080,
     {{true, "\x05\x01\0"s}, {false, "\x05\0"s}, {true, "\x05\x01\0\x01\xc0\0\x02\x01\0\x50"s}},
     "SOCKS"},
    {"HTTP", IpProtocol::tcp, 80, {{true, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"}}, "HTTP"},
    {"noise on VNC's port", IpProtocol::tcp, 5900, {{true, "\x8f\x1b\xc2\x07"}}, ""},
    {"noise on IKE's port", IpProtocol::udp, 500, {{true, "\x8f\x1b\xc2\x07\x55\xaa\x91"}}, ""},
    {"noise on STUN's port", IpProtocol::udp, 3478, {{true, "\x8f\x1b\xc2\x07\x55\xaa\x91"}}, ""},
    {"noise on OpenVPN's port", IpProtocol::udp, 1194, {{true, "\x8f\x1b\xc2\x07\x55"}}, ""},
    {"noise on RDP's port", IpProtocol::tcp, 3389, {{true, "\x8f\x1b\xc2\x07\x55"}}, ""},
    {"noise between BitTorrent's peers", IpProtocol::tcp, 6881, {{true, "\x8f\x1b\xc2\x07"}}, ""},
};

TEST(Ndpi, NamesWhatItSeesAndNeverAPort) {
  const auto process = start();
  Classifier classifier{*process, 0};
  for (const bool backwards : {false, true}) {
    SampleWriter writer;
    std::vector<Known> flows = kFlows;
    if (backwards) std::reverse(flows.begin(), flows.end());
    for (const Known& flow : flows) writer.add(flow.protocol, flow.port, flow.words);
    classifier.classify(writer.samples());
    for (std::size_t at = 0; at < flows.size(); ++at) {
      const FlowNames& names = writer.samples().list[at].names;
      EXPECT_EQ(names.application, row_of(flows[at].name))
          << flows[at].what << (backwards ? ", backwards" : "");
      EXPECT_EQ(names.protocol, row_of(flows[at].name)) << flows[at].what;
    }
  }
  EXPECT_EQ(process->counters().crashes, 0U);
}

// Feeds nDPI these packets in a process of their own; how that ended.
int status_of(const std::vector<std::vector<std::uint8_t>>& packets) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGSEGV, SIG_DFL);  // a sanitizer's would make an exit code of it
    auto* const module = ndpi_init_detection_module(ndpi_no_prefs);
    NDPI_PROTOCOL_BITMASK all;
    NDPI_BITMASK_SET_ALL(all);
    ndpi_set_protocol_detection_bitmask2(module, &all);
    ndpi_finalize_initialization(module);
    auto* const flow = static_cast<ndpi_flow_struct*>(std::calloc(1, SIZEOF_FLOW_STRUCT));
    std::uint64_t ms = 1;
    for (const auto& packet : packets) {
      ndpi_detection_process_packet(module, flow, packet.data(),
                                    static_cast<unsigned short>(packet.size()), ms++);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

// An IP packet with the first hello of Google's QUIC, version Q046, without a server name: nDPI
// then looks at what follows, for calls that share the flow.
std::vector<std::uint8_t> quic_packet() {
  constexpr std::size_t padding = 1'100;
  std::string tags = "PAD\0\x4c\x04\0\0VER\0\x50\x04\0\0"s + std::string(padding, '-') + "Q046";
  std::string hello = "CHLO\x02\0\0\0"s + tags;
  const auto high = [](std::size_t number) { return static_cast<char>(number >> 8U); };
  const auto low = [](std::size_t number) { return static_cast<char>(number & 0xffU); };
  const std::string frame = "\xa0\x01"s + high(hello.size()) + low(hello.size()) + hello;
  std::string datagram =
      "\xc3Q046\x50"s + "12345678" + "\0\0\0\x01"s + std::string(12, 'h') + frame;
  datagram.resize(1'350);
  const std::size_t udp = datagram.size() + 8;
  const std::size_t ip = udp + 20;
  const std::string packet = "\x45\0"s + high(ip) + low(ip) + "\0\x01\x40\0\x40\x11\0\0"s +
                             "\xc0\0\x02\x01\xc6\x33\x64\x01\xb9\xa0\x01\xbb"s + high(udp) +
                             low(udp) + "\0\0"s + datagram;
  return {packet.begin(), packet.end()};
}

// That packet, and then one on the same flow whose IP length ends inside the UDP header, end
// libndpi 4.2. It is why packets are never handed over as they came.
TEST(Ndpi, TwoPacketsThatEndTheLibraryCannotBeAsked) {
  const std::vector<std::uint8_t> good = quic_packet();
  EXPECT_EQ(status_of({good, good}), 0) << "whole, they do no harm";
  constexpr std::size_t cut = 24;
  std::vector<std::uint8_t> bad = good;
  bad.resize(cut);
  bad[2] = 0;
  bad[3] = cut;
  const int status = status_of({good, bad});
#if NDPI_MAJOR == 4 && NDPI_MINOR == 2
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)
      << "the library was mended: status " << status;
#endif

  // On the wire the second one never becomes a packet of a flow.
  Decoder decoder{0};
  const auto decode = [&](const std::vector<std::uint8_t>& bytes) {
    return decoder.decode({bytes, static_cast<std::uint32_t>(bytes.size()),
                           Timestamp{std::chrono::seconds{1}}, LinkType::raw_ip});
  };
  EXPECT_TRUE(decode(good));
  EXPECT_FALSE(decode(bad));

  // Asked by force, as the flow that it would be: 512 bytes of the first, then as little as there
  // can be, and then nothing, which is refused and costs that flow its name.
  const std::string first{good.begin() + 28, good.begin() + 28 + 512};
  SampleWriter writer;
  writer.add(IpProtocol::udp, 443, {{true, first}, {true, "x"}});
  writer.add(IpProtocol::udp, 443, {{true, first}, {true, ""}});
  writer.add(IpProtocol::tcp, 22, {{false, "SSH-2.0-a\r\n"}, {true, "SSH-2.0-b\r\n"}});
  const auto process = start();
  Classifier classifier{*process, 0};
  classifier.classify(writer.samples());
  EXPECT_EQ(process->counters().answered, 2U);
  EXPECT_EQ(process->counters().lost, 1U);
  EXPECT_EQ(writer.samples().list[2].names.protocol, row_of("SSH"));
}

// Every unnamed flow of the captures in SEKIMORI_CORPUS.
class Corpus {
 public:
  explicit Corpus(const std::string& folder) {
    FlowSettings settings;
    settings.flows = 4096;
    settings.first_packets = 4096;
    FlowTracker tracker{settings, samples_};
    Records records;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder + "/pcap"}) {
      if (!entry.is_regular_file()) continue;
      auto source = FileSource::open(entry.path());
      if (!source) continue;
      Decoder decoder{0};
      PacketView frame;
      while ((*source)->next(frame) == Next::frame) {
        const auto decoded = decoder.decode(frame);
        if (!decoded || !*decoded) continue;
        tracker.observe(**decoded, place_of(**decoded, 0), records);
      }
      while (!tracker.drain(100, records)) {
      }
    }
  }
  FlowSamples& samples() { return samples_; }

 private:
  FlowSamples samples_;
};

TEST(Ndpi, OrderMakesNoDifference) {
  const char* const folder = std::getenv("SEKIMORI_CORPUS");
  if (folder == nullptr) GTEST_SKIP() << "set SEKIMORI_CORPUS to ask about every flow of a corpus";
  Corpus corpus{folder};
  FlowSamples& samples = corpus.samples();
  const auto process = start();
  Classifier classifier{*process, 0};
  classifier.classify(samples);
  std::vector<FlowNames> forwards;
  for (FlowSample& sample : samples.list) forwards.push_back(std::exchange(sample.names, {}));
  EXPECT_GT(process->counters().named, 100U);

  std::reverse(samples.list.begin(), samples.list.end());
  classifier.classify(samples);
  std::reverse(samples.list.begin(), samples.list.end());
  for (std::size_t at = 0; at < forwards.size(); ++at) {
    EXPECT_EQ(samples.list[at].names, forwards[at])
        << "flow " << at << " asked the other way round";
  }
  // The same from a process that has seen nothing else.
  FlowSamples one;
  one.bytes = samples.bytes;
  for (std::size_t at = 0; at < forwards.size(); ++at) {
    one.list.assign(1, samples.list[at]);
    one.list[0].names = {};
    Classifier alone{*process, 1};
    alone.classify(one);
    EXPECT_EQ(one.list[0].names, forwards[at]) << "flow " << at << " asked alone";
  }
  EXPECT_EQ(process->counters().crashes, 0U);
}

}  // namespace
}  // namespace sekimori
