#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/bytes/inline_text.h"
#include "sensor/handshake/client_hello.h"

namespace sekimori {

using Ja4Text = InlineText<36>;

// How many cipher suites, and how many extensions, are sorted: five times the suites that IANA has
// named. A hello with more was made to be in the way; it gets no JA4.
inline constexpr std::size_t kJa4MaxValues = 2048;

// JA4 (FoxIO, JA4.md, BSD-3): "t13d1516h2_8daaf6152771_e5627efa2ab1", always 36 characters, or
// empty; then why_no_ja4() says why. Where JA4.md is silent: supported_versions with nothing but
// GREASE falls back to legacy_version, and an ALPN value that looks like GREASE is a value like any
// other.
Ja4Text ja4(const ClientHello& hello, TransportKind transport) noexcept;

// For sekimori.tls.no_fingerprint: "too_many_values", "no_digest" (OpenSSL has no SHA-256), or
// empty.
std::string_view why_no_ja4(const ClientHello& hello) noexcept;

// The raw form, JA4_r, appended to `text`: up to about 5 bytes for each cipher suite, extension and
// signature algorithm. Nothing is appended where ja4() is empty.
void append_ja4_r(const ClientHello& hello, TransportKind transport, std::string& text);

}  // namespace sekimori
