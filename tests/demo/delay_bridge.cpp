// Joins two Ethernet interfaces and holds every frame for a fixed time, so that two network
// namespaces stand as far apart as two cities. It does what `tc qdisc add ... netem delay` does,
// for kernels that are built without netem.

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace sekimori {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

// The largest frame of a veth pair without offloads, with room for jumbo frames.
constexpr std::size_t kFrameBytes = 9216;

// What one direction may hold, in frames: 300 ms of 1500-byte frames at 200 Mbit/s. A frame that
// finds the queue full is dropped and counted, as a router would.
constexpr std::size_t kQueueFrames = 5000;

struct Options {
  std::string left;
  std::string right;
  microseconds to_right{};
  microseconds to_left{};
};

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_{fd} {
    if (fd < 0) throw std::system_error{errno, std::generic_category()};
  }
  Descriptor(Descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

struct HeldFrame {
  Clock::time_point due;
  std::vector<std::uint8_t> bytes;
};

// One direction: what has come in on `from` and is not yet due on `to`.
struct Lane {
  int from;
  int to;
  microseconds delay;
  std::deque<HeldFrame> held;
  std::uint64_t forwarded = 0;
  std::uint64_t dropped = 0;
  nanoseconds worst_lateness{};
};

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error{errno, std::generic_category(), what};
}

Descriptor open_interface(const std::string& name) {
  // Network order, as packet(7) wants the protocol.
  constexpr std::uint16_t every_protocol =
      std::endian::native == std::endian::little ? ETH_P_ALL << 8 : ETH_P_ALL;
  const unsigned index = ::if_nametoindex(name.c_str());
  if (index == 0) fail(name);

  // Protocol 0 until bound: otherwise frames of every interface arrive in between.
  Descriptor socket{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const packet_mreq promiscuous{.mr_ifindex = static_cast<int>(index),
                                .mr_type = PACKET_MR_PROMISC,
                                .mr_alen = 0,
                                .mr_address = {}};
  if (::setsockopt(socket.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
                   sizeof promiscuous) != 0) {
    fail(name + ": promiscuous");
  }
  // Without this the bridge would see the frames it sends itself, and loop.
  const int on = 1;
  if (::setsockopt(socket.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0) {
    fail(name + ": ignore outgoing");
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = every_protocol;
  address.sll_ifindex = static_cast<int>(index);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail(name + ": bind");
  }
  return socket;
}

Descriptor open_stop_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  return Descriptor{::signalfd(-1, &signals, SFD_CLOEXEC)};
}

// A delay is only as good as the moment of waking. A container may forbid real-time scheduling; the
// delays are then still never too short, only sometimes too long.
void wake_promptly() {
  ::prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);  // ns
  sched_param priority{};
  priority.sched_priority = 50;
  if (::sched_setscheduler(0, SCHED_FIFO, &priority) != 0) {
    std::fputs("delay_bridge: no real-time scheduling, delays may be long under load\n", stderr);
  }
}

void receive(Lane& lane) {
  std::array<std::uint8_t, kFrameBytes> frame;
  for (;;) {
    const ssize_t size = ::recv(lane.from, frame.data(), frame.size(), MSG_TRUNC);
    if (size <= 0) return;
    const auto length = static_cast<std::size_t>(size);
    if (length > frame.size() || lane.held.size() >= kQueueFrames) {
      ++lane.dropped;
      continue;
    }
    lane.held.push_back(
        {.due = Clock::now() + lane.delay,
         .bytes = {frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length)}});
  }
}

void send_due(Lane& lane) {
  while (!lane.held.empty()) {
    const auto now = Clock::now();
    const HeldFrame& frame = lane.held.front();
    if (frame.due > now) return;
    if (::send(lane.to, frame.bytes.data(), frame.bytes.size(), 0) < 0) {
      ++lane.dropped;
    } else {
      ++lane.forwarded;
    }
    lane.worst_lateness = std::max(lane.worst_lateness, nanoseconds{now - frame.due});
    lane.held.pop_front();
  }
}

std::optional<timespec> time_to_next(const std::array<Lane, 2>& lanes) {
  std::optional<Clock::time_point> next;
  for (const Lane& lane : lanes) {
    if (lane.held.empty()) continue;
    next = std::min(next.value_or(lane.held.front().due), lane.held.front().due);
  }
  if (!next) return std::nullopt;
  const auto wait = std::max(nanoseconds{*next - Clock::now()}, nanoseconds{0});
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
  return timespec{.tv_sec = seconds.count(), .tv_nsec = (wait - seconds).count()};
}

void forward_until_stopped(std::array<Lane, 2>& lanes, int stop) {
  for (;;) {
    std::array<pollfd, 3> events{
        {{lanes[0].from, POLLIN, 0}, {lanes[1].from, POLLIN, 0}, {stop, POLLIN, 0}}};
    const auto wait = time_to_next(lanes);
    if (::ppoll(events.data(), events.size(), wait ? &*wait : nullptr, nullptr) < 0 &&
        errno != EINTR) {
      fail("poll");
    }
    if (events[2].revents != 0) return;
    for (Lane& lane : lanes) {
      receive(lane);
      send_due(lane);
    }
  }
}

void print_lane(const char* name, const Lane& lane) {
  std::printf("%s: %llu frames, %llu dropped, at most %lld us late\n", name,
              static_cast<unsigned long long>(lane.forwarded),
              static_cast<unsigned long long>(lane.dropped),
              static_cast<long long>(
                  std::chrono::duration_cast<microseconds>(lane.worst_lateness).count()));
}

void run(const Options& options) {
  const Descriptor stop = open_stop_signals();
  const Descriptor left = open_interface(options.left);
  const Descriptor right = open_interface(options.right);
  wake_promptly();
  std::puts("ready");
  std::fflush(stdout);

  std::array<Lane, 2> lanes{{{left.get(), right.get(), options.to_right, {}},
                             {right.get(), left.get(), options.to_left, {}}}};
  forward_until_stopped(lanes, stop.get());
  print_lane("to the right", lanes[0]);
  print_lane("to the left", lanes[1]);
}

}  // namespace
}  // namespace sekimori

int main(int argc, char** argv) {
  CLI::App app{
      "Bridges two Ethernet interfaces and delays every frame. Prints \"ready\", runs until "
      "SIGTERM."};
  sekimori::Options options;
  std::int64_t to_right = 0;
  std::int64_t to_left = 0;
  app.add_option("--left", options.left, "first interface")->required();
  app.add_option("--right", options.right, "second interface")->required();
  app.add_option("--to-right-us", to_right, "delay from left to right, microseconds")
      ->check(CLI::Range(0, 10'000'000));
  app.add_option("--to-left-us", to_left, "delay from right to left, microseconds")
      ->check(CLI::Range(0, 10'000'000));
  CLI11_PARSE(app, argc, argv);
  options.to_right = std::chrono::microseconds{to_right};
  options.to_left = std::chrono::microseconds{to_left};
  try {
    sekimori::run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "delay_bridge: %s\n", error.what());
    return 1;
  }
  return 0;
}
