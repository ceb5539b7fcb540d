#include "sensor/handshake/openvpn_control.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace sekimori {
namespace {

enum class Opcode : std::uint8_t {
  control_hard_reset_client_v1 = 1,
  control_hard_reset_server_v1 = 2,
  control_soft_reset_v1 = 3,
  control_v1 = 4,
  ack_v1 = 5,
  control_hard_reset_client_v2 = 7,
  control_hard_reset_server_v2 = 8,
};

constexpr std::size_t kSessionIdSize = 8;                      // bytes
constexpr std::size_t kPacketIdSize = 4;                       // bytes
constexpr std::size_t kReplayIdSize = 8;                       // bytes: packet id and time
constexpr std::uint8_t kMostAcknowledged = 8;                  // RELIABLE_ACK_SIZE
constexpr std::size_t kOpcodeAndSession = 1 + kSessionIdSize;  // bytes
constexpr std::uint8_t kKeyIdMask = 0x07;

// Of the digests that --auth allows, none among them.
constexpr std::array<std::size_t, 7> kHmacSizes{0, 16, 20, 28, 32, 48, 64};
constexpr std::uint16_t kShortestReset = kOpcodeAndSession + 1 + kPacketIdSize;
constexpr std::uint16_t kLongestReset =
    kShortestReset + 64 + kReplayIdSize + kMostAcknowledged * kPacketIdSize + kSessionIdSize;

tl::unexpected<Defect> malformed(std::uint16_t at) noexcept {
  return tl::unexpected{Defect{Fault::malformed, Layer::tcp, at}};
}

Opcode opcode_of(std::uint8_t first) noexcept {
  return static_cast<Opcode>(first >> 3U);
}

bool is_client_reset(Opcode opcode) noexcept {
  return opcode == Opcode::control_hard_reset_client_v1 ||
         opcode == Opcode::control_hard_reset_client_v2;
}
bool is_reset(Opcode opcode) noexcept {
  return is_client_reset(opcode) || opcode == Opcode::control_hard_reset_server_v1 ||
         opcode == Opcode::control_hard_reset_server_v2;
}

struct ControlPacket {
  std::uint32_t id = 0;
  Bytes payload;
};

// `auth_size`: what --tls-auth puts between session id and acknowledgments.
std::optional<ControlPacket> read_packet(Bytes bytes, std::size_t auth_size) noexcept {
  Cursor cursor{bytes};
  cursor.skip(kOpcodeAndSession + auth_size);
  const std::uint8_t acknowledged = cursor.u8();
  if (acknowledged > kMostAcknowledged) return std::nullopt;
  cursor.skip(acknowledged * kPacketIdSize);
  if (acknowledged > 0) cursor.skip(kSessionIdSize);
  ControlPacket packet;
  packet.id = cursor.u32();
  packet.payload = cursor.take(cursor.left());
  if (!cursor.ok()) return std::nullopt;
  return packet;
}

// A hard reset has the id 0 and no payload, so only one size of HMAC can fit it.
std::optional<std::size_t> auth_size_of(Bytes reset) noexcept {
  for (const std::size_t hmac : kHmacSizes) {
    const std::size_t size = hmac == 0 ? 0 : hmac + kReplayIdSize;
    const auto packet = read_packet(reset, size);
    if (packet && packet->id == 0 && packet->payload.empty()) return size;
  }
  return std::nullopt;
}

// The first packet of a stream. Each byte is judged as soon as it is there.
Result<Bytes> first_packet(Cursor& stream) noexcept {
  Cursor ahead = stream;
  if (ahead.u8() != 0) return ahead.reject(Layer::tcp, 0);
  const std::uint16_t length = stream.u16();
  if (length < kShortestReset || length > kLongestReset) return stream.reject(Layer::tcp, 0);
  Cursor inside = stream;
  const std::uint8_t first = inside.u8();
  if (!is_reset(opcode_of(first)) || (first & kKeyIdMask) != 0) return inside.reject(Layer::tcp, 2);
  return stream.finish(Layer::tcp, stream.take(length));
}

// Puts the payloads of a stream's packets one behind the other.
class Joiner {
 public:
  Joiner(std::span<std::uint8_t> room, std::size_t auth_size) noexcept
      : room_{room}, auth_size_{auth_size} {}

  // False when the control channel ends with this packet.
  bool add(Bytes packet) noexcept {
    if (packet.empty()) return false;
    const Opcode opcode = opcode_of(packet.front());
    if (opcode == Opcode::ack_v1) return true;
    // Another key id begins a stream of its own, and is past the hellos that are looked for.
    const bool is_first_key = (packet.front() & kKeyIdMask) == 0;
    // A client that sends more resets numbers them with the rest; they hold nothing.
    const bool is_control = opcode == Opcode::control_v1 || is_reset(opcode);
    if (!is_control || !is_first_key) return false;
    const auto control = read_packet(packet, auth_size_);
    if (!control || control->id > next_) return false;
    if (control->id < next_) return true;
    ++next_;
    const std::size_t size = std::min(control->payload.size(), room_.size() - joined_);
    std::copy_n(control->payload.begin(), size,
                room_.begin() + static_cast<std::ptrdiff_t>(joined_));
    joined_ += size;
    return size == control->payload.size();
  }
  Bytes joined() const noexcept { return Bytes{room_.first(joined_)}; }

 private:
  std::span<std::uint8_t> room_;
  std::size_t auth_size_;
  std::size_t joined_ = 0;
  std::uint32_t next_ = 1;  // the reset's was 0
};

}  // namespace

Result<OpenVpnControl> parse_openvpn_control(Bytes stream,
                                             std::span<std::uint8_t> scratch) noexcept {
  Cursor cursor{stream};
  const Result<Bytes> reset = first_packet(cursor);
  if (!reset) return tl::unexpected{reset.error()};
  const auto auth_size = auth_size_of(*reset);
  if (!auth_size) return malformed(2);
  Joiner joiner{scratch, *auth_size};
  while (true) {
    const Bytes packet = cursor.take(cursor.u16());
    if (!cursor.ok() || !joiner.add(packet)) break;
  }
  return OpenVpnControl{is_client_reset(opcode_of(reset->front())), joiner.joined()};
}

}  // namespace sekimori
