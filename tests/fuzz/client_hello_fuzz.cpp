#include <cstdlib>
#include <string>
#include <vector>

#include "sensor/fingerprint/ja3.h"
#include "sensor/fingerprint/ja4.h"
#include "sensor/handshake/client_hello.h"

namespace {

using sekimori::Bytes;
using sekimori::ClientHello;
using sekimori::TransportKind;
using Buffer = std::vector<std::uint8_t>;

void demand(bool holds) {
  if (!holds) std::abort();
}

void demand_inside(Bytes part, Bytes whole) {
  demand(part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()));
}

void check_borrowing(const ClientHello& hello, Bytes body) {
  for (const Bytes part :
       {hello.random, hello.session_id, hello.cookie, hello.cipher_suites.bytes(),
        hello.compression_methods, hello.extensions.bytes(), hello.server_name, hello.alpn.bytes(),
        hello.supported_groups.bytes(), hello.ec_point_formats, hello.signature_algorithms.bytes(),
        hello.supported_versions.bytes()}) {
    demand_inside(part, body);
  }
  demand(hello.random.size() == 32);
  for (const auto& extension : hello.extensions) demand_inside(extension.data, body);
  for (const Bytes name : hello.alpn) demand_inside(name, body);
  const auto shown = sekimori::escaped_text(hello.server_name);
  for (const char c : shown.view()) demand(c >= ' ' && c <= '~');
}

void append_u16(Buffer& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8U & 0xffU));
  out.push_back(static_cast<std::uint8_t>(value & 0xffU));
}
void append(Buffer& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// The same hello without GREASE among its cipher suites and extensions (RFC 8701, section 3.1).
Buffer without_grease(const ClientHello& hello, TransportKind transport) {
  Buffer suites;
  for (const std::uint16_t suite : hello.cipher_suites) {
    if (!sekimori::is_grease(suite)) append_u16(suites, suite);
  }
  Buffer extensions;
  for (const auto& extension : hello.extensions) {
    if (sekimori::is_grease(extension.type)) continue;
    append_u16(extensions, extension.type);
    append_u16(extensions, extension.data.size());
    append(extensions, extension.data);
  }
  Buffer out;
  append_u16(out, hello.legacy_version);
  append(out, hello.random);
  out.push_back(static_cast<std::uint8_t>(hello.session_id.size()));
  append(out, hello.session_id);
  if (transport == TransportKind::dtls) {
    out.push_back(static_cast<std::uint8_t>(hello.cookie.size()));
    append(out, hello.cookie);
  }
  append_u16(out, suites.size());
  append(out, suites);
  out.push_back(static_cast<std::uint8_t>(hello.compression_methods.size()));
  append(out, hello.compression_methods);
  append_u16(out, extensions.size());
  append(out, extensions);
  return out;
}

void check_fingerprints(const ClientHello& hello, TransportKind transport) {
  const auto ja4 = sekimori::ja4(hello, transport);
  demand(ja4.empty() == !why_no_ja4(hello).empty());
  if (!ja4.empty()) {
    demand(ja4.size() == 36 && ja4.view()[10] == '_' && ja4.view()[23] == '_');
    std::string raw;
    append_ja4_r(hello, transport, raw);
    demand(raw.substr(0, 11) == ja4.view().substr(0, 11));
  }
  demand(ja3(hello).size() == 32);

  const Buffer plain = without_grease(hello, transport);
  const auto again = parse_client_hello(plain, transport);
  demand(again.has_value());
  demand(ja3(*again) == ja3(hello));
  // Without GREASE there may be few enough values for a JA4 where there were not before: never
  // fewer.
  demand(ja4.empty() || sekimori::ja4(*again, transport) == ja4);
}

}  // namespace

// The first byte says which transport, and where the rest is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto transport = static_cast<TransportKind>(*data % 3);
  const Bytes body{data + 1, size - 1};
  const auto hello = parse_client_hello(body, transport);
  if (!hello) {
    demand(hello.error().offset <= body.size());
    return 0;
  }
  check_borrowing(*hello, body);
  check_fingerprints(*hello, transport);
  const auto cut = parse_client_hello(body.first(body.size() * *data / 256), transport);
  demand(cut || cut.error().fault == sekimori::Fault::truncated);
  return 0;
}
