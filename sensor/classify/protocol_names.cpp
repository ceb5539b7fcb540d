#include "sensor/classify/protocol_names.h"

namespace sekimori {
namespace {

template <std::size_t N>
void fill(InlineText<N>& field, std::string_view word) noexcept {
  if (field.empty()) field.assign(word);
}

}  // namespace

bool has_name(const SessionRecord& record) noexcept {
  return !record.network_protocol.empty() || !record.application.empty() ||
         !record.remote_access.empty() || !record.tunnel.empty();
}

void add_names(const FlowNames& names, SessionRecord& record) noexcept {
  for (const std::uint16_t row : {names.protocol, names.application}) {
    if (row == 0) continue;
    const ProtocolName& name = kProtocolNames[row - 1];
    fill(record.network_protocol, name.protocol);
    fill(record.application, name.application);
    fill(record.remote_access, name.remote_access);
    fill(record.tunnel, name.tunnel);
  }
}

}  // namespace sekimori
