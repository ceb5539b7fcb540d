#include "collector/web/api.h"

#include <httplib.h>
#include <sys/socket.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "core/text/sha256.h"

namespace sekimori {
namespace {

using std::chrono::steady_clock;

// Threads, and so connections served at a time; each may hold one group of claims.
constexpr std::size_t kThreads = 16;
// Between two bytes of a client.
constexpr std::chrono::seconds kSilenceLimit{5};
// For a whole body: a client that sends a byte now and then must not keep a thread.
constexpr std::chrono::seconds kBodyTime{30};
constexpr std::size_t kMostVerdicts = 1000;
constexpr const char* kJson = "application/json";
constexpr const char* kJsonLines = "application/x-ndjson";

void answer_error(httplib::Response& response, int status, std::string_view error) {
  const nlohmann::json body{{"error", error}};
  response.status = status;
  response.set_content(body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
                       kJson);
}

// The time this takes must not tell how much of a guess is right, so hashes are compared, and all
// of them.
bool same_secret(std::string_view one, std::string_view other) {
  const std::string left = sha256_hex(one);
  const std::string right = sha256_hex(other);
  unsigned difference = left.empty() || left.size() != right.size() ? 1U : 0U;
  for (std::size_t at = 0; at < left.size() && at < right.size(); ++at) {
    difference |= static_cast<unsigned>(left[at] ^ right[at]);
  }
  return difference == 0;
}

// RFC 6750, section 2.1; the scheme's case does not matter (RFC 9110, section 11.1).
bool authorized(const httplib::Request& request, std::string_view token) {
  const std::string given = request.get_header_value("Authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (request.get_header_value_count("Authorization") != 1 || given.size() < kScheme.size()) {
    return false;
  }
  for (std::size_t at = 0; at < kScheme.size(); ++at) {
    const char one = given[at];
    if ((one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one) != kScheme[at]) {
      return false;
    }
  }
  return same_secret(std::string_view{given}.substr(kScheme.size()), token);
}

void refuse_stranger(httplib::Response& response) {
  response.set_header("WWW-Authenticate", "Bearer");
  answer_error(response, 401, "a token is needed: Authorization: Bearer TOKEN");
}

// Hands the body on until `take` wants no more. What is left is read and thrown away: closing on
// unread bytes would reset the connection before the client has read its answer.
struct BodyEnd {
  bool whole = false;     // read to its end
  bool too_long = false;  // longer than kBodyLimit
};
BodyEnd read_body(const httplib::ContentReader& reader,
                  const std::function<bool(std::string_view)>& take) {
  const auto deadline = steady_clock::now() + kBodyTime;
  BodyEnd end;
  std::size_t size = 0;
  bool wanted = true;
  end.whole = reader([&](const char* data, std::size_t length) {
    size += length;
    end.too_long = size > kBodyLimit;
    wanted = wanted && !end.too_long && take({data, length});
    return size <= 2 * kBodyLimit && steady_clock::now() < deadline;
  });
  return end;
}

void post_claims(const httplib::Request& request, httplib::Response& response,
                 const httplib::ContentReader& reader, std::string_view token,
                 const ApiHandlers& handlers) {
  const auto type = claims_body(request.get_header_value("Content-Type"));
  const bool known = authorized(request, token);
  if (!known || !type) {
    // httplib reads a multipart body another way; nobody here sends one.
    if (!request.is_multipart_form_data()) {
      read_body(reader, [](std::string_view) { return false; });
    }
    if (!known) return refuse_stranger(response);
    return answer_error(response, 415,
                        "send application/json, application/x-ndjson or text/csv as Content-Type");
  }
  ClaimsRequest claims{*type, handlers.now(), handlers.take};
  const BodyEnd end = read_body(reader, [&](std::string_view bytes) { return claims.feed(bytes); });
  if (end.too_long || response.status == 413) {
    return answer_error(response, 413,
                        "more than " + std::to_string(kBodyLimit) +
                            " bytes: send fewer claims at a time; a claim that comes twice is one");
  }
  if (!end.whole)
    return answer_error(response, 400, "the request's body cannot be read to its end");
  const ApiAnswer answer = claims.finish();
  response.status = answer.status;
  if (answer.status == 503) response.set_header("Retry-After", "2");
  response.set_content(answer.body, kJson);
}

void get_verdicts(const httplib::Request& request, httplib::Response& response,
                  const ApiHandlers& handlers) {
  VerdictQuery query;
  for (const auto& [name, value] : request.params) {
    if (name == "account") {
      query.account = value;
    } else if (name == "since") {
      query.since = parse_rfc3339(value);
      if (!query.since) {
        return answer_error(response, 400, "since is no moment of RFC 3339: 2024-03-26T00:00:00Z");
      }
    } else if (name == "limit") {
      const char* const end = value.data() + value.size();
      const auto [stop, error] = std::from_chars(value.data(), end, query.limit);
      if (error != std::errc{} || stop != end || query.limit == 0 || query.limit > kMostVerdicts) {
        return answer_error(response, 400, "limit is no number from 1 to 1000");
      }
    } else {
      return answer_error(response, 400, "only account, since and limit can be asked for");
    }
  }
  const auto lines = handlers.verdicts(query);
  if (!lines) return answer_error(response, 500, "the store cannot be read");
  std::string body;
  for (const std::string& line : *lines) body += line + "\n";
  response.set_content(body, kJsonLines);
}

}  // namespace

struct Api::State {
  httplib::Server server;
  std::string token;
  ApiHandlers handlers;
  int port = 0;
  std::thread thread;

