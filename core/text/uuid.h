#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace sekimori {

// A UUID as text, in lower case, of these bytes but for the six bits that version and variant take
// (RFC 9562, sections 4 and 5).
std::string uuid_of(std::array<std::uint8_t, 16> bytes, unsigned version);

// Version 4. Empty: the system has no random bytes.
std::string random_uuid();

// YAML 1.2, section 7.3.2: a text in single quotes. `text` holds no line break.
std::string yaml_quoted(const std::string& text);

}  // namespace sekimori
