// The caches of 4.2 and 4.4 can be neither sized nor switched off, so they are taken out of the
// module by hand; later versions have a setting.
#include <ndpi/ndpi_define.h>
#define SEKIMORI_NDPI (NDPI_MAJOR * 100 + NDPI_MINOR)  // NOLINT: the preprocessor asks
#if SEKIMORI_NDPI < 406
#define NDPI_LIB_COMPILATION  // NOLINT: the module's own fields
#endif
#include <ndpi/ndpi_api.h>

#include "sensor/classify/ndpi.h"
#include "sensor/classify/probe_packets.h"
#include "sensor/classify/protocol_names.h"

#include <algorithm>
#include <string>
#include <vector>

#if SEKIMORI_NDPI < 406
extern "C" void cache_free(struct cache* cache);  // exported, and in no header that is installed
#endif

namespace sekimori {
namespace {

using Module = ndpi_detection_module_struct;
using FlowState = ndpi_flow_struct;

// Where an interface changed between two versions, each is spelt in a template, which compiles
// whether or not the other one exists.

template <typename M>
M* open_module() {
#if SEKIMORI_NDPI >= 410
  return ndpi_init_detection_module(nullptr);
#else
  return ndpi_init_detection_module(ndpi_no_prefs);
#endif
}

void finish_module(Module* module) {
#if SEKIMORI_NDPI < 500
  NDPI_PROTOCOL_BITMASK all;
  NDPI_BITMASK_SET_ALL(all);
  ndpi_set_protocol_detection_bitmask2(module, &all);
#endif
#if SEKIMORI_NDPI >= 410
  for (const char* cache : {"ookla", "bittorrent", "zoom", "stun", "tls_cert", "mining", "msteams",
                            "stun_zoom", "fpc_dns", "signal"}) {
    const std::string key = std::string{"lru."} + cache + ".size";
    ndpi_set_config(module, nullptr, key.c_str(), "0");
  }
#elif SEKIMORI_NDPI >= 406
  for (int cache = 0; cache < NDPI_LRUCACHE_MAX; ++cache) {
    ndpi_set_lru_cache_size(module, static_cast<lru_cache_type>(cache), 0);
  }
#endif
  ndpi_finalize_initialization(module);
}

// What one flow left for others to find.
void forget([[maybe_unused]] Module* module) {
#if SEKIMORI_NDPI < 406
  for (ndpi_lru_cache** cache :
       {&module->ookla_cache, &module->bittorrent_cache, &module->zoom_cache, &module->stun_cache,
        &module->tls_cert_cache, &module->mining_cache, &module->msteams_cache}) {
    if (*cache == nullptr) continue;
    ndpi_lru_free_cache(*cache);
    *cache = nullptr;
  }
  if (module->tinc_cache != nullptr) cache_free(module->tinc_cache);
  module->tinc_cache = nullptr;
#endif
}

template <typename M, typename F>
auto feed(M* module, F* flow, Bytes packet, std::uint64_t ms) {
  const auto size = static_cast<unsigned short>(packet.size());
  if constexpr (requires {
                  ndpi_detection_process_packet(module, flow, packet.data(), size, ms);
                }) {
    return ndpi_detection_process_packet(module, flow, packet.data(), size, ms);
  } else {
    return ndpi_detection_process_packet(module, flow, packet.data(), size, ms, nullptr);
  }
}

struct Ids {
  unsigned master = 0;
  unsigned application = 0;
};

template <typename P>
Ids ids_of(const P& protocol) {
  if constexpr (requires { protocol.proto.app_protocol; }) {
    return {protocol.proto.master_protocol, protocol.proto.app_protocol};
  } else {
    return {protocol.master_protocol, protocol.app_protocol};
  }
}

class Ndpi {
 public:
  explicit Ndpi(Module* module) : module_{module}, flow_((sizeof(FlowState) + 7) / 8) {
    rows_.resize(ndpi_get_num_supported_protocols(module));
    for (std::size_t id = 0; id < rows_.size(); ++id) {
      const char* name = ndpi_get_proto_name(module, static_cast<std::uint16_t>(id));
      if (name != nullptr) rows_[id] = row_of(name);
    }
  }

  // ndpi_detection_giveup() is never asked: it is where ports, addresses and caches are guessed by,
  // some of them (STUN) under the name of DPI.
  FlowNames classify(const FlowRequest& request) {
    std::fill(flow_.begin(), flow_.end(), 0);
    auto* const flow = reinterpret_cast<FlowState*>(flow_.data());
    Ids ids;
    std::uint64_t ms = 1;
    ProbePackets packets{request};
    for (Bytes packet = packets.next(); !packet.empty(); packet = packets.next()) {
      ids = ids_of(feed(module_, flow, packet, ms++));
      if (ids.application != 0 || ids.master != 0) break;
    }
    const bool seen = flow->confidence == NDPI_CONFIDENCE_DPI;
    ndpi_free_flow_data(flow);
    forget(module_);
    if (!seen) return {};
    return {row(ids.master != 0 ? ids.master : ids.application), row(ids.application)};
  }

 private:
  std::uint16_t row(unsigned id) const { return id < rows_.size() ? rows_[id] : std::uint16_t{0}; }

  Module* module_;                   // until the process ends
  std::vector<std::uint16_t> rows_;  // by protocol number
  std::vector<std::uint64_t> flow_;  // room for one, aligned
};

// Null when the library is not the one of the headers.
Module* make_module() {
  if (ndpi_detection_get_sizeof_ndpi_flow_struct() != sizeof(FlowState)) return nullptr;
#if SEKIMORI_NDPI < 406
  if (ndpi_get_ndpi_detection_module_size() != sizeof(Module)) return nullptr;
#endif
  Module* const module = open_module<Module>();
  if (module != nullptr) finish_module(module);
  return module;
}

}  // namespace

std::vector<std::uint16_t> ndpi_rows() {
  std::vector<std::uint16_t> rows;
  Module* const module = make_module();
  if (module == nullptr) return rows;
  for (unsigned id = 0; id < ndpi_get_num_supported_protocols(module); ++id) {
    const char* name = ndpi_get_proto_name(module, static_cast<std::uint16_t>(id));
    const std::uint16_t row = name == nullptr ? std::uint16_t{0} : row_of(name);
    if (row != 0) rows.push_back(row);
  }
  ndpi_exit_detection_module(module);
  return rows;
}

Dissector make_ndpi() {
  Module* const module = make_module();
  if (module == nullptr) return {};
  return [ndpi = std::make_shared<Ndpi>(module)](const FlowRequest& request) {
    return ndpi->classify(request);
  };
}

}  // namespace sekimori
