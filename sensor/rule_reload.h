#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/rules/pack_slot.h"
#include "core/rules/pack_watch.h"
#include "core/text/complaint.h"

namespace sekimori {

// Where a running sensor's rules come from and whom it tells about them; called on the thread of
// RuleReload.
struct RuleReloadOptions {
  std::string config;           // read anew when asked: rules and regions may have moved
  PackFiles files;              // those that are in force
  std::function<bool()> asked;  // whether a reload is wanted (SIGHUP), true once for each
  std::function<void(const std::string&)> inform, warn;
};

// A thread that replaces the pack in a slot when it is asked to, or when a file of the pack has
// changed. A pack with any fault changes nothing, and why is said. Reading takes no time from those
// who capture and track; the pack of before is freed here too, once nobody asks it any more.
//
// To be made after the sensor is confined: it only reads files, as the user that the sensor became.
class RuleReload {
 public:
  RuleReload(RuleReloadOptions options, std::shared_ptr<PackSlot> slot);
  ~RuleReload();  // within a moment, or when the reload that runs is done
  RuleReload(const RuleReload&) = delete;
  RuleReload& operator=(const RuleReload&) = delete;

 private:
  void run() noexcept;
  void reload_as_asked();
  void reload_as_changed();
  void replace(std::shared_ptr<const RulePack> pack, std::chrono::milliseconds took);
  void refuse(const std::vector<Complaint>& complaints);

  RuleReloadOptions options_;
  std::shared_ptr<PackSlot> slot_;
  PackWatch watch_;
  std::vector<std::shared_ptr<const RulePack>> retired_;  // still with some thread
  std::atomic<bool> stop_ = false;
  std::thread thread_;  // last: it uses the rest
};

// "12 rules (pack 0123456789ab)", or "no rules".
std::string describe(const RulePack& pack);

}  // namespace sekimori
