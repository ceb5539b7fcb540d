#include "sensor/decode/tcp_options.h"

#include <charconv>

namespace sekimori {
namespace {

constexpr std::size_t kKindAndLength = 2;  // bytes, counted by the length itself

template <std::size_t N>
void append_number(InlineText<N>& text, std::uint8_t number) noexcept {
  std::array<char, 3> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), number).ptr;
  text.append({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

}  // namespace

std::optional<TcpOption> TcpOptions::next() noexcept {
  if (malformed_ || cursor_.left() == 0) return std::nullopt;
  const TcpOptionKind kind{cursor_.u8()};
  if (kind == TcpOptionKind::end_of_list) ended_ = true;
  if (ended_ && kind != TcpOptionKind::end_of_list) {
    cursor_.skip(cursor_.left());
    return std::nullopt;
  }
  if (ended_ || kind == TcpOptionKind::no_operation) return TcpOption{kind, {}};

  const std::size_t length = cursor_.u8();
  malformed_ = !cursor_.ok() || length < kKindAndLength;
  if (malformed_) return std::nullopt;
  const Bytes value = cursor_.take(length - kKindAndLength);
  malformed_ = !cursor_.ok();
  if (malformed_) return std::nullopt;
  return TcpOption{kind, value};
}

SynOptions parse_syn_options(Bytes options) noexcept {
  SynOptions syn;
  TcpOptions walk{options};
  while (const auto option = walk.next()) {
    if (!syn.kinds.empty()) syn.kinds.push_back('-');
    append_number(syn.kinds, static_cast<std::uint8_t>(option->kind));
    Cursor value{option->value};
    if (option->kind == TcpOptionKind::maximum_segment_size && value.left() == 2) {
      syn.maximum_segment_size = value.u16();
    }
    if (option->kind == TcpOptionKind::window_scale && value.left() == 1) {
      syn.window_scale = value.u8();
    }
  }
  syn.malformed = walk.malformed();
  return syn;
}

}  // namespace sekimori
