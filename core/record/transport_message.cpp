#include "core/record/transport_message.h"

namespace sekimori {
namespace {

// The variant's index plus one.
enum class Kind : std::uint8_t { hello = 1, welcome, delivery, acknowledgement, refusal };

class Writer {
 public:
  explicit Writer(Kind kind) { unsigned_be(static_cast<std::uint8_t>(kind), 1); }
  Writer& unsigned_be(std::uint64_t value, unsigned width) {
    for (unsigned at = width; at > 0; --at) {
      bytes_.push_back(static_cast<std::uint8_t>(value >> (8U * (at - 1U))));
    }
    return *this;
  }
  Writer& bytes(Bytes bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

struct Encoder {
  std::vector<std::uint8_t> operator()(const Hello& hello) const {
    Writer out{Kind::hello};
    out.unsigned_be(hello.version, 1).unsigned_be(hello.schema, 2);
    out.unsigned_be(hello.boot, 8).unsigned_be(hello.oldest, 8);
    out.unsigned_be(hello.sensor.size(), 1);
    for (const char one : hello.sensor.view()) out.unsigned_be(static_cast<unsigned char>(one), 1);
    return out.take();
  }
  std::vector<std::uint8_t> operator()(const Welcome& welcome) const {
    return position(Kind::welcome, welcome.boot, welcome.committed, welcome.credit);
  }
  std::vector<std::uint8_t> operator()(const Delivery& delivery) const {
    Writer out{Kind::delivery};
    out.unsigned_be(delivery.boot, 8).unsigned_be(delivery.sequence, 8).bytes(delivery.frame);
    return out.take();
  }
  std::vector<std::uint8_t> operator()(const Acknowledgement& acknowledgement) const {
    return position(Kind::acknowledgement, acknowledgement.boot, acknowledgement.committed,
                    acknowledgement.credit);
  }
  std::vector<std::uint8_t> operator()(const Refusal& refusal) const {
    Writer out{Kind::refusal};
    out.unsigned_be(refusal.boot, 8).unsigned_be(refusal.sequence, 8);
    return out.unsigned_be(static_cast<std::uint8_t>(refusal.reason), 1).take();
  }

 private:
  static std::vector<std::uint8_t> position(Kind kind, std::uint64_t boot, std::uint64_t committed,
                                            std::uint32_t credit) {
    Writer out{kind};
    return out.unsigned_be(boot, 8).unsigned_be(committed, 8).unsigned_be(credit, 4).take();
  }
};

constexpr std::uint16_t kNameLengthOffset = 20;
constexpr std::uint16_t kReasonOffset = 17;

tl::unexpected<Defect> unsupported(std::uint16_t at) noexcept {
  return tl::unexpected{Defect{Fault::unsupported, Layer::record, at}};
}

Result<TransportMessage> parse_hello(Cursor& cursor) noexcept {
  Hello hello;
  hello.version = cursor.u8();
  if (cursor.ok() && hello.version != kTransportVersion) {
    cursor.skip(cursor.left());
    return cursor.finish(Layer::record, TransportMessage{hello});
  }
  hello.schema = cursor.u16();
  hello.boot = cursor.u64();
  hello.oldest = cursor.u64();
  const std::uint8_t length = cursor.u8();
  if (length > SensorName::capacity()) return cursor.reject(Layer::record, kNameLengthOffset);
  for (const std::uint8_t byte : cursor.take(length)) {
    hello.sensor.push_back(static_cast<char>(byte));
  }
  return cursor.finish(Layer::record, TransportMessage{hello});
}

template <typename Position>
Result<TransportMessage> parse_position(Cursor& cursor) noexcept {
  Position position;
  position.boot = cursor.u64();
  position.committed = cursor.u64();
  position.credit = cursor.u32();
  return cursor.finish(Layer::record, TransportMessage{position});
}

Result<TransportMessage> parse_delivery(Cursor& cursor) noexcept {
  Delivery delivery;
  delivery.boot = cursor.u64();
  delivery.sequence = cursor.u64();
  delivery.frame = cursor.take(cursor.left());
  return cursor.finish(Layer::record, TransportMessage{delivery});
}

Result<TransportMessage> parse_refusal(Cursor& cursor) noexcept {
  Refusal refusal;
  refusal.boot = cursor.u64();
  refusal.sequence = cursor.u64();
  const std::uint8_t reason = cursor.u8();
  if (!cursor.ok()) return cursor.finish(Layer::record, TransportMessage{refusal});
  if (reason < static_cast<std::uint8_t>(RefusalReason::hello_wanted) ||
      reason > static_cast<std::uint8_t>(RefusalReason::version)) {
    return unsupported(kReasonOffset);
  }
  refusal.reason = static_cast<RefusalReason>(reason);
  return TransportMessage{refusal};
}

Result<TransportMessage> parse_kind(std::uint8_t kind, Cursor& cursor) noexcept {
  switch (static_cast<Kind>(kind)) {
    case Kind::hello:
      return parse_hello(cursor);
    case Kind::welcome:
      return parse_position<Welcome>(cursor);
    case Kind::delivery:
      return parse_delivery(cursor);
    case Kind::acknowledgement:
      return parse_position<Acknowledgement>(cursor);
    case Kind::refusal:
      return parse_refusal(cursor);
  }
  return unsupported(0);
}

}  // namespace

std::vector<std::uint8_t> encode_message(const TransportMessage& message) {
  return std::visit(Encoder{}, message);
}

Result<TransportMessage> parse_transport_message(Bytes message) noexcept {
  Cursor cursor{message};
  const std::uint8_t kind = cursor.u8();
  if (!cursor.ok()) return cursor.finish(Layer::record, TransportMessage{});
  Result<TransportMessage> parsed = parse_kind(kind, cursor);
  // Members are added by a new version, never by a longer message.
  if (parsed && cursor.left() > 0) {
    return cursor.reject(Layer::record, static_cast<std::uint16_t>(message.size() - cursor.left()));
  }
  return parsed;
}

}  // namespace sekimori
