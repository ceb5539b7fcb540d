#include "core/health/service_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace sekimori {
namespace {

std::optional<std::uint64_t> number_in(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  const char* const end = text + std::strlen(text);
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text, end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

// A path, or after an @ a name of Linux's abstract space; below 0: none of them, or nobody listens.
int connect_to(std::string_view name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() < 2 || name.size() >= sizeof address.sun_path) return -1;
  if (name.front() != '/' && name.front() != '@') return -1;
  std::copy(name.begin(), name.end(), address.sun_path);
  if (name.front() == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  const int made = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (made < 0) return -1;
  if (::connect(made, reinterpret_cast<const sockaddr*>(&address), length) == 0) return made;
  ::close(made);
  return -1;
}

}  // namespace

ServiceNotify ServiceNotify::from_environment() {
  ServiceNotify notify;
  if (const char* name = std::getenv("NOTIFY_SOCKET")) notify.socket_ = connect_to(name);
  const auto period = number_in("WATCHDOG_USEC");
  const auto process = number_in("WATCHDOG_PID");
  if (period && *period > 0 && (!process || *process == static_cast<std::uint64_t>(::getpid()))) {
    notify.watchdog_ = std::chrono::microseconds{*period / 2};
  }
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  return notify;
}

ServiceNotify::ServiceNotify(ServiceNotify&& other) noexcept
    : socket_{std::exchange(other.socket_, -1)}, watchdog_{other.watchdog_} {}

ServiceNotify::~ServiceNotify() {
  if (socket_ >= 0) ::close(socket_);
}

// Not waited for: a manager that does not read must not hold up the work.
void ServiceNotify::send(std::string_view text) const {
  if (socket_ >= 0) (void)::send(socket_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ServiceNotify::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void ServiceNotify::status(const std::string& line) {
  const std::lock_guard lock{mutex_};
  if (line == status_) return;
  status_ = line;
  std::string text = "STATUS=" + line;
  std::replace(text.begin(), text.end(), '\n', ' ');  // another line would be another variable
  send(text);
}

void ServiceNotify::alive() {
  if (!watchdog_) return;
  const auto now = Clock::now();
  const std::lock_guard lock{mutex_};
  if (now - told_alive_ < *watchdog_ / 2) return;
  told_alive_ = now;
  send("WATCHDOG=1");
}

}  // namespace sekimori
