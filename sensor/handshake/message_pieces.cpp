#include "sensor/handshake/message_pieces.h"

#include <algorithm>

namespace sekimori {

void MessagePieces::add(std::uint64_t offset, Bytes data) noexcept {
  if (offset >= bytes_.size()) return;
  const auto begin = static_cast<std::size_t>(offset);
  const std::size_t room = std::min(data.size(), bytes_.size() - begin);
  for (std::size_t i = 0; i < room; ++i) {
    if (present_[begin + i]) continue;
    bytes_[begin + i] = data[i];
    present_[begin + i] = true;
  }
  while (run_ < bytes_.size() && present_[run_]) ++run_;
}

void MessagePieces::clear() noexcept {
  present_.reset();
  run_ = 0;
}

}  // namespace sekimori
