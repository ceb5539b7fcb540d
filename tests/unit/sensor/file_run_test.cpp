#include "sensor/file_run.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "core/record/ecs_json.h"
#include "sensor/capture/file_source.h"

namespace sekimori {
namespace {

struct Outcome {
  std::string lines;
  RunTotals totals;
  Timestamp last_now;
  std::uint64_t packets = 0;  // of end records
};

Outcome run(const std::vector<std::string>& paths, std::size_t workers, SlotIndex flows) {
  RunSettings settings;
  settings.workers = workers;
  settings.flow.observer.assign("test");
  settings.flow.flows = flows;
  settings.flow.starts = true;
  Outcome outcome;
  outcome.last_now = Timestamp::min();
  FileRun file_run{settings,
                   [] {
                     return [](std::span<SessionRecord> records, FlowSamples&) {
                       for (SessionRecord& record : records) record.application.assign("seen");
                     };
                   },
                   [&](std::span<const SessionRecord* const> records, Timestamp now) {
                     EXPECT_GE(now, outcome.last_now);
                     outcome.last_now = now;
                     for (const SessionRecord* record : records) {
                       EXPECT_EQ(record->application.view(), "seen");
                       if (record->type == EventType::end) {
                         outcome.packets += record->client.packets + record->server.packets;
                       }
                       append_json(outcome.lines, session_fields(), session_reader(*record));
                       outcome.lines += '\n';
                     }
                     return true;
                   }};
  for (const std::string& path : paths) {
    auto source = FileSource::open(path);
    EXPECT_TRUE(source) << (source ? "" : source.error().text());
    if (!source) continue;
    EXPECT_TRUE(file_run.read(**source, [] { return true; }));
  }
  file_run.finish();
  outcome.totals = file_run.totals();
  return outcome;
}

const std::string kCapture = "tests/demo/demo.pcap";

TEST(FileRun, SameBytesForAnyNumberOfWorkers) {
  for (const SlotIndex flows : {1U, 2U, 4096U}) {
    const Outcome one = run({kCapture}, 1, flows);
    EXPECT_FALSE(one.lines.empty());
    for (const std::size_t workers : {2U, 3U, 7U, 64U}) {
      SCOPED_TRACE(testing::Message() << workers << " workers, " << flows << " flows each");
      EXPECT_EQ(run({kCapture}, workers, flows).lines, one.lines);
    }
  }
}

TEST(FileRun, NothingVanishes) {
  for (const SlotIndex flows : {1U, 4096U}) {
    const Outcome outcome = run({kCapture, kCapture}, 2, flows);
    const RunTotals& totals = outcome.totals;
    const FrameCounters& frames = totals.frames;
    EXPECT_GT(frames.frames, 0U);
    EXPECT_EQ(frames.frames, frames.tracked + frames.fragments + frames.defect_total());
    EXPECT_EQ(frames.packets, outcome.packets + totals.shards.flows.duplicates);
    EXPECT_EQ(totals.shards.open, 0U);
    EXPECT_EQ(totals.shards.flows.opened, totals.shards.flows.ended);
  }
}

TEST(FileRun, StopsWhenTheSinkHasEnough) {
  std::size_t calls = 0;
  FileRun file_run{{},
                   [] { return [](std::span<SessionRecord>, FlowSamples&) {}; },
                   [&](std::span<const SessionRecord* const>, Timestamp) {
                     ++calls;
                     return false;
                   }};
  auto source = FileSource::open(kCapture);
  ASSERT_TRUE(source);
  EXPECT_FALSE(file_run.read(**source, [] { return true; }));
  EXPECT_EQ(calls, 1U);
}

}  // namespace
}  // namespace sekimori
