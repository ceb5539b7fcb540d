#include "sensor/classify/classifier.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "tests/unit/sensor/classify/samples.h"

namespace sekimori {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// A library as bad as they come: what the client says is what happens to it.
FlowNames misbehave(const FlowRequest& request) {
  const Bytes said = request.packets.view()[0].payload;
  const std::string word{said.begin(), said.end()};
  if (word == "crash") __builtin_trap();
  if (word == "abort") std::abort();
  if (word == "leave") ::_exit(7);
  if (word == "hang") {
    for (std::atomic<unsigned> spin = 0;;) ++spin;
  }
  if (word == "eat") {
    std::vector<std::vector<char>> eaten;
    for (;;) eaten.emplace_back(std::size_t{1} << 20U, 'x');
  }
  const auto is_refused = [](int result) {
    return FlowNames{static_cast<std::uint16_t>(result < 0 ? 1 : 2), 0};
  };
  if (word == "file") return is_refused(::open("/etc/passwd", O_RDONLY));
  if (word == "fork") return is_refused(::fork());
  if (word == "parent") return is_refused(::kill(::getppid(), 0));
  if (word == "thread") {
    return is_refused(static_cast<int>(::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0)));
  }
  if (word == "socket") return is_refused(::socket(AF_INET, SOCK_STREAM, 0));
  if (word == "liar") return {60000, 0};
  return {static_cast<std::uint16_t>(word.size()), 0};
}

Dissector make_bad() {
  return misbehave;
}

struct Told {
  std::mutex mutex;
  std::vector<std::pair<Gravity, std::string>> lines;
};

class ClassifierTest : public testing::Test {
 protected:
  void start(ClassifierLimits limits = {}) {
    auto process = ClassifierProcess::start(make_bad, limits,
                                            [this](Gravity gravity, const std::string& line) {
                                              const std::lock_guard lock{told_.mutex};
                                              told_.lines.emplace_back(gravity, line);
                                            });
    ASSERT_TRUE(process) << process.error().text();
    process_ = std::move(*process);
    classifier_.emplace(*process_, std::uint16_t{0});
  }
  // What each word became.
  std::vector<int> ask(const std::vector<std::string>& words) {
    SampleWriter writer;
    for (const std::string& word : words) writer.tcp(word);
    classifier_->classify(writer.samples());
    std::vector<int> names;
    for (const FlowSample& sample : writer.samples().list) names.push_back(sample.names.protocol);
    return names;
  }
  ClassifierCounters counters() const { return process_->counters(); }
  void TearDown() override {
    if (!process_) return;
    const ClassifierCounters all = counters();
    EXPECT_EQ(all.asked, all.answered + all.lost + all.skipped);
    classifier_.reset();
    process_.reset();
    EXPECT_EQ(children_of(::getpid()).size(), 0U) << "a process was left behind";
  }
  static std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> children;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
      const std::string name = entry.path().filename();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      if (status_of(std::stoi(name))["PPid"] == std::to_string(parent))
        children.push_back(std::stoi(name));
    }
    return children;
  }
  static std::map<std::string, std::string> status_of(pid_t process) {
    std::map<std::string, std::string> fields;
    std::ifstream file{"/proc/" + std::to_string(process) + "/status"};
    for (std::string line; std::getline(file, line);) {
      const auto colon = line.find(":\t");
      if (colon != std::string::npos) fields[line.substr(0, colon)] = line.substr(colon + 2);
    }
    return fields;
  }
  pid_t supervisor() const {
    const auto own = children_of(::getpid());
    EXPECT_EQ(own.size(), 1U);
    return own.at(0);
  }
  pid_t child() const {
    const auto own = children_of(supervisor());
    EXPECT_EQ(own.size(), 1U);
    return own.at(0);
  }

  Told told_;
  std::unique_ptr<ClassifierProcess> process_;
  std::optional<Classifier> classifier_;
};

TEST_F(ClassifierTest, AnswersInOrder) {
  start();
  EXPECT_THAT(ask({"a", "bb", "ccc"}), ElementsAre(1, 2, 3));
  EXPECT_THAT(ask({"dddd"}), ElementsAre(4));
  EXPECT_EQ(counters().named, 4U);
  EXPECT_EQ(counters().crashes, 0U);
  EXPECT_TRUE(told_.lines.empty());
}

