#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/record/session_record.h"
#include "sensor/flow/slot_pool.h"
#include "sensor/handshake/client_hello.h"
#include "sensor/handshake/server_hello.h"

namespace sekimori {

// What lies between a TCP stream and the hello in it.
enum class Carrier : std::uint8_t { none, proxy_header, openvpn };

// What the hellos of one session said, over whichever transport they came, and what led to them.
struct HelloFacts {
  std::optional<TransportKind> transport;  // none before a hello was met
  TlsFacts tls;
  Carrier carrier = Carrier::none;  // the innermost
  // Whom a PROXY header names as the client. Whoever can reach the sensor can write one.
  IpAddress named_ip;
  std::uint16_t named_port = 0;
  SlotIndex raw_ja4 = kNoSlot;
};

// JA4's raw form: as long as its lists. One that does not fit is left out, never cut.
struct RawJa4 {
  std::uint16_t size = 0;
  std::array<char, 2046> text;
};

// The facts of one partition's sessions: as many as sessions, so that they never run out, and paid
// for by the sessions that say a hello.
class HelloFactsPool {
 public:
  // `keep_raw`: JA4's raw form too, two kilobytes for each session that says a hello. Throws
  // std::bad_alloc; only at start.
  HelloFactsPool(SlotIndex flows, bool keep_raw)
      : keeps_raw_{keep_raw}, pool_{flows}, raw_{keep_raw ? flows : 1} {}

  // Those of `flow`, taken when it has none yet.
  HelloFacts& of(Flow& flow) noexcept {
    if (flow.facts == kNoSlot) flow.facts = pool_.take();
    return pool_[flow.facts];
  }
  // Null when neither a hello nor a carrier was met.
  const HelloFacts* find(const Flow& flow) const noexcept {
    return flow.facts == kNoSlot ? nullptr : &pool_[flow.facts];
  }
  // The client's side, fingerprints and all: over what is left of an earlier description.
  void describe_client(Flow& flow, const ClientHello& hello, TransportKind transport) noexcept;
  // Empty where it is not kept.
  std::string_view raw_ja4(const HelloFacts& facts) const noexcept;
  // The session is over. Call after its last record was made.
  void release(Flow& flow) noexcept;

 private:
  void keep_raw(const ClientHello& hello, TransportKind transport, HelloFacts& facts) noexcept;

  bool keeps_raw_;
  SlotPool<HelloFacts> pool_;
  SlotPool<RawJa4> raw_;
};

// The server's side, of its real ServerHello; a HelloRetryRequest is no description.
void describe_server(const ServerHello& hello, TransportKind transport, HelloFacts& facts) noexcept;

}  // namespace sekimori
