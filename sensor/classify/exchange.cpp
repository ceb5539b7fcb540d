#include "sensor/classify/exchange.h"

namespace sekimori {
namespace {

constexpr std::size_t kCountSize = 2;
constexpr std::size_t kRequestHeaderSize = 8;

void put16(std::vector<std::uint8_t>& bytes, std::size_t value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8U));
  bytes.push_back(static_cast<std::uint8_t>(value));
}

bool is_known(IpProtocol protocol) noexcept {
  return protocol == IpProtocol::tcp || protocol == IpProtocol::udp;
}

IpAddress take_address(Cursor& cursor, bool is_v6) noexcept {
  if (is_v6) {
    const Bytes bytes = cursor.take(16);
    return bytes.empty() ? IpAddress{} : IpAddress::v6(bytes.first<16>());
  }
  const Bytes bytes = cursor.take(4);
  return bytes.empty() ? IpAddress{} : IpAddress::v4(bytes.first<4>());
}

// The fields that can be wrong, and where in the request they stand.
struct RequestHeader {
  std::uint8_t protocol = 0;
  std::uint8_t version = 0;
  std::uint8_t client = 0;
  std::uint8_t packets = 0;

  bool is_sound() const noexcept {
    return is_known(static_cast<IpProtocol>(protocol)) && (version == 4 || version == 6) &&
           client <= 1 && packets >= 1 && packets <= kFirstPackets;
  }
};

Result<FlowRequest> parse_request(Cursor& cursor) {
  RequestHeader header;
  header.protocol = cursor.u8();
  header.version = cursor.u8();
  header.client = cursor.u8();
  header.packets = cursor.u8();
  FlowRequest request;
  request.client_port = cursor.u16();
  request.server_port = cursor.u16();
  if (!header.is_sound()) return cursor.reject(Layer::record, 0);
  request.protocol = static_cast<IpProtocol>(header.protocol);
  request.client = take_address(cursor, header.version == 6);
  request.server = take_address(cursor, header.version == 6);
  if (header.client == 1) {
    std::swap(request.client, request.server);
    std::swap(request.client_port, request.server_port);
  }
  for (std::size_t at = 0; at < header.packets; ++at) {
    const std::uint8_t sender = cursor.u8();
    const std::uint16_t size = cursor.u16();
    if (sender > 1 || size == 0 || size > kFirstPacketSize) return cursor.reject(Layer::record, 0);
    request.packets.push_back({sender == header.client, cursor.take(size)});
  }
  return cursor.finish(Layer::record, request);
}

}  // namespace

bool RequestBatch::add(const FlowSample& sample, Bytes packets) {
  const bool has_client_low = sample.client == Sender::low;
  if (bytes_.empty()) put16(bytes_, 0);
  const std::size_t size = kRequestHeaderSize + sample.key.low.bytes().size() +
                           sample.key.high.bytes().size() + packets.size();
  const bool fits = bytes_.size() + size <= kBatchSize && count_ < kMostRequests;
  if (!fits || !is_known(static_cast<IpProtocol>(sample.key.protocol))) return false;
  bytes_.push_back(sample.key.protocol);
  bytes_.push_back(sample.key.low.is_v6() ? 6 : 4);
  bytes_.push_back(has_client_low ? 0 : 1);
  bytes_.push_back(sample.packets);
  put16(bytes_, sample.key.low_port);
  put16(bytes_, sample.key.high_port);
  for (const IpAddress* address : {&sample.key.low, &sample.key.high}) {
    bytes_.insert(bytes_.end(), address->bytes().begin(), address->bytes().end());
  }
  bytes_.insert(bytes_.end(), packets.begin(), packets.end());
  ++count_;
  return true;
}

Bytes RequestBatch::bytes() {
  if (bytes_.empty()) put16(bytes_, 0);
  bytes_[0] = static_cast<std::uint8_t>(count_ >> 8U);
  bytes_[1] = static_cast<std::uint8_t>(count_);
  return bytes_;
}

void RequestBatch::clear() noexcept {
  bytes_.clear();
  count_ = 0;
}

Result<std::vector<FlowRequest>> parse_requests(Bytes message) {
  Cursor cursor{message};
  const std::uint16_t count = cursor.u16();
  if (count == 0 || count > kMostRequests) return cursor.reject(Layer::record, 0);
  std::vector<FlowRequest> requests;
  requests.reserve(count);
  for (std::size_t at = 0; at < count; ++at) {
    auto request = parse_request(cursor);
    if (!request) return tl::unexpected{request.error()};
    requests.push_back(*request);
  }
  if (cursor.left() > 0) return cursor.reject(Layer::record, kCountSize);
  return requests;
}

std::vector<std::uint8_t> encode_answers(const std::vector<FlowNames>& answers) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(kAnswersSize);
  put16(bytes, answers.size());
  for (const FlowNames& names : answers) {
    put16(bytes, names.protocol);
    put16(bytes, names.application);
  }
  return bytes;
}

Result<std::vector<FlowNames>> parse_answers(Bytes message, std::size_t count, std::size_t rows) {
  Cursor cursor{message};
  if (cursor.u16() != count) return cursor.reject(Layer::record, 0);
  std::vector<FlowNames> answers;
  answers.reserve(count);
  while (answers.size() < count && cursor.ok()) {
    FlowNames names;
    names.protocol = cursor.u16();
    names.application = cursor.u16();
    if (names.protocol >= rows || names.application >= rows) {
      return cursor.reject(Layer::record, kCountSize);
    }
    answers.push_back(names);
  }
  if (cursor.left() > 0) return cursor.reject(Layer::record, kCountSize);
  return cursor.finish(Layer::record, std::move(answers));
}

}  // namespace sekimori
