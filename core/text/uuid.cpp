#include "core/text/uuid.h"

#include <openssl/rand.h>

#include <string_view>

namespace sekimori {

std::string uuid_of(std::array<std::uint8_t, 16> bytes, unsigned version) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | version << 4U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
  constexpr std::string_view hex = "0123456789abcdef";
  std::string id;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at == 4 || at == 6 || at == 8 || at == 10) id += '-';
    id += hex[bytes[at] >> 4U];
    id += hex[bytes[at] & 0x0fU];
  }
  return id;
}

std::string random_uuid() {
  std::array<std::uint8_t, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return {};
  return uuid_of(bytes, 4);
}

std::string yaml_quoted(const std::string& text) {
  std::string out{"'"};
  for (const char one : text) out += one == '\'' ? std::string{"''"} : std::string{one};
  return out + "'";
}

}  // namespace sekimori
