#pragma once

#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "sensor/handshake/tls_registry.h"
#include "tests/unit/sensor/handshake/hex.h"

namespace sekimori {

// Hellos with the fingerprints that a calculator in another language, written from the
// specifications, gave them. `side` is "client" or "server". Bodies are laid out as in TLS whatever
// the transport: those of DTLS come without their cookie.
inline nlohmann::json tls_vectors(const char* side) {
  std::ifstream file{"tests/vectors/tls_vectors.json"};
  return nlohmann::json::parse(file).at(side);
}

inline TransportKind transport_of(const nlohmann::json& vector) {
  const auto name = vector.at("transport").get<std::string>();
  if (name == "quic") return TransportKind::quic;
  return name == "dtls" ? TransportKind::dtls : TransportKind::tls;
}

}  // namespace sekimori
