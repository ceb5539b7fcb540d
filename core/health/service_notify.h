#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace sekimori {

// Tells systemd how the program is (sd_notify(3), "Protocol"): a datagram of KEY=VALUE lines to the
// socket that NOTIFY_SOCKET names. Without that variable everything here does nothing.
//
// A sender of our own and not libsystemd, which would bring five libraries more (compression,
// encryption) into a program that reads strangers' packets, for these few lines.
class ServiceNotify {
 public:
  // Opens the socket and takes the variables out of the environment, so that no child speaks for
  // us. To be called while there is one thread, and before confinement.
  static ServiceNotify from_environment();
  ServiceNotify(ServiceNotify&& other) noexcept;
  ServiceNotify(const ServiceNotify&) = delete;
  ServiceNotify& operator=(const ServiceNotify&) = delete;
  ~ServiceNotify();

  // On any thread.
  void ready() const { send("READY=1"); }
  void reloading() const;  // until the next ready()
  void stopping() const { send("STOPPING=1"); }
  // What `systemctl status` shows; one line. The same again is not sent.
  void status(const std::string& line);
  // To be called whenever the work has moved on, and never else: the watchdog is told as often as
  // it must be.
  void alive();

 private:
  using Clock = std::chrono::steady_clock;
  ServiceNotify() = default;
  void send(std::string_view text) const;

  int socket_ = -1;
  std::optional<Clock::duration> watchdog_;  // half of what systemd waits; nothing: no watchdog
  std::mutex mutex_;                         // of what follows
  Clock::time_point told_alive_{};
  std::string status_;
};

}  // namespace sekimori
