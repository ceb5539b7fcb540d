#include "core/record/event_id.h"

#include <gtest/gtest.h>

#include <set>

namespace sekimori {
namespace {

FlowEnd end(std::string_view ip, std::optional<std::uint16_t> port) {
  return {IpAddress::parse(ip).value_or(IpAddress{}), port};
}

Timestamp at(std::int64_t nanoseconds) {
  return Timestamp{std::chrono::nanoseconds{nanoseconds}};
}

const EventFlow kFlow{end("203.0.113.9", 50123), end("198.51.100.7", 443), 6};

// Expected: Python's hashlib.sha256 over the same parts packed by struct.pack.
TEST(EventId, IsATruncatedSha256OfItsParts) {
  EXPECT_EQ(make_event_id("edge-1", kFlow, at(1711414923456789000), 0).text().view(),
            "3b9f6844d622dbf833717b777fdd8fec");
  const EventFlow esp{end("2001:db8::9", {}), end("2001:db8::7", {}), 50};
  EXPECT_EQ(make_event_id("edge-1", esp, at(-5), 7).text().view(),
            "6255b03dac8beda4faa31e42f003d2de");
}

TEST(EventId, DoesNotDependOnWhichEndIsTheClient) {
  const EventFlow turned{kFlow.other, kFlow.one, 6};
  EXPECT_EQ(make_event_id("edge-1", kFlow, at(1), 0), make_event_id("edge-1", turned, at(1), 0));
}

TEST(EventId, EveryPartCounts) {
  std::set<EventId> ids;
  ids.insert(make_event_id("edge-1", kFlow, at(1), 0));
  ids.insert(make_event_id("edge-2", kFlow, at(1), 0));
  ids.insert(make_event_id("edge-1", kFlow, at(2), 0));
  ids.insert(make_event_id("edge-1", kFlow, at(1), 1));
  ids.insert(make_event_id("edge-1", {kFlow.one, kFlow.other, 17}, at(1), 0));
  ids.insert(make_event_id("edge-1", {kFlow.one, end("198.51.100.7", 444), 6}, at(1), 0));
  ids.insert(make_event_id("edge-1", {kFlow.one, end("198.51.100.7", 0), 6}, at(1), 0));
  ids.insert(make_event_id("edge-1", {kFlow.one, end("198.51.100.7", {}), 6}, at(1), 0));
  ids.insert(make_event_id("edge-1", {kFlow.one, end("c633:6407::", 443), 6}, at(1), 0));
  EXPECT_EQ(ids.size(), 9U);
}

}  // namespace
}  // namespace sekimori
