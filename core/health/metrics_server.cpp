#include "core/health/metrics_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <string_view>
#include <thread>

#include "core/health/exposition.h"
#include "core/net/wakeup.h"

namespace sekimori {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kConnectionMemory = 4096;  // bytes: request line and headers
constexpr int kBacklog = 16;
// Between two looks for connections whose time is over.
constexpr int kSweepMilliseconds = 500;

MHD_Result answer(MHD_Connection* connection, unsigned status, std::string_view body,
                  const char* type) {
  // The library copies it and only reads; its interface forgot the const.
  MHD_Response* response = MHD_create_response_from_buffer(
      body.size(), const_cast<char*>(body.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, "Content-Type", type);
  MHD_add_response_header(response, "Connection", "close");
  MHD_add_response_header(response, "Cache-Control", "no-store");
  if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
    MHD_add_response_header(response, "Allow", "GET, HEAD");
  const MHD_Result queued = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return queued;
}

}  // namespace

struct MetricsServer::State {
  int listener = -1;
  std::uint16_t port = 0;
  MHD_Daemon* daemon = nullptr;
  std::function<std::string()> make_text;
  std::string text;
  Clock::time_point made{};
  struct Accepted {
    MHD_Connection* connection;
    Clock::time_point when;
  };
  std::deque<Accepted> accepted;  // oldest first; touched by the server's thread alone
  std::atomic<bool> stopping = false;
  Wakeup wakeup;
  std::thread thread;

  ~State() {
    if (listener >= 0) ::close(listener);
  }
  const std::string& fresh_text() {
    const auto now = Clock::now();
    if (text.empty() || now - made >= kTextAge) {
      text = make_text();
      made = now;
    }
    return text;
  }
  MHD_Result take(MHD_Connection* connection, std::string_view url, std::string_view method) {
    constexpr const char* plain = "text/plain; charset=utf-8";
    if (url != "/metrics") {
      return answer(connection, MHD_HTTP_NOT_FOUND, "there is only /metrics\n", plain);
    }
    if (method != "GET" && method != "HEAD") {
      return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n", plain);
    }
    return answer(connection, MHD_HTTP_OK, fresh_text(), Exposition::kContentType);
  }
  void note(MHD_Connection* connection, MHD_ConnectionNotificationCode what) {
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
      accepted.push_back({connection, Clock::now()});
    } else {
      std::erase_if(accepted, [&](const Accepted& one) { return one.connection == connection; });
    }
  }
  // The library's own limit is on silence, and a byte now and then would hold a connection for
  // hours. A socket that is shut down reads as closed, and the library tidies it up.
  void sweep() {
    const auto limit = Clock::now() - kConnectionTime;
    for (const Accepted& one : accepted) {
      if (one.when > limit) break;
      const MHD_ConnectionInfo* info =
          MHD_get_connection_info(one.connection, MHD_CONNECTION_INFO_CONNECTION_FD);
      if (info != nullptr) ::shutdown(info->connect_fd, SHUT_RDWR);
    }
  }
  void run() {
    block_signals();
    ::pthread_setname_np(::pthread_self(), "metrics");
    const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    pollfd waited[2] = {{info->epoll_fd, POLLIN, 0}, {wakeup.descriptor(), POLLIN, 0}};
    while (!stopping) {
      MHD_UNSIGNED_LONG_LONG due = kSweepMilliseconds;
      if (MHD_get_timeout(daemon, &due) != MHD_YES) due = kSweepMilliseconds;
      ::poll(waited, 2,
             static_cast<int>(std::min<MHD_UNSIGNED_LONG_LONG>(due, kSweepMilliseconds)));
      sweep();
      MHD_run(daemon);
    }
  }
};

namespace {

int listen_on(const ListenAddress& listen, std::uint16_t& port) {
  const bool v6 = listen.address.is_v6();
  sockaddr_storage storage{};
  socklen_t length = 0;
  if (v6) {
    auto& address = reinterpret_cast<sockaddr_in6&>(storage);
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(listen.port);
    std::memcpy(&address.sin6_addr, listen.address.bytes().data(), 16);
    length = sizeof address;
  } else {
    auto& address = reinterpret_cast<sockaddr_in&>(storage);
    address.sin_family = AF_INET;
    address.sin_port = htons(listen.port);
    std::memcpy(&address.sin_addr, listen.address.bytes().data(), 4);
    length = sizeof address;
  }
  const int on = 1;
  const int made = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (made < 0) return -1;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  // After a restart, in spite of connections of before.
  (void)::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (v6) (void)::setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(made, address, length) != 0 || ::listen(made, kBacklog) != 0 ||
      ::getsockname(made, address, &length) != 0) {
    const int fault = errno;
    ::close(made);
    errno = fault;
    return -1;
  }
  port = ntohs(v6 ? reinterpret_cast<sockaddr_in6&>(storage).sin6_port
                  : reinterpret_cast<sockaddr_in&>(storage).sin_port);
  return made;
}

}  // namespace

MetricsServer::MetricsServer(std::unique_ptr<State> state) : state_{std::move(state)} {}

MetricsServer::~MetricsServer() {
  stop();
}

Loaded<std::unique_ptr<MetricsServer>> MetricsServer::open(const ListenAddress& listen) {
  auto state = std::make_unique<State>();
  state->listener = listen_on(listen, state->port);
  if (state->listener < 0) {
    return tl::unexpected{Complaint{
        "", 0, 0, "cannot serve metrics on " + listen.text() + ": " + std::strerror(errno),
        "set metrics.listen to a free port of this machine, each program its own"}};
  }
  return std::unique_ptr<MetricsServer>{new MetricsServer{std::move(state)}};
}

bool MetricsServer::start(std::function<std::string()> text) {
  State* const state = state_.get();
  state->make_text = std::move(text);
  const MHD_AccessHandlerCallback take = [](void* self, MHD_Connection* connection, const char* url,
                                            const char* method, const char*, const char*,
                                            std::size_t*, void**) {
    return static_cast<State*>(self)->take(connection, url, method);
  };
  const MHD_NotifyConnectionCallback note = [](void* self, MHD_Connection* connection, void**,
                                               MHD_ConnectionNotificationCode what) {
    static_cast<State*>(self)->note(connection, what);
  };
  state->daemon = MHD_start_daemon(
      MHD_USE_EPOLL, 0, nullptr, nullptr, take, state, MHD_OPTION_LISTEN_SOCKET, state->listener,
      MHD_OPTION_CONNECTION_LIMIT, kConnections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      kConnectionMemory, MHD_OPTION_CONNECTION_TIMEOUT,
      static_cast<unsigned>(kConnectionTime.count()), MHD_OPTION_NOTIFY_CONNECTION, note, state,
      MHD_OPTION_END);
  if (state->daemon == nullptr) return false;
  state->listener = -1;  // the library closes it
  state->thread = std::thread{[state] { state->run(); }};
  return true;
}

void MetricsServer::stop() {
  if (!state_->thread.joinable()) return;
  state_->stopping = true;
  state_->wakeup.ring();
  state_->thread.join();
  MHD_stop_daemon(state_->daemon);
}

std::uint16_t MetricsServer::port() const noexcept {
  return state_->port;
}

}  // namespace sekimori
