#include "collector/receive/connection_guard.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <zmq.h>

#include <cstring>

namespace sekimori {
namespace {

constexpr const char* kEvents = "inproc://sekimori.connections";

// The peer's address, bytes as they are; empty when it is gone already.
std::string address_of(int descriptor) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return {};
  const auto bytes = [](const auto& address) {
    return std::string{reinterpret_cast<const char*>(&address), sizeof address};
  };
  if (peer.ss_family == AF_INET) return bytes(reinterpret_cast<sockaddr_in&>(peer).sin_addr);
  if (peer.ss_family == AF_INET6) return bytes(reinterpret_cast<sockaddr_in6&>(peer).sin6_addr);
  return {};
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
