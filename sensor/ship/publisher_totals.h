#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "core/record/transport_message.h"
#include "sensor/ship/publisher.h"

namespace sekimori {

// What the publisher's threads count.
struct PublisherTotals {
  std::atomic<std::uint64_t> records_offered, records_dropped, records_acknowledged,
      records_refused, batches_sent, batches_sent_again, batches_acknowledged, batches_refused,
      greetings, greetings_refused, bad_messages, failovers;
  std::atomic<std::size_t> collector;

  PublisherCounters counters() const {
    return {records_offered,
            records_dropped,
            records_acknowledged,
            records_refused,
            batches_sent,
            batches_sent_again,
            batches_acknowledged,
            batches_refused,
            greetings,
            greetings_refused,
            bad_messages,
            failovers,
            collector,
            0,
            std::nullopt};
  }
};

// "collector ... refuses: ..."
inline std::string_view words_of(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::hello_wanted:
      return "it wants to be greeted";
    case RefusalReason::unreadable:
      return "it cannot read a batch";
    case RefusalReason::wrong_name:
      return "this sensor's key has another name there";
    case RefusalReason::version:
      return "it is older than this sensor";
  }
  return "";
}

}  // namespace sekimori
