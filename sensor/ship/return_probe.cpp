#include "sensor/ship/return_probe.h"

#include "sensor/ship/collector_socket.h"

namespace sekimori {
namespace {

// Between two looks for an answer.
constexpr std::chrono::milliseconds kLook{50};

}  // namespace

void ReturnProbe::restart(Clock::time_point now) noexcept {
  socket_.reset();
  next_ = now + interval_;
}

bool ReturnProbe::look(Clock::time_point now, const CollectorAddress& collector,
                       const CurveKey& secret_key, zmq::context_t& context, const Hello& hello) {
  if (now < next_) return false;
  if (!socket_) {
    socket_ = connect_to(collector, secret_key, context);
    sent_ = false;
    asked_ = now;
  }
  if (now - asked_ > patience_) {
    restart(now);
    return false;
  }
  if (!sent_) {
    const auto bytes = encode_message(hello);
    sent_ = socket_->send(zmq::buffer(bytes), zmq::send_flags::dontwait).has_value();
  }
  zmq::message_t message;
  while (socket_->recv(message, zmq::recv_flags::dontwait)) {
    const auto parsed = parse_transport_message({message.data<std::uint8_t>(), message.size()});
    if (parsed && std::holds_alternative<Welcome>(*parsed)) return true;
  }
  return false;
}

ReturnProbe::Clock::time_point ReturnProbe::due() const noexcept {
  return socket_ ? Clock::now() + kLook : next_;
}

}  // namespace sekimori
