#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collector/store/sqlite_store.h"
#include "collector/web/claims_request.h"
#include "core/net/ip_address.h"
#include "core/text/complaint.h"

namespace sekimori {

struct ApiSettings {
  IpAddress address;       // where to listen
  std::uint16_t port = 0;  // 0: any free one
  std::string token;       // what every request but /healthz must show
};

// Called on the API's own threads, several at a time.
struct ApiHandlers {
  TakeClaims take;
  std::function<Loaded<std::vector<std::string>>(const VerdictQuery&)> verdicts;
  std::function<Timestamp()> now;  // when a claim arrives
};

// Characters: what `sekimori keys token` makes is longer; a shorter one can be guessed.
inline constexpr std::size_t kShortestToken = 32;
// Bytes of one request's body, after decompression; more: 413.
inline constexpr std::size_t kBodyLimit = std::size_t{8} << 20U;

// The collector's HTTP side (plain HTTP/1.1: TLS is a reverse proxy's). One request for each
// connection: httplib gives a connection a thread of its own, and an idle one would keep it.
//
//   POST /v1/claims    claims (claims_request.h); 401, 413, 415
//   GET /v1/verdicts   ?account=&since=RFC 3339&limit=1..1000; JSON lines, newest claim first
//   GET /healthz       for anybody: that it runs, and nothing else
class Api {
 public:
  // Binds and starts. Complains of a short token and of an address that cannot be bound.
  static Loaded<std::unique_ptr<Api>> start(const ApiSettings& settings, ApiHandlers handlers);
  ~Api();  // requests under way are answered first

  std::uint16_t port() const noexcept;

 private:
  struct State;
  explicit Api(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sekimori
