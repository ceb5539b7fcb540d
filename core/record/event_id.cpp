#include "core/record/event_id.h"

#include <algorithm>
#include <tuple>

#include "core/text/sha256.h"

namespace sekimori {
namespace {

constexpr std::size_t kObserverLimit = 64;  // bytes, as in SessionRecord::observer
constexpr std::size_t kEndSize = 1 + 16 + 1 + 2;
constexpr std::size_t kInputSize = 1 + kObserverLimit + 2 * kEndSize + 1 + 8 + 4;

// Every part has a fixed width or a length in front, so no two flows make the same input.
class HashInput {
 public:
  void unsigned_be(std::uint64_t value, unsigned width) noexcept {
    for (unsigned at = width; at > 0; --at) {
      bytes_[size_++] = static_cast<std::uint8_t>(value >> (8U * (at - 1U)));
    }
  }
  void text(std::string_view text) noexcept {
    const std::string_view cut = text.substr(0, kObserverLimit);
    unsigned_be(cut.size(), 1);
    for (const char one : cut) unsigned_be(static_cast<unsigned char>(one), 1);
  }
  void end(const FlowEnd& end) noexcept {
    unsigned_be(static_cast<std::uint64_t>(end.ip.version()), 1);
    for (const std::uint8_t byte : end.ip.storage()) unsigned_be(byte, 1);
    unsigned_be(end.port ? 1 : 0, 1);
    unsigned_be(end.port.value_or(0), 2);
  }
  EventId digest() const noexcept {
    const Sha256 whole = sha256(std::span{bytes_}.first(size_));
    EventId id;
    std::copy_n(whole.begin(), id.bytes.size(), id.bytes.begin());
    return id;
  }

 private:
  std::array<std::uint8_t, kInputSize> bytes_{};
  std::size_t size_ = 0;
};

bool stands_first(const FlowEnd& one, const FlowEnd& other) noexcept {
  return std::tie(one.ip, one.port) <= std::tie(other.ip, other.port);
}

}  // namespace

EventId make_event_id(std::string_view observer, const EventFlow& flow, Timestamp first_packet,
                      std::uint32_t ordinal) noexcept {
  const bool as_given = stands_first(flow.one, flow.other);
  HashInput input;
  input.text(observer);
  input.end(as_given ? flow.one : flow.other);
  input.end(as_given ? flow.other : flow.one);
  input.unsigned_be(flow.protocol, 1);
  input.unsigned_be(static_cast<std::uint64_t>(first_packet.time_since_epoch().count()), 8);
  input.unsigned_be(ordinal, 4);
  return input.digest();
}

InlineText<32> EventId::text() const noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  InlineText<32> out;
  for (const std::uint8_t byte : bytes) {
    out.push_back(digits[byte >> 4U]);
    out.push_back(digits[byte & 0xfU]);
  }
  return out;
}

}  // namespace sekimori
