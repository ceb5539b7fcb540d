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
// the sensor's name, which then stands with each of its messages as "User-Id". Owned and called by
// one thread; must be bound before the ROUTER socket is.
class ZapDoor {
 public:
  ZapDoor(zmq::context_t& context, const std::vector<AllowedSensor>& sensors);

  zmq::socket_ref socket() noexcept { return socket_; }
  // Answers every question that waits; the number of keys that were turned away.
  std::uint64_t answer();

 private:
  std::string_view name_of(const zmq::message_t& key) const;

  zmq::socket_t socket_;
  std::map<std::string, std::string, std::less<>> names_;  // by key, 40 letters
};

}  // namespace sekimori
