#include "sensor/flow/hello_facts.h"

#include "sensor/fingerprint/ja3.h"
#include "sensor/fingerprint/ja4.h"

namespace sekimori {

void describe_client(const ClientHello& hello, TransportKind transport,
                     HelloFacts& facts) noexcept {
  facts.transport = transport;
  TlsFacts& tls = facts.tls;
  tls.server_name = escaped_text(hello.server_name);
  tls.alpn.clear();
  for (const Bytes name : hello.alpn) tls.alpn.push_back(AlpnName{escaped_text(name).view()});
  tls.ech = hello.has_ech;
  tls.ja3 = ja3(hello);
  tls.ja4 = ja4(hello, transport);
  if (tls.ja3.empty() || tls.ja4.empty()) {
    const bool too_large = why_no_ja4(hello) == "too_many_values";
    tls.no_fingerprint = too_large ? NoFingerprint::too_large : NoFingerprint::digest;
  }
}

void describe_server(const ServerHello& hello, TransportKind transport,
                     HelloFacts& facts) noexcept {
  facts.transport = transport;
  TlsFacts& tls = facts.tls;
  tls.version = tls_version_number(hello.negotiated_version);
  tls.cipher.assign(cipher_suite_name(hello.cipher_suite));
  tls.next_protocol = AlpnName{escaped_text(hello.alpn).view()};
  tls.ja3s = ja3s(hello);
  tls.hello_retry = tls.hello_retry.value_or(false);
}

}  // namespace sekimori
