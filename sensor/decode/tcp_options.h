#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/bytes/cursor.h"
#include "core/bytes/inline_text.h"

namespace sekimori {

// RFC 9293, section 3.2. Kinds that are told apart here.
enum class TcpOptionKind : std::uint8_t {
  end_of_list = 0,
  no_operation = 1,
  maximum_segment_size = 2,
  window_scale = 3,
  sack_permitted = 4,
  timestamps = 8,
};

struct TcpOption {
  TcpOptionKind kind;  // may hold numbers that TcpOptionKind does not name
  Bytes value;         // without kind and length; borrowed from the header
};

// Walks a TCP header's options in wire order.
class TcpOptions {
 public:
  explicit TcpOptions(Bytes options) noexcept : cursor_{options} {}

  // The next option, or none at the end or at an option whose length cannot be true. Bytes after
  // an end-of-list are padding: each zero there is one more end-of-list, and anything else ends the
  // walk.
  std::optional<TcpOption> next() noexcept;

  bool malformed() const noexcept { return malformed_; }

 private:
  Cursor cursor_;
  bool ended_ = false;
  bool malformed_ = false;
};

// RFC 7323, section 3.
struct TcpTimestamps {
  std::uint32_t value;  // TSval: the sender's clock
  std::uint32_t echo;   // TSecr: the other end's, as it was last seen; meaningful in an ACK
};

// None where the option is not there, or not whole.
std::optional<TcpTimestamps> parse_timestamps(Bytes options) noexcept;

// The kinds of a header's options in wire order, in half the bytes they took there: kinds below 15
// in four bits, others in twelve. A header holds at most 40 bytes of options (RFC 9293, section
// 3.1), and a kind above 1 takes at least two of them, so 60 times four bits are always enough.
class OptionKinds {
 public:
  void push_back(std::uint8_t kind) noexcept;

  InlineText<120> text() const noexcept;  // "2-4-8-1-3"

 private:
  static constexpr std::size_t kCapacity = 60;  // of four bits
  static constexpr std::uint8_t kLong = 15;     // the kind follows in eight bits

  void put(unsigned four_bits) noexcept;
  unsigned at(std::size_t index) const noexcept;

  std::uint8_t count_ = 0;  // of four bits
  std::array<std::uint8_t, kCapacity / 2> bits_{};
};

// What a SYN says in its options; the last of a repeated option counts, as it does to a receiver.
// Small, because each flow keeps one.
struct SynOptions {
  std::uint16_t maximum_segment_size = 0;  // bytes; with has_maximum_segment_size
  std::uint8_t window_scale = 0;           // shift count as sent, not clamped to 14
  bool has_maximum_segment_size : 1 = false;
  bool has_window_scale : 1 = false;
  bool malformed : 1 = false;  // the walk ended before the header did
  OptionKinds kinds;
};

SynOptions parse_syn_options(Bytes options) noexcept;

}  // namespace sekimori