TEST_F(ClassifierTest, ManyGoInSeveralBatches) {
  start();
  std::vector<std::string> words;
  std::vector<int> sizes;
  for (int at = 0; at < 1000; ++at) {
    words.emplace_back(static_cast<std::size_t>(1 + at % 50), 'x');
    sizes.push_back(1 + at % 50);
  }
  EXPECT_EQ(ask(words), sizes);
}

TEST_F(ClassifierTest, ACrashCostsThatFlowItsNameAlone) {
  start();
  EXPECT_THAT(ask({"a", "crash", "bb", "abort", "ccc"}), ElementsAre(1, 0, 2, 0, 3));
  EXPECT_EQ(counters().lost, 2U);
  EXPECT_EQ(counters().crashes, 3U);  // the batch, and each alone
  EXPECT_THAT(ask({"leave", "dddd"}), ElementsAre(0, 4));
  EXPECT_THAT(ask({"eeeee"}), ElementsAre(5));
  const std::lock_guard lock{told_.mutex};
  ASSERT_FALSE(told_.lines.empty());
  EXPECT_EQ(told_.lines[0].first, Gravity::warning);
}

TEST_F(ClassifierTest, SoDoesAHang) {
  ClassifierLimits limits;
  limits.processor_time = 50ms;
  start(limits);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(ask({"a", "hang", "bb"}), ElementsAre(1, 0, 2));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
  EXPECT_EQ(counters().lost, 1U);
}

// SIGSTOP uses no processor time, so only the clock on the wall tells.
TEST_F(ClassifierTest, SoDoesAStop) {
  ClassifierLimits limits;
  limits.patience = 200ms;
  start(limits);
  EXPECT_THAT(ask({"a"}), ElementsAre(1));
  const pid_t stopped = child();
  ASSERT_EQ(::kill(stopped, SIGSTOP), 0);
  EXPECT_THAT(ask({"bb", "ccc"}), ElementsAre(2, 3));
  EXPECT_EQ(counters().hangs, 1U);
  EXPECT_NE(child(), stopped);
}

TEST_F(ClassifierTest, KilledItIsBackAtOnce) {
  start();
  EXPECT_THAT(ask({"a"}), ElementsAre(1));
  for (int round = 0; round < 5; ++round) {
    const pid_t before = child();
    ASSERT_EQ(::kill(before, SIGKILL), 0);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_THAT(ask({"bb", "ccc"}), ElementsAre(2, 3)) << "both are asked about again";
    EXPECT_LT(std::chrono::steady_clock::now() - began, 1s);
    EXPECT_NE(child(), before);
  }
  EXPECT_EQ(counters().crashes, 5U);
  EXPECT_EQ(counters().lost, 0U);
}

TEST_F(ClassifierTest, ThreeFailuresInAMinuteAreAnError) {
  ClassifierLimits limits;
  limits.backs_off = true;
  start(limits);
  for (int failure = 0; failure < 3; ++failure) EXPECT_THAT(ask({"crash"}), ElementsAre(0));
  EXPECT_THAT(ask({"a"}), ElementsAre(1)) << "crashes cost little";
  const std::lock_guard lock{told_.mutex};
  ASSERT_EQ(told_.lines.size(), 3U);
  EXPECT_EQ(told_.lines[1].first, Gravity::warning);
  EXPECT_EQ(told_.lines[2].first, Gravity::error);
  EXPECT_THAT(told_.lines[2].second, HasSubstr("three times within a minute"));
}

TEST_F(ClassifierTest, ThreeHangsInAMinuteSlowItDown) {
  ClassifierLimits limits;
  limits.backs_off = true;
  start(limits);
  EXPECT_THAT(ask({"hang"}), ElementsAre(0));
  EXPECT_THAT(ask({"hang"}), ElementsAre(0));
  EXPECT_THAT(ask({"a"}), ElementsAre(1)) << "twice is no pattern yet";
  EXPECT_THAT(ask({"hang"}), ElementsAre(0));
  EXPECT_THAT(ask({"a"}), ElementsAre(0)) << "not asked";
  EXPECT_EQ(counters().skipped, 1U);
  std::this_thread::sleep_for(1100ms);
  EXPECT_THAT(ask({"a"}), ElementsAre(1)) << "back after a second";
}

