#include "sensor/ship/collector_socket.h"

#include <zmq.h>

#include <array>
#include <chrono>
#include <string>

#include "core/record/transport_message.h"

namespace sekimori {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kReconnectFirst{100};
constexpr milliseconds kReconnectLast = seconds{5};
constexpr milliseconds kHeartbeat = seconds{5};
constexpr milliseconds kHeartbeatTimeout = seconds{15};

int count_of(milliseconds time) {
  return static_cast<int>(time.count());
}

std::string public_key_of(const CurveKey& secret) {
  std::array<char, CurveKey::capacity() + 1> text{};
  if (zmq_curve_public(text.data(), std::string{secret.view()}.c_str()) != 0) throw zmq::error_t{};
  return text.data();
}

}  // namespace

zmq::socket_t connect_to(const CollectorAddress& collector, const CurveKey& secret_key,
                         zmq::context_t& context) {
  zmq::socket_t socket{context, zmq::socket_type::dealer};
  socket.set(zmq::sockopt::curve_serverkey, std::string{collector.key.view()});
  socket.set(zmq::sockopt::curve_secretkey, std::string{secret_key.view()});
  socket.set(zmq::sockopt::curve_publickey, public_key_of(secret_key));
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(kMessageOverheadLimit));
  socket.set(zmq::sockopt::heartbeat_ivl, count_of(kHeartbeat));
  socket.set(zmq::sockopt::heartbeat_timeout, count_of(kHeartbeatTimeout));
  socket.set(zmq::sockopt::reconnect_ivl, count_of(kReconnectFirst));
  socket.set(zmq::sockopt::reconnect_ivl_max, count_of(kReconnectLast));
  socket.set(zmq::sockopt::sndhwm, static_cast<int>(kUnacknowledgedLimit) + 1);
  // Nothing is queued for a connection that does not stand: what is sent first on a new one must
  // be a Hello, not the remains of the last.
  socket.set(zmq::sockopt::immediate, true);
  socket.set(zmq::sockopt::ipv6, true);
  socket.set(zmq::sockopt::linger, 0);
  socket.connect(collector.endpoint);
  return socket;
}

std::optional<Complaint> fault_of(const PublisherOptions& options) {
  const auto complain = [](std::string what, std::string way_out) {
    return Complaint{"", 0, 0, std::move(what), std::move(way_out)};
  };
  if (!is_curve_key(options.secret_key)) {
    return complain("the sensor has no secret key", "make one with 'sekimori keys sensor'");
  }
  if (options.collectors.empty()) return complain("there is no collector", "name one");
  if (!is_sensor_name(options.sensor)) {
    return complain("the sensor has no name that can be used",
                    "use at most 64 letters, digits, '-', '_' and '.'");
  }
  for (const CollectorAddress& collector : options.collectors) {
    if (!is_curve_key(collector.key)) {
      return complain("the collector's public key is missing", "copy it from the collector");
    }
    try {
      zmq::context_t tried;
      connect_to(collector, options.secret_key, tried);
    } catch (const zmq::error_t& error) {
      return complain("cannot connect to '" + collector.endpoint + "': " + error.what(),
                      "write it as tcp://collector.example:7355");
    }
  }
  return std::nullopt;
}

}  // namespace sekimori
