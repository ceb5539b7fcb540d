#include "collector/receive/zap.h"

#include <zmq.h>

#include <array>
#include <iterator>
#include <zmq_addon.hpp>

namespace sekimori {
namespace {

// rfc.zeromq.org/spec/27, section 3.2: the parts of a request, in order.
enum Part : std::size_t { version, request_id, domain, address, identity, mechanism, credentials };
constexpr std::size_t kRequestParts = 7;  // CURVE brings one credential: the key
constexpr std::size_t kKeySize = 32;
constexpr std::string_view kVersion = "1.0";

// 40 letters of Z85; empty for what is no key.
std::string text_of(const zmq::message_t& key) {
  std::array<char, CurveKey::capacity() + 1> text{};
  if (key.size() != kKeySize ||
      zmq_z85_encode(text.data(), key.data<std::uint8_t>(), key.size()) == nullptr) {
    return {};
  }
  return text.data();
}

}  // namespace

ZapDoor::ZapDoor(zmq::context_t& context, const std::vector<AllowedSensor>& sensors)
    : socket_{context, zmq::socket_type::rep} {
  allow(sensors);
  socket_.set(zmq::sockopt::linger, 0);
  socket_.bind("inproc://zeromq.zap.01");
}

void ZapDoor::allow(const std::vector<AllowedSensor>& sensors) {
  names_.clear();
  for (const AllowedSensor& sensor : sensors) {
    names_.emplace(std::string{sensor.key.view()}, sensor.name);
  }
}

std::string_view ZapDoor::name_of(std::string_view key) const {
  const auto found = names_.find(key);
  return found == names_.end() ? std::string_view{} : std::string_view{found->second};
}

std::uint64_t ZapDoor::answer() {
  std::uint64_t refused = 0;
  for (;;) {
    std::vector<zmq::message_t> request;
    if (!zmq::recv_multipart(socket_, std::back_inserter(request), zmq::recv_flags::dontwait)) {
      return refused;
    }
    if (request.size() <= request_id)
      return refused;  // not libzmq; the next request needs no reply
    std::string key;   // stays empty for those who stay outside
    if (request.size() == kRequestParts && request[version].to_string_view() == kVersion &&
        request[domain].to_string_view() == kZapDomain &&
        request[mechanism].to_string_view() == "CURVE") {
      key = text_of(request[credentials]);
      if (name_of(key).empty()) key.clear();
    }
    if (key.empty()) ++refused;
    const std::array<zmq::const_buffer, 6> reply{
        zmq::buffer(kVersion),
        zmq::buffer(request[request_id].data(), request[request_id].size()),
        key.empty() ? zmq::str_buffer("400") : zmq::str_buffer("200"),
        key.empty() ? zmq::str_buffer("not on the list") : zmq::str_buffer("OK"),
        zmq::buffer(key),
        zmq::str_buffer("")};  // no metadata
    zmq::send_multipart(socket_, reply);
  }
}

}  // namespace sekimori
