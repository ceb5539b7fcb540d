#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <vector>

#include "core/text/complaint.h"
#include "sensor/capture/packet_view.h"

namespace sekimori {

// Interfaces of one sensor: a tap has two, a bond of taps some more. Each costs a ring for each
// worker and a place in every poll.
inline constexpr std::size_t kMostInterfaces = 16;

// How interfaces are read; config/sensor.yaml holds each with its default and reason.
struct CaptureSettings {
  std::vector<std::string> interfaces;  // names, or "any"
  std::string filter;                   // pcap-filter(7); empty: every frame
  std::uint64_t ring = 64U << 20U;      // bytes between kernel and sensor, of each handle
  std::uint32_t snaplen = 65'535;       // bytes kept of a frame
  bool promiscuous = true;
};

// What `filter` is refused for, in libpcap's words; empty when it compiles for Ethernet.
std::string filter_fault(const CaptureSettings& settings);

// libpcap's and the kernel's totals of one handle.
struct HandleCounters {
  std::uint64_t kernel_received = 0;  // passed the filter: frames yielded, waiting or dropped
  std::uint64_t kernel_drops = 0;     // of those: the ring was full
  std::uint64_t interface_drops = 0;  // of the whole interface; only its first handle tells
};

// The handles of one interface, which share its packets: the kernel deals them by a hash of the
// outer addresses and ports that is the same for both directions (PACKET_FANOUT, packet(7)).
class FanoutGroup {
 public:
  friend class LiveSource;

 private:
  std::mutex mutex_;
  std::uint64_t generation_ = 0;  // of the interface: 1 when it is first opened
  std::uint16_t id_ = 0;
};

// One handle on one interface, of `count`. Owned by one thread. Frames come through a ring that the
// kernel fills (TPACKET_V3): a block of frames is handed over when it is full or 10 ms old. Not
// libpcap's immediate mode, which falls back to TPACKET_V2 without a word.
class LiveSource {
 public:
  enum class Fault : std::uint8_t { missing, forbidden, down, other };
  enum class State : std::uint8_t { open, gone };  // gone: the interface was deleted; open again

  // The longest that a frame waits in a block for more.
  static constexpr int kBlockTimeoutMs = 10;

  // `group` must outlive the source; `number` counts the handles of an interface from 0.
  LiveSource(std::string interface, const CaptureSettings& settings, FanoutGroup& group,
             std::size_t number, std::size_t count);
  ~LiveSource();
  LiveSource(const LiveSource&) = delete;
  LiveSource& operator=(const LiveSource&) = delete;

  // Opens the handle, or opens it anew. The complaint names the interface and the way out.
  Loaded<bool> open();
  Fault fault() const noexcept { return fault_; }  // why open() failed
  bool is_open() const noexcept { return handle_ != nullptr; }
  const std::string& interface() const noexcept { return interface_; }

  // To poll for reading; -1 while closed.
  int descriptor() const noexcept;

  // Gives at most about `limit` frames to `take(const PacketView&)`, without waiting. Each is valid
  // during its call and lies in the ring: pcap_next_ex would copy it. Not a PacketSource for that
  // reason. `read` counts them.
  template <typename Take>
  State read(int limit, std::size_t& read, Take& take) noexcept {
    static_assert(std::is_nothrow_invocable_v<Take&, const PacketView&>);
    return read_with(limit, read, &take, [](void* to, const PacketView& frame) noexcept {
      (*static_cast<Take*>(to))(frame);
    });
  }

  // Totals over all handles that this source ever had. Costs a few system calls.
  HandleCounters counters() noexcept;

 private:
  struct Callback;
  using TakeFunction = void (*)(void* to, const PacketView& frame) noexcept;
  State read_with(int limit, std::size_t& read, void* to, TakeFunction take) noexcept;
  Loaded<bool> activate();
  Loaded<bool> join_group();
  tl::unexpected<Complaint> fail(Fault fault, std::string what, std::string way_out);
  void close() noexcept;

  std::string interface_;
  const CaptureSettings& settings_;
  FanoutGroup& group_;
  std::size_t number_;
  std::size_t count_;
  std::uint64_t generation_ = 0;  // of the group, that this handle belongs to
  Fault fault_ = Fault::other;
  void* handle_ = nullptr;  // pcap_t, whose header stays in this room's sources
  LinkType link_ = LinkType::ethernet;
  Timestamp joined_;         // what came before was also given to the others of the group
  std::uint64_t early_ = 0;  // such frames, not yet taken off the totals
  HandleCounters totals_;
  std::uint32_t seen_received_ = 0;  // libpcap counts in 32 bits, which wrap
  std::uint32_t seen_drops_ = 0;
  std::uint32_t seen_interface_drops_ = 0;
};

// Tells whether interfaces are up. Opened before confinement, asked at any time.
class InterfaceWatch {
 public:
  enum class Answer : std::uint8_t { up, down, missing };

  InterfaceWatch() noexcept;
  ~InterfaceWatch();
  InterfaceWatch(const InterfaceWatch&) = delete;
  InterfaceWatch& operator=(const InterfaceWatch&) = delete;

  Answer ask(const std::string& interface) const noexcept;  // "any" is always up

 private:
  int socket_;
};

}  // namespace sekimori
