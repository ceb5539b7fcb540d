#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/bench/mix_frame.h"

namespace sekimori {

// What a mix is made of. Flows are drawn until there are `flows` of them and `bytes` bytes.
struct MixProfile {
  std::array<unsigned, kFlowKinds> weights{};  // by FlowKind; what has no template falls away
  std::uint64_t flows = 0;
  std::uint64_t bytes = 0;
  std::uint32_t packets_of_flow = 0;  // a flow is cut after so many
  unsigned whole_one_in = 0;          // but for one flow in so many; 0: none is whole
  std::size_t most_bytes = 0;         // flows longer than this after the cut are left out; 0: none
  std::uint32_t flows_per_second = 5000;
  std::uint32_t flows_per_client = 8;
};

// What was written.
struct MixManifest {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // of the file
  std::array<std::uint64_t, kFlowKinds> flows{};
  std::uint64_t most_at_once = 0;  // flows
  double seconds = 0;              // of packet time
};

// A file that cannot be written whole; the text says why.
struct MixTrouble {
  std::string what;
};

// Writes the mix as a pcap file of Ethernet frames in the order of time. The same templates,
// profile and seed give the same bytes. `progress` hears now and then how much of it is done, 0
// to 1.
MixManifest write_mix(const MixTemplates& templates, const MixProfile& profile, std::uint64_t seed,
                      const std::string& path, const std::function<void(double)>& progress);

}  // namespace sekimori
