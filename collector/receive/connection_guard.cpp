#include "collector/receive/connection_guard.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <zmq.h>

#include <cstring>

namespace sekimori {
namespace {

constexpr const char* kEvents = "inproc://sekimori.connections";

// Whose connection it is: an IPv4 address, or a /64 of IPv6, which is what one host can have to
// itself (RFC 7421). Empty when it is gone already.
std::string address_of(int descriptor) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return {};
  constexpr std::size_t kV4Size = 4;
  constexpr std::size_t kNetworkSize = 8;
  if (peer.ss_family == AF_INET) {
    const in_addr& address = reinterpret_cast<const sockaddr_in&>(peer).sin_addr;
    return {reinterpret_cast<const char*>(&address), kV4Size};
  }
  if (peer.ss_family != AF_INET6) return {};
  const in6_addr& address = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
  const char* bytes = reinterpret_cast<const char*>(&address);
  // How IPv4 looks on a socket that listens for both (RFC 4291, section 2.5.5.2).
  if (IN6_IS_ADDR_V4MAPPED(&address)) return {bytes + sizeof address - kV4Size, kV4Size};
  return {bytes, kNetworkSize};
}

}  // namespace

ConnectionGuard::ConnectionGuard(zmq::context_t& context, zmq::socket_t& listening,
                                 std::size_t limit)
    : events_{context, zmq::socket_type::pair}, limit_{limit} {
  if (zmq_socket_monitor(listening.handle(), kEvents,
                         ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED) != 0) {
    throw zmq::error_t{};
  }
  events_.set(zmq::sockopt::linger, 0);
  events_.set(zmq::sockopt::rcvhwm, 0);  // none may be missed
  events_.connect(kEvents);
}

std::uint64_t ConnectionGuard::look() {
  std::uint64_t ended = 0;
  zmq::message_t event;
  while (events_.recv(event, zmq::recv_flags::dontwait)) {
    std::uint16_t what = 0;
    std::uint32_t descriptor = 0;
    if (event.size() >= sizeof what + sizeof descriptor) {
      std::memcpy(&what, event.data(), sizeof what);
      std::memcpy(&descriptor, static_cast<const char*>(event.data()) + sizeof what,
                  sizeof descriptor);
    }
    while (event.more()) (void)events_.recv(event);  // our own endpoint
    const int number = static_cast<int>(descriptor);
    if (what == ZMQ_EVENT_DISCONNECTED) went(number);
    // libzmq notices the end and closes it; at worst, when the descriptor is another connection's
    // by now, a sensor connects again.
    if (what == ZMQ_EVENT_ACCEPTED && !came(number)) {
      ::shutdown(number, SHUT_RDWR);
      ++ended;
    }
  }
  return ended;
}

bool ConnectionGuard::came(int descriptor) {
  went(descriptor);
  std::string address = address_of(descriptor);
  if (address.empty()) return true;
  const std::size_t count = ++counts_[address];
  addresses_[descriptor] = std::move(address);
  return count <= limit_;
}

void ConnectionGuard::went(int descriptor) {
  const auto known = addresses_.find(descriptor);
  if (known == addresses_.end()) return;
  const auto count = counts_.find(known->second);
  if (--count->second == 0) counts_.erase(count);
  addresses_.erase(known);
}

}  // namespace sekimori
