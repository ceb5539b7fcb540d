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

std::optional<TcpTimestamps> parse_timestamps(Bytes options) noexcept {
  TcpOptions walk{options};
  while (const auto option = walk.next()) {
    if (option->kind != TcpOptionKind::timestamps) continue;
    Cursor value{option->value};
    const TcpTimestamps times{value.u32(), value.u32()};
    if (value.ok() && value.left() == 0) return times;
  }
  return std::nullopt;
}

void OptionKinds::put(unsigned four_bits) noexcept {
  bits_[count_ / 2U] =
      static_cast<std::uint8_t>(bits_[count_ / 2U] | four_bits << (count_ % 2U * 4U));
  ++count_;
}

unsigned OptionKinds::at(std::size_t index) const noexcept {
  return static_cast<unsigned>(bits_[index / 2]) >> (index % 2 * 4) & 0x0fU;
}

void OptionKinds::push_back(std::uint8_t kind) noexcept {
  const std::size_t needed = kind < kLong ? 1 : 3;
  if (count_ + needed > kCapacity) return;
  if (kind < kLong) return put(kind);
  put(kLong);
  put(kind >> 4U);
  put(kind & 0x0fU);
}

InlineText<120> OptionKinds::text() const noexcept {
  InlineText<120> text;
  for (std::size_t index = 0; index < count_; ++index) {
    unsigned kind = at(index);
    if (kind == kLong) {
      kind = at(index + 1) << 4U | at(index + 2);
      index += 2;
    }
    if (!text.empty()) text.push_back('-');
    append_number(text, static_cast<std::uint8_t>(kind));
  }
  return text;
}

SynOptions parse_syn_options(Bytes options) noexcept {
  SynOptions syn;
  TcpOptions walk{options};
  while (const auto option = walk.next()) {
    syn.kinds.push_back(static_cast<std::uint8_t>(option->kind));
    Cursor value{option->value};
    if (option->kind == TcpOptionKind::maximum_segment_size && value.left() == 2) {
      syn.maximum_segment_size = value.u16();
      syn.has_maximum_segment_size = true;
    }
    if (option->kind == TcpOptionKind::window_scale && value.left() == 1) {
      syn.window_scale = value.u8();
      syn.has_window_scale = true;
    }
  }
  syn.malformed = walk.malformed();
  return syn;
}

}  // namespace sekimori