  void configure();
};

void Api::State::configure() {
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  // Without it an answer waits 40 ms for the client's delayed ACK.
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(1);
  server.set_read_timeout(kSilenceLimit);
  server.set_write_timeout(kSilenceLimit);
  server.set_payload_max_length(2 * kBodyLimit);
  // httplib's own choice, SO_REUSEPORT, would let a second collector take half of the requests.
  server.set_socket_options([](socket_t socket) {
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  });
  server.set_default_headers(
      {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}});
  server.set_exception_handler(
      [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
        answer_error(response, 500, "the request could not be answered");
      });
  server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (response.body.empty()) {
      answer_error(response, response.status,
                   response.status == 404 ? "there is nothing under this method and path"
                                          : "the request cannot be read");
    }
  });
  server.Post("/v1/claims", [this](const httplib::Request& request, httplib::Response& response,
                                   const httplib::ContentReader& reader) {
    post_claims(request, response, reader, token, handlers);
  });
  server.Get("/v1/verdicts", [this](const httplib::Request& request, httplib::Response& response) {
    if (!authorized(request, token)) return refuse_stranger(response);
    get_verdicts(request, response, handlers);
  });
  server.Get("/healthz", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("{\"status\":\"ok\"}\n", kJson);
  });
}

Api::Api(std::unique_ptr<State> state) : state_{std::move(state)} {}

Api::~Api() {
  state_->server.stop();
  if (state_->thread.joinable()) state_->thread.join();
}

Loaded<std::unique_ptr<Api>> Api::start(const ApiSettings& settings, ApiHandlers handlers) {
  if (settings.token.size() < kShortestToken) {
    return tl::unexpected{Complaint{{},
                                    0,
                                    0,
                                    "the token of the HTTP API is shorter than " +
                                        std::to_string(kShortestToken) + " characters",
                                    "make one with: sekimori keys token"}};
  }
  auto state = std::make_unique<State>();
  state->token = settings.token;
  state->handlers = std::move(handlers);
  state->configure();
  const std::string host{settings.address.text().view()};
  state->port = settings.port == 0 ? state->server.bind_to_any_port(host)
                : state->server.bind_to_port(host, settings.port) ? settings.port
                                                                  : -1;
  if (state->port <= 0) {
    return tl::unexpected{
        Complaint{{},
                  0,
                  0,
                  "cannot listen for HTTP on " + host + " port " + std::to_string(settings.port),
                  "another program holds it, or the address is not this machine's"}};
  }
  State* const running = state.get();
  state->thread = std::thread{[running] { running->server.listen_after_bind(); }};
  // stop() before listen_after_bind() has begun would be lost.
  while (!running->server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  return std::unique_ptr<Api>{new Api{std::move(state)}};
}

std::uint16_t Api::port() const noexcept {
  return static_cast<std::uint16_t>(state_->port);
}

}  // namespace sekimori
