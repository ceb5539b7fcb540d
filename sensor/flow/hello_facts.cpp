#include "sensor/flow/hello_facts.h"

#include <algorithm>
#include <string>

#include "sensor/fingerprint/ja3.h"
#include "sensor/fingerprint/ja4.h"

namespace sekimori {

void HelloFactsPool::describe_client(Flow& flow, const ClientHello& hello,
                                     TransportKind transport) noexcept {
  HelloFacts& facts = of(flow);
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
  if (keeps_raw_) keep_raw(hello, transport, facts);
}

void HelloFactsPool::keep_raw(const ClientHello& hello, TransportKind transport,
                              HelloFacts& facts) noexcept {
  std::string text;
  append_ja4_r(hello, transport, text);
  if (facts.raw_ja4 == kNoSlot) facts.raw_ja4 = raw_.take();
  RawJa4& raw = raw_[facts.raw_ja4];
  raw.size = text.size() <= raw.text.size() ? static_cast<std::uint16_t>(text.size()) : 0;
  std::copy_n(text.begin(), raw.size, raw.text.begin());
}

std::string_view HelloFactsPool::raw_ja4(const HelloFacts& facts) const noexcept {
  if (facts.raw_ja4 == kNoSlot) return {};
  const RawJa4& raw = raw_[facts.raw_ja4];
  return {raw.text.data(), raw.size};
}

void HelloFactsPool::release(Flow& flow) noexcept {
  if (flow.facts == kNoSlot) return;
  const SlotIndex raw = pool_[flow.facts].raw_ja4;
  if (raw != kNoSlot) raw_.give_back(raw);
  pool_.give_back(flow.facts);
  flow.facts = kNoSlot;
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
