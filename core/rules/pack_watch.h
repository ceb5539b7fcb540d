#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/rules/pack_files.h"
#include "core/text/complaint.h"

namespace sekimori {

// Tells when the files of a pack have changed (inotify(7)): rules, folders below, regions, and the
// folder itself when another is put in its place. Not for several threads at once.
//
//   watch.follow(files); load;
//   for (;;) if (watch.changed(200ms)) { watch.follow(files); load; }
//
// follow() comes before loading: what is written while a pack is read is a change of its own.
class PackWatch {
 public:
  // A person or a program writes several files, one after the other: a change is told of once
  // nothing has happened for `kQuiet`, but at the latest `kPatience` after it began.
  static constexpr std::chrono::milliseconds kQuiet{300};
  static constexpr std::chrono::seconds kPatience{5};

  PackWatch() noexcept;
  PackWatch(const PackWatch&) = delete;
  PackWatch& operator=(const PackWatch&) = delete;
  ~PackWatch();

  // Watches these files instead of those before. What cannot be watched is complained of, the rest
  // is; such a change is only seen by who reloads on his own.
  std::vector<Complaint> follow(const PackFiles& files);

  // Waits at most so long for a change; true once for each.
  bool changed(std::chrono::milliseconds patience);

 private:
  using Clock = std::chrono::steady_clock;
  // Names of a folder that matter; none: all that a pack is made of.
  using Names = std::set<std::string, std::less<>>;

  void add(const std::string& folder, std::string name, std::vector<Complaint>& complaints);
  void add_below(const std::string& folder, std::vector<Complaint>& complaints);
  bool read_events();

  int descriptor_;
  std::map<int, Names> watched_;                   // by watch descriptor
  std::optional<Clock::time_point> first_, last_;  // events not yet told of
};

}  // namespace sekimori
