#include <cstdlib>

#include "core/net/ip_address.h"

// What parses prints as text that parses to the same; a network holds its own address.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto address = sekimori::IpAddress::parse(text)) {
    if (sekimori::IpAddress::parse(address->text()) != address) std::abort();
  }
  if (const auto network = sekimori::Network::parse(text)) {
    if (!network->contains(network->address())) std::abort();
  }
  return 0;
}
