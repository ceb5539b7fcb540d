#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/bytes/cursor.h"
#include "core/record/batch.h"

namespace sekimori {

// The batches of one boot that may be sent next, in order of sequence without gaps, and how far
// they have been sent on the present connection. Holds at most kUnacknowledgedLimit; forgets
// nothing but what is acknowledged or refused.
class Outbox {
 public:
  struct Settled {
    std::uint64_t batches = 0;
    std::uint64_t records = 0;
  };
  struct Next {
    std::uint64_t sequence = 0;
    Bytes frame;         // borrowed until the box changes
    bool again = false;  // it was sent before
  };

  bool full() const noexcept;
  bool empty() const noexcept { return entries_.empty(); }
  std::uint64_t boot() const noexcept { return boot_; }
  std::uint64_t oldest() const noexcept { return oldest_; }  // the next one when empty
  std::uint64_t next_sequence() const noexcept { return oldest_ + entries_.size(); }
  std::size_t in_flight() const noexcept { return sent_; }

  // Whether that batch is the next one.
  bool continues(std::uint64_t boot, std::uint64_t sequence) const noexcept {
    return boot == boot_ && sequence == next_sequence();
  }
  // An empty box goes on with another boot, or past a gap.
  void begin(std::uint64_t boot, std::uint64_t sequence) noexcept;
  // The batch with next_sequence(), compressed.
  void add(std::vector<std::uint8_t> frame, std::size_t records);

  // What to send next while at most `credit` may be out; then sent() says that it was.
  std::optional<Next> next(std::size_t credit) const noexcept;
  void sent() noexcept;
  // A new connection: everything is sent again, from the oldest.
  void rewind() noexcept { sent_ = 0; }

  // Nothing: `committed` is no sequence that can have been committed, and nothing was done.
  std::optional<Settled> acknowledge(std::uint64_t committed);
  // Takes out `sequence`, up to which all others must have been acknowledged.
  std::optional<Settled> refuse(std::uint64_t sequence);

 private:
  struct Entry {
    std::vector<std::uint8_t> frame;
    std::size_t records = 0;
    bool was_sent = false;
  };

  Settled drop_first(std::size_t count);

  std::deque<Entry> entries_;
  std::uint64_t boot_ = 0;
  std::uint64_t oldest_ = 1;
  std::size_t sent_ = 0;
};

}  // namespace sekimori
