#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "core/bytes/inline_text.h"
#include "core/record/session_record.h"
#include "core/text/timestamp.h"

namespace sekimori {

// What was lost. On the wire (session_record.fbs), so only added to at its end.
enum class LossKind : std::uint8_t {
  other,      // of a newer sensor
  kernel,     // frames: the ring was full
  interface,  // frames: the network card or its driver dropped them
  sensor,     // frames: the thread that tracks sessions fell behind
  away,       // the interface was down or not there: nothing was captured
  downtime,   // the sensor did not run: nothing was captured
  clock,      // the sensor's clock stepped by `count` microseconds: times do not fit together
  records,    // records that were made and could be kept nowhere: spool or queue was full
};

struct LossWindow {
  LossKind kind = LossKind::other;
  Timestamp from{}, until{};      // by the sensor's clock
  std::uint64_t count = 0;        // frames or records; 0: not known
  InlineText<16> interface_name;  // of frames; IFNAMSIZ
};

// Windows in one batch. More than that are joined.
inline constexpr std::size_t kBatchLossLimit = 64;

// What a session says comes from its opening: addresses, SYN, hello, handshake times. Packets lost
// later can only make a minimum larger, which no verdict is misled by. So a window touches those
// sessions whose first packets it covers, and a flood lowers nobody's verdict who was connected
// before.
inline constexpr std::chrono::seconds kOpening{10};
bool touches(const LossWindow& window, const SessionRecord& record) noexcept;

// First and last moment at which a session that the window touches can have begun. Empty (first
// after last): there is none.
struct StartRange {
  Timestamp first{}, last{};
};
StartRange starts_touched(const LossWindow& window) noexcept;

// Sets loss.window of each record that one of the windows touches; how many were not set before.
std::size_t mark_touched(std::span<const LossWindow> windows, std::span<SessionRecord> records);

std::string_view name_of(LossKind kind) noexcept;

// Adds to a list of at most kBatchLossLimit: a window that goes on where the last of its kind and
// interface ended is joined with that, and so is one for which there is no more room.
void add_loss(std::vector<LossWindow>& list, const LossWindow& window);

}  // namespace sekimori
