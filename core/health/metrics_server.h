#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/net/listen_address.h"
#include "core/text/complaint.h"

namespace sekimori {

// Answers GET /metrics, and nothing else, on one thread of its own (HTTP/1.1, one request for each
// connection). Requests are hostile: 4 KiB of memory for each connection, at most kConnections of
// them, each closed kConnectionTime after it was accepted, whatever it sends.
//
// libmicrohttpd and not the API's cpp-httplib: that one reads header lines without a limit and
// gives each connection a thread, which is no way for a stranger into a sensor.
class MetricsServer {
 public:
  static constexpr unsigned kConnections = 16;
  static constexpr std::chrono::seconds kConnectionTime{3};
  // The same text is given again for so long, so that what a scrape costs is bounded too.
  static constexpr std::chrono::milliseconds kTextAge{500};

  // Binds and listens, which a confined program may not; answers nobody yet. Complains of an
  // address that cannot be bound.
  static Loaded<std::unique_ptr<MetricsServer>> open(const ListenAddress& listen);
  ~MetricsServer();  // connections are cut
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  // From here on it answers with what `text` yields, which is called on the server's thread, until
  // stop(). Once. False: there was no memory or no descriptor.
  bool start(std::function<std::string()> text);
  // `text` is not called after this.
  void stop();

  std::uint16_t port() const noexcept;  // as bound

 private:
  struct State;
  explicit MetricsServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sekimori
