#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sensor/handshake/tls_registry.h"

namespace sekimori {

// Hellos with the fingerprints that a calculator in another language, written from the
// specifications, gave them. `side` is "client" or "server". Bodies are laid out as in TLS whatever
// the transport: those of DTLS come without their cookie.
inline nlohmann::json tls_vectors(const char* side) {
  std::ifstream file{"tests/vectors/tls_vectors.json"};
  return nlohmann::json::parse(file).at(side);
}

inline std::vector<std::uint8_t> from_hex(const std::string& hex) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

inline TransportKind transport_of(const nlohmann::json& vector) {
  const auto name = vector.at("transport").get<std::string>();
  if (name == "quic") return TransportKind::quic;
  return name == "dtls" ? TransportKind::dtls : TransportKind::tls;
}

}  // namespace sekimori
