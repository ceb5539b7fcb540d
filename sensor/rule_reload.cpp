#include "sensor/rule_reload.h"

#include <pthread.h>

#include <chrono>
#include <utility>

#include "core/net/wakeup.h"
#include "sensor/config.h"
#include "sensor/finisher.h"

namespace sekimori {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Between two looks at whether a reload is asked for.
constexpr milliseconds kTurn{200};

// Said of one pack; a folder of another program's rules would fill the log.
constexpr std::size_t kMostComplaints = 20;

LoadedAll<std::shared_ptr<const RulePack>> read(const PackFiles& files) {
  auto strangers = strangers_files(files);
  if (!strangers.empty()) return tl::unexpected{std::move(strangers)};
  return load_session_rules(files);
}

milliseconds since(Clock::time_point began) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - began);
}

}  // namespace

std::string describe(const RulePack& pack) {
  if (pack.hash().empty()) return "no rules";
  return std::to_string(pack.rules().size()) + " rules (pack " + pack.hash().substr(0, 12) + ")";
}

RuleReload::RuleReload(RuleReloadOptions options, std::shared_ptr<PackSlot> slot)
    : options_{std::move(options)}, slot_{std::move(slot)}, thread_{[this] { run(); }} {}

RuleReload::~RuleReload() {
  stop_ = true;
  thread_.join();
}

void RuleReload::run() noexcept {
  block_signals();
  ::pthread_setname_np(::pthread_self(), "rules");
  for (const Complaint& one : watch_.follow(options_.files)) options_.warn(one.text());
  // What changed between the start and now is not missed: the pack is compared once.
  if (!options_.files.rules.empty()) reload_as_changed();
  while (!stop_) {
    const bool changed = watch_.changed(kTurn);
    if (options_.asked()) {
      reload_as_asked();
    } else if (changed) {
      reload_as_changed();
    }
    std::erase_if(retired_, [](const auto& pack) { return pack.use_count() == 1; });
  }
}

void RuleReload::reload_as_asked() {
  const auto began = Clock::now();
  const auto config = load_sensor_config(options_.config);
  if (!config) return refuse(config.error());
  const PackFiles files = config->pack();
  const auto unwatched = watch_.follow(files);
  auto pack = read(files);
  if (!pack) {
    (void)watch_.follow(options_.files);
    return refuse(pack.error());
  }
  options_.files = files;
  for (const Complaint& one : unwatched) options_.warn(one.text());
  if ((*pack)->hash() == slot_->get()->hash()) {
    return options_.inform("reloaded, and nothing has changed: " + describe(**pack));
  }
  replace(std::move(*pack), since(began));
}

void RuleReload::reload_as_changed() {
  const auto began = Clock::now();
  for (const Complaint& one : watch_.follow(options_.files)) options_.warn(one.text());
  auto pack = read(options_.files);
  if (!pack) return refuse(pack.error());
  if ((*pack)->hash() == slot_->get()->hash()) return;  // touched, or changed and changed back
  replace(std::move(*pack), since(began));
}

void RuleReload::replace(std::shared_ptr<const RulePack> pack, milliseconds took) {
  std::shared_ptr<const RulePack> before = slot_->get();
  options_.inform("from now on " + describe(*pack) + ", read in " + std::to_string(took.count()) +
                  " ms; until now " + describe(*before));
  slot_->put(std::move(pack));
  retired_.push_back(std::move(before));
}

void RuleReload::refuse(const std::vector<Complaint>& complaints) {
  for (std::size_t at = 0; at < complaints.size() && at < kMostComplaints; ++at) {
    options_.warn(complaints[at].text());
  }
  if (complaints.size() > kMostComplaints) {
    options_.warn("and " + std::to_string(complaints.size() - kMostComplaints) +
                  " more: see sekimori rules check");
  }
  options_.warn("nothing was reloaded; the rules are those from before: " +
                describe(*slot_->get()));
}

}  // namespace sekimori