TEST_F(ClassifierTest, AnAnswerThatCannotBeIsNone) {
  start();
  EXPECT_THAT(ask({"a", "liar", "bb"}), ElementsAre(1, 0, 2));
  EXPECT_EQ(counters().lost, 1U);
}

TEST_F(ClassifierTest, MoreThanItMayBeAskedIsLeftOut) {
  ClassifierLimits limits;
  limits.most_per_second = 10;
  start(limits);
  const auto names = ask(std::vector<std::string>(100, "a"));
  EXPECT_EQ(std::count(names.begin(), names.end(), 1), 10);
  EXPECT_EQ(counters().skipped, 90U);
}

TEST_F(ClassifierTest, HasNoPrivilegesAndOneDescriptor) {
  start();
  EXPECT_THAT(ask({"a"}), ElementsAre(1));
  for (const pid_t process : {supervisor(), child()}) {
    auto status = status_of(process);
    for (const char* set : {"CapEff", "CapPrm", "CapInh", "CapAmb"}) {
      EXPECT_EQ(status[set], "0000000000000000") << set;
    }
    EXPECT_EQ(status["NoNewPrivs"], "1");
    EXPECT_EQ(status["Seccomp"], "2");
    EXPECT_EQ(status["Threads"], "1");
    if (::geteuid() != 0) continue;
    EXPECT_THAT(status["Uid"], HasSubstr("65534\t65534"));
    std::vector<std::string> open;
    const std::filesystem::path folder{"/proc/" + std::to_string(process) + "/fd"};
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
      open.push_back(std::filesystem::read_symlink(entry.path()));
    }
    ASSERT_EQ(open.size(), 1U);
    EXPECT_THAT(open[0], HasSubstr("socket:"));
  }
  EXPECT_THAT(ask({"file", "socket", "fork", "parent", "thread"}), ElementsAre(1, 1, 1, 1, 1))
      << "none of them is allowed";
}

TEST_F(ClassifierTest, ItsMemoryHasAnEnd) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's own memory has none";
#endif
  start();
  EXPECT_THAT(ask({"a", "eat", "bb"}), ElementsAre(1, 0, 2));
  EXPECT_EQ(counters().lost, 1U);
}

TEST_F(ClassifierTest, ShardsHaveOneEach) {
  start();
  std::vector<std::thread> shards;
  std::atomic<int> wrong = 0;
  for (std::uint16_t number = 1; number <= 4; ++number) {
    shards.emplace_back([&, number] {
      Classifier classifier{*process_, number};
      for (int round = 0; round < 50; ++round) {
        SampleWriter writer;
        writer.tcp("a").tcp(round % 10 == number ? "crash" : "dddd").tcp("bb");
        classifier.classify(writer.samples());
        const auto& list = writer.samples().list;
        const int middle = round % 10 == number ? 0 : 4;
        if (list[0].names.protocol != 1 || list[1].names.protocol != middle ||
            list[2].names.protocol != 2) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& shard : shards) shard.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(counters().lost, 20U);
}

TEST_F(ClassifierTest, WithoutItsSupervisorItSaysSo) {
  start();
  EXPECT_THAT(ask({"a"}), ElementsAre(1));
  const pid_t orphan = child();
  ASSERT_EQ(::kill(supervisor(), SIGKILL), 0);
  for (int turn = 0; turn < 200 && ::kill(orphan, 0) == 0; ++turn) {
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_NE(::kill(orphan, 0), 0) << "its classifier did not end with it";
  EXPECT_THAT(ask({"bb"}), ElementsAre(0));
  EXPECT_THAT(ask({"bb"}), ElementsAre(0));
  const std::lock_guard lock{told_.mutex};
  ASSERT_EQ(told_.lines.size(), 1U);
  EXPECT_EQ(told_.lines[0].first, Gravity::error);
  EXPECT_THAT(told_.lines[0].second, HasSubstr("is gone"));
}

}  // namespace
}  // namespace sekimori
