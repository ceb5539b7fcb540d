#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "tests/bench/mix.h"

namespace sekimori {
namespace {

struct MixOptions {
  std::string profile;
  std::string output;
  std::vector<std::string> captures;
  std::uint64_t bytes = 0;  // 0: the profile's own
  std::uint64_t flows = 0;
  std::uint64_t seed = 1;
};

// A connection attempt and nothing else: MSS, SACK permitted, time stamps, window scale.
MixTemplates flood_template() {
  MixTemplates templates;
  templates.bytes = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
  FlowTemplate flow;
  flow.kind = FlowKind::plain_tcp;
  flow.protocol = IpProtocol::tcp;
  flow.server = IpAddress::v4(std::array<std::uint8_t, 4>{192, 0, 2, 80});
  flow.server_port = 443;
  TemplatePacket syn;
  syn.tcp.flags = kSyn;
  syn.tcp.window = 64240;
  syn.option_bytes = static_cast<std::uint16_t>(templates.bytes.size());
  flow.packets.push_back(syn);
  templates.flows.push_back(flow);
  return templates;
}

// Weights in the order of FlowKind: TLS, QUIC, other UDP, plain TCP.
MixProfile profile_of(const MixOptions& options) {
  MixProfile profile;
  if (options.profile == "mixed") {
    profile.weights = {9, 4, 5, 2};
    profile.bytes = 1'100'000'000;
    profile.flows = 200'000;
    profile.packets_of_flow = 40;
    profile.whole_one_in = 64;
  } else if (options.profile == "hello-only") {
    profile.weights = {3, 1, 0, 0};
    profile.flows = 100'000;
    profile.packets_of_flow = 8;
  } else if (options.profile == "flows") {
    profile.weights = {4, 2, 3, 1};
    profile.flows = 100'000;
    profile.packets_of_flow = 4;
    profile.most_bytes = 1200;
  } else {
    profile.weights = {0, 0, 0, 1};
    profile.flows = 1'000'000;
    profile.packets_of_flow = 1;
    profile.flows_per_second = 200'000;
    profile.flows_per_client = 1;
  }
  if (options.bytes != 0) profile.bytes = options.bytes;
  if (options.flows != 0) profile.flows = options.flows;
  return profile;
}

std::string json_of(const MixManifest& manifest, const MixOptions& options) {
  const auto flows = [&](FlowKind kind) { return manifest.flows[static_cast<std::size_t>(kind)]; };
  std::uint64_t all = 0;
  for (const std::uint64_t count : manifest.flows) all += count;
  std::ostringstream json;
  json << "{\"profile\": \"" << options.profile << "\", \"seed\": " << options.seed
       << ", \"packets\": " << manifest.packets << ", \"bytes\": " << manifest.bytes
       << ", \"flows\": " << all << ", \"tls_flows\": " << flows(FlowKind::tls)
       << ", \"quic_flows\": " << flows(FlowKind::quic)
       << ", \"other_udp_flows\": " << flows(FlowKind::other_udp)
       << ", \"plain_tcp_flows\": " << flows(FlowKind::plain_tcp)
       << ", \"most_at_once\": " << manifest.most_at_once << ", \"seconds\": " << manifest.seconds
       << "}\n";
  return json.str();
}

void make(const MixOptions& options) {
  MixTemplates templates;
  if (options.profile == "synflood") {
    templates = flood_template();
  } else {
    for (const std::string& path : options.captures) templates.add(path);
  }
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  const std::string unfinished = options.output + ".part";
  const MixManifest manifest =
      write_mix(templates, profile_of(options), options.seed, unfinished, [&](double done) {
        std::cerr << (is_terminal ? "\r" : "") << options.profile << ": "
                  << static_cast<int>(done * 100) << " %" << (is_terminal ? "" : "\n");
      });
  if (is_terminal) std::cerr << "\r\033[K";
  const std::string json = json_of(manifest, options);
  std::ofstream{options.output + ".json"} << json;
  std::filesystem::rename(unfinished, options.output);
  std::cout << json;
}

}  // namespace
}  // namespace sekimori

int main(int argc, char** argv) {
  sekimori::MixOptions options;
  CLI::App app{
      "Makes one large capture of many small ones: each flow is replayed by many clients."};
  app.add_option("profile", options.profile, "mixed, hello-only, flows or synflood")
      ->required()
      ->check(CLI::IsMember({"mixed", "hello-only", "flows", "synflood"}));
  app.add_option("output", options.output, "pcap file; OUTPUT.json says what is in it")->required();
  app.add_option("captures", options.captures, "Where the flows come from");
  app.add_option("--bytes", options.bytes, "At least this many");
  app.add_option("--flows", options.flows, "At least this many");
  app.add_option("--seed", options.seed, "The same seed, the same file");
  CLI11_PARSE(app, argc, argv);
  try {
    sekimori::make(options);
  } catch (const sekimori::MixTrouble& trouble) {
    std::cerr << options.output << ": " << trouble.what << '\n';
    return 1;
  }
  return 0;
}
