#pragma once

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

// What a SYN says in its options; the last of a repeated option counts, as it does to a receiver.
struct SynOptions {
  std::optional<std::uint16_t> maximum_segment_size;  // bytes
  std::optional<std::uint8_t> window_scale;           // shift count as sent, not clamped to 14
  InlineText<80> kinds;                               // in wire order: "2-4-8-1-3"
  bool malformed = false;                             // the walk ended before the header did
};

SynOptions parse_syn_options(Bytes options) noexcept;

}  // namespace sekimori
