#include "core/rules/pack_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace sekimori {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// IN_ATTRIB: a chmod may be what makes a refused file good.
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

// The folder in which `path` stands, and its name there.
std::pair<fs::path, std::string> place_of(const std::string& path) {
  std::error_code none;
  fs::path whole = fs::absolute(path, none).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();  // "rules/"
  return {whole.parent_path(), whole.filename().string()};
}

}  // namespace

PackWatch::PackWatch() noexcept : descriptor_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)} {}

PackWatch::~PackWatch() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::vector<Complaint> PackWatch::follow(const PackFiles& files) {
  std::vector<Complaint> complaints;
  if (descriptor_ < 0) {
    return {{files.rules, 0, 0, "changes of files cannot be seen on this machine (inotify)",
             "raise fs.inotify.max_user_instances, or reload by SIGHUP"}};
  }
  std::map<int, Names> before = std::exchange(watched_, {});
  if (!files.rules.empty()) {
    const auto [folder, name] = place_of(files.rules);
    add(folder.string(), name, complaints);
    add_below(files.rules, complaints);
  }
  if (!files.regions.empty()) {
    const auto [folder, name] = place_of(files.regions);
    add(folder.string(), name, complaints);
  }
  for (const auto& [watch, names] : before) {
    if (!watched_.contains(watch)) ::inotify_rm_watch(descriptor_, watch);
  }
  return complaints;
}

// `name` empty: every name in the folder.
void PackWatch::add(const std::string& folder, std::string name,
                    std::vector<Complaint>& complaints) {
  const int watch = ::inotify_add_watch(descriptor_, folder.c_str(), kEvents | IN_ONLYDIR);
  if (watch < 0) {
    complaints.push_back({folder, 0, 0,
                          std::string{"changes in it cannot be seen: "} + std::strerror(errno),
                          "after a change reload by SIGHUP"});
    return;
  }
  const auto [at, fresh] = watched_.try_emplace(watch);
  if (name.empty()) {
    at->second.clear();
  } else if (fresh || !at->second.empty()) {
    at->second.insert(std::move(name));
  }
}

void PackWatch::add_below(const std::string& folder, std::vector<Complaint>& complaints) {
  add(folder, {}, complaints);
  std::error_code error;
  fs::recursive_directory_iterator at{folder, error};
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    if (at->is_directory(error)) add(at->path().string(), {}, complaints);
  }
}

bool PackWatch::changed(milliseconds patience) {
  Clock::time_point now = Clock::now();
  const Clock::time_point end = now + patience;
  for (;;) {
    if (read_events()) {
      last_ = now = Clock::now();
      if (!first_) first_ = last_;
    }
    const auto due = [&] { return std::min(*last_ + kQuiet, *first_ + kPatience); };
    if (first_ && now >= due()) {
      first_.reset();
      last_.reset();
      return true;
    }
    if (now >= end) return false;
    const Clock::time_point until = first_ ? std::min(due(), end) : end;
    const auto wait = std::chrono::ceil<milliseconds>(until - now).count();
    pollfd readable{descriptor_, POLLIN, 0};  // a negative one is left out by poll()
    if (::poll(&readable, 1, static_cast<int>(wait)) < 0)
      return false;  // a signal: its user's turn
    now = Clock::now();
  }
}

// True: something happened to a name that matters.
bool PackWatch::read_events() {
  alignas(inotify_event) std::array<char, 4096> buffer;
  bool matters = false;
  for (;;) {
    const ssize_t size = descriptor_ < 0 ? -1 : ::read(descriptor_, buffer.data(), buffer.size());
    if (size <= 0) return matters;
    for (ssize_t at = 0; at < size;) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string_view name = event.len == 0 ? "" : buffer.data() + at + sizeof event;
      at += static_cast<ssize_t>(sizeof event + event.len);
      if ((event.mask & IN_IGNORED) != 0) continue;
      const auto found = watched_.find(event.wd);
      // An overflow has no watch: anything may have happened.
      const bool known = found != watched_.end();
      if (!known && (event.mask & IN_Q_OVERFLOW) == 0) continue;
      matters = matters || !known || found->second.empty() || found->second.contains(name);
    }
  }
}

}  // namespace sekimori
