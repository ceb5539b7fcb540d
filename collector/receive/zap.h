#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <zmq.hpp>

#include "core/net/curve_key.h"

namespace sekimori {

// The domain that the ROUTER socket names, so that no other socket's request is answered here.
inline constexpr std::string_view kZapDomain = "sekimori";

// Answers libzmq's question whether a key may enter (ZAP, rfc.zeromq.org/spec/27). A yes carries
// the key's text, which then stands with each message as "User-Id": whose key it is, and whether it
// is still allowed, is asked of name_of() each time. Owned and called by one thread; must be bound
// before the ROUTER socket is.
class ZapDoor {
 public:
  ZapDoor(zmq::context_t& context, const std::vector<AllowedSensor>& sensors);

  zmq::socket_ref socket() noexcept { return socket_; }
  // Answers every question that waits; the number of keys that were turned away.
  std::uint64_t answer();

  // From now on these and no others.
  void allow(const std::vector<AllowedSensor>& sensors);
  // The sensor whose key this is (40 letters); empty: nobody's who is allowed.
  std::string_view name_of(std::string_view key) const;

 private:
  zmq::socket_t socket_;
  std::map<std::string, std::string, std::less<>> names_;  // by key, 40 letters
};

}  // namespace sekimori
