#include "sensor/capture/live_source.h"

#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_packet.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sekimori {
namespace {

pcap_t* pcap(void* handle) noexcept {
  return static_cast<pcap_t*>(handle);
}

Timestamp wall_clock() noexcept {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

// The growth of a counter of 32 bits since it was last seen.
std::uint64_t growth(std::uint32_t& seen, std::uint32_t now) noexcept {
  const std::uint32_t more = now - seen;
  seen = now;
  return more;
}

}  // namespace

std::string filter_fault(const CaptureSettings& settings) {
  if (settings.filter.empty()) return {};
  pcap_t* dead = pcap_open_dead(DLT_EN10MB, static_cast<int>(settings.snaplen));
  if (dead == nullptr) return "out of memory";
  bpf_program program{};
  std::string fault;
  if (pcap_compile(dead, &program, settings.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0) {
    pcap_freecode(&program);
  } else {
    fault = pcap_geterr(dead);
  }
  pcap_close(dead);
  return fault;
}

struct LiveSource::Callback {
  const LiveSource& source;
  void* to;
  TakeFunction take;
  std::size_t taken = 0;
  std::size_t early = 0;
};

LiveSource::LiveSource(std::string interface, const CaptureSettings& settings, FanoutGroup& group,
                       std::size_t number, std::size_t count)
    : interface_{std::move(interface)},
      settings_{settings},
      group_{group},
      number_{number},
      count_{count} {}

LiveSource::~LiveSource() {
  close();
}

void LiveSource::close() noexcept {
  if (handle_ == nullptr) return;
  (void)counters();
  pcap_close(pcap(handle_));
  handle_ = nullptr;
}

tl::unexpected<Complaint> LiveSource::fail(Fault fault, std::string what, std::string way_out) {
  fault_ = fault;
  close();
  return tl::unexpected{
      Complaint{"", 0, 0, "interface '" + interface_ + "' " + std::move(what), std::move(way_out)}};
}

Loaded<bool> LiveSource::open() {
  close();
  seen_received_ = seen_drops_ = seen_interface_drops_ = 0;
  // In one group all handles have the same filter, so each has its own before it joins.
  if (auto active = activate(); !active) return active;
  if (auto joined = join_group(); !joined) return joined;
  return true;
}

Loaded<bool> LiveSource::activate() {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  handle_ = pcap_create(interface_.c_str(), error.data());
  if (handle_ == nullptr) return fail(Fault::other, std::string{"fails: "} + error.data(), "");
  pcap_set_snaplen(pcap(handle_), static_cast<int>(settings_.snaplen));
  pcap_set_promisc(pcap(handle_), settings_.promiscuous ? 1 : 0);
  // Without a timeout a block on a quiet link would never be handed over.
  pcap_set_timeout(pcap(handle_), kBlockTimeoutMs);
  pcap_set_buffer_size(pcap(handle_), static_cast<int>(settings_.ring));
  pcap_set_tstamp_precision(pcap(handle_), PCAP_TSTAMP_PRECISION_NANO);
  const int status = pcap_activate(pcap(handle_));
  const std::string words = status < 0 ? pcap_geterr(pcap(handle_)) : "";
  if (status == PCAP_ERROR_NO_SUCH_DEVICE) {
    return fail(Fault::missing, "does not exist", "'ip link' lists those that do");
  }
  if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED) {
    return fail(Fault::forbidden, "may not be captured from",
                "start the sensor by its systemd unit, as root, or with CAP_NET_RAW");
  }
  if (status == PCAP_ERROR_IFACE_NOT_UP) {
    return fail(Fault::down, "is down", "ip link set dev " + interface_ + " up");
  }
  if (status < 0) {
    return fail(Fault::other,
                std::string{"cannot be opened: "} + pcap_statustostr(status) + ": " + words, "");
  }
  link_ = static_cast<LinkType>(pcap_datalink(pcap(handle_)));
  if (!is_named(link_)) {
    return fail(Fault::other,
                "has link type " + std::to_string(pcap_datalink(pcap(handle_))) +
                    ", which is not one that can be read",
                "capture from an Ethernet, IP or loopback interface, or from 'any'");
  }
  if (pcap_setnonblock(pcap(handle_), 1, error.data()) != 0) {
    return fail(Fault::other, std::string{"fails: "} + error.data(), "");
  }
  if (settings_.filter.empty()) return true;
  bpf_program program{};
  bool good =
      pcap_compile(pcap(handle_), &program, settings_.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
  if (good) {
    good = pcap_setfilter(pcap(handle_), &program) == 0;
    pcap_freecode(&program);
  }
  if (!good) {
    return fail(Fault::other,
                "refuses capture.filter '" + settings_.filter + "': " + pcap_geterr(pcap(handle_)),
                "see pcap-filter(7)");
  }
  return true;
}

// The first handle of an interface founds a group under a number that the kernel finds free, and
// the others join it. An interface that was created again needs a new group; whichever thread comes
// first founds that.
Loaded<bool> LiveSource::join_group() {
  joined_ = Timestamp::min();
  if (count_ == 1) return true;
  constexpr int kMode = PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG;
  const int socket = pcap_fileno(pcap(handle_));
  const std::lock_guard lock{group_.mutex_};
  const bool founds = generation_ == group_.generation_;
  const int argument =
      founds ? (kMode | PACKET_FANOUT_FLAG_UNIQUEID) << 16 : (kMode << 16) | group_.id_;
  if (::setsockopt(socket, SOL_PACKET, PACKET_FANOUT, &argument, sizeof argument) != 0) {
    const std::string words = std::strerror(errno);
    generation_ = group_.generation_;  // the group's interface is gone again: found one next time
    return fail(Fault::other, "cannot be shared among workers: " + words, "set workers: 1");
  }
  if (founds) {
    int given = 0;
    socklen_t size = sizeof given;
    if (::getsockopt(socket, SOL_PACKET, PACKET_FANOUT, &given, &size) != 0) {
      return fail(Fault::other, std::string{"fails: "} + std::strerror(errno), "");
    }
    group_.id_ = static_cast<std::uint16_t>(given & 0xffff);
    ++group_.generation_;
  } else {
    joined_ = wall_clock();
  }
  generation_ = group_.generation_;
  return true;
}

int LiveSource::descriptor() const noexcept {
  return handle_ == nullptr ? -1 : pcap_get_selectable_fd(pcap(handle_));
}

LiveSource::State LiveSource::read_with(int limit, std::size_t& read, void* to,
                                        TakeFunction take) noexcept {
  if (handle_ == nullptr) return State::gone;
  Callback callback{*this, to, take};
  const auto on_frame = [](u_char* user, const pcap_pkthdr* header, const u_char* bytes) {
    Callback& call = *reinterpret_cast<Callback*>(user);
    PacketView frame;
    // With nanosecond precision tv_usec holds nanoseconds (pcap_set_tstamp_precision(3PCAP)).
    frame.time = Timestamp{std::chrono::seconds{header->ts.tv_sec} +
                           std::chrono::nanoseconds{header->ts.tv_usec}};
    frame.bytes = Bytes{bytes, std::min<std::size_t>(header->caplen, kMaxFrameSize)};
    frame.wire_length = header->len;
    frame.link = call.source.link_;
    if (frame.time < call.source.joined_) {
      ++call.early;
      return;
    }
    ++call.taken;
    call.take(call.to, frame);
  };
  const auto dispatch = [&] {
    return pcap_dispatch(pcap(handle_), limit, on_frame, reinterpret_cast<u_char*>(&callback));
  };
  const int status = dispatch();
  if (status < 0) {
    // The ring outlives its interface: what came last lies in a block that is not handed over yet.
    ::poll(nullptr, 0, 2 * kBlockTimeoutMs);
    while (dispatch() > 0) {
    }
  }
  read += callback.taken;
  early_ += callback.early;
  // Only the ring's beginning is in doubt: a clock that is set back later must hide nothing.
  if (callback.taken > 0) joined_ = Timestamp::min();
  // An interface that is only down keeps its socket: libpcap tells the two apart.
  if (status >= 0) return State::open;
  close();
  return State::gone;
}

HandleCounters LiveSource::counters() noexcept {
  pcap_stat now{};
  if (handle_ == nullptr || pcap_stats(pcap(handle_), &now) != 0) return totals_;
  totals_.kernel_received += growth(seen_received_, now.ps_recv);
  totals_.kernel_received -= std::exchange(early_, 0);
  totals_.kernel_drops += growth(seen_drops_, now.ps_drop);
  const std::uint64_t of_interface = growth(seen_interface_drops_, now.ps_ifdrop);
  if (number_ == 0) totals_.interface_drops += of_interface;
  return totals_;
}

InterfaceWatch::InterfaceWatch() noexcept
    : socket_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {}

InterfaceWatch::~InterfaceWatch() {
  if (socket_ >= 0) ::close(socket_);
}

InterfaceWatch::Answer InterfaceWatch::ask(const std::string& interface) const noexcept {
  if (interface == "any" || socket_ < 0) return Answer::up;
  ifreq request{};
  interface.copy(request.ifr_name, sizeof request.ifr_name - 1);
  if (::ioctl(socket_, SIOCGIFFLAGS, &request) != 0) return Answer::missing;
  return (request.ifr_flags & IFF_UP) != 0 ? Answer::up : Answer::down;
}

}  // namespace sekimori
