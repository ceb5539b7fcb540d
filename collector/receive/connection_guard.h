#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include <zmq.hpp>

namespace sekimori {

// Ends connections of an address that holds too many already: whoever has no key could otherwise
// take every descriptor with connections that never shake hands. libzmq has no such limit, but
// tells of each connection as it comes and goes (zmq_socket_monitor(3)). Owned and called by the
// thread that owns the socket.
class ConnectionGuard {
 public:
  // To be made before `listening` is bound. `limit`: connections of one address at one time.
  ConnectionGuard(zmq::context_t& context, zmq::socket_t& listening, std::size_t limit);

  zmq::socket_ref socket() noexcept { return events_; }
  // Takes every event that waits; how many connections were ended.
  std::uint64_t look();

 private:
  bool came(int descriptor);  // false: one too many
  void went(int descriptor);

  zmq::socket_t events_;
  std::size_t limit_;
  std::map<int, std::string> addresses_;       // by descriptor
  std::map<std::string, std::size_t> counts_;  // by address
};

}  // namespace sekimori
