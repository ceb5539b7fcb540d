#include "core/rules/pack_slot.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "core/rules/pack_files.h"
#include "tests/unit/core/rules/pack_folder.h"

namespace sekimori {
namespace {

using PackSlotTest = PackFolder;

std::shared_ptr<const RulePack> load(const std::string& folder) {
  auto pack = load_pack(PackFiles{folder, ""}, {sensor_fields(), {}});
  return pack ? std::make_shared<const RulePack>(std::move(*pack)) : nullptr;
}

// What TSan watches: threads that match while packs come and go, each whole.
TEST_F(PackSlotTest, EveryoneSeesWholePacksAndTheLastOneInTheEnd) {
  std::vector<std::shared_ptr<const RulePack>> packs;
  for (const std::string name : {"one", "two", "three"}) {
    write("rules/a.yml", rule("aa", name));
    packs.push_back(load(path("rules")));
    ASSERT_TRUE(packs.back());
  }
  PackSlot slot{packs[0]};
  std::atomic<bool> stop = false;
  const auto follow = [&] {
    SessionRecord record;
    record.observer.assign("three");
    std::uint64_t generation = slot.generation();
    auto pack = slot.get();
    for (bool last = false; !last;) {
      last = stop;
      if (slot.generation() != generation) {
        generation = slot.generation();
        pack = slot.get();
      }
      const bool matches = pack->rules()[0].evaluate(session_reader(record)).truth == Truth::yes;
      EXPECT_EQ(matches, pack->hash() == packs[2]->hash());
    }
    EXPECT_EQ(pack->hash(), packs[2]->hash());
  };
  std::vector<std::thread> threads;
  for (int number = 0; number < 3; ++number) threads.emplace_back(follow);
  for (std::size_t turn = 0; turn < 999; ++turn) slot.put(packs[turn % 3]);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(packs[0].use_count(), 1);  // nobody holds a pack of before
}

}  // namespace
}  // namespace sekimori
