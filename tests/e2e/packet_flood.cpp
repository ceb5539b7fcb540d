#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <thread>
#include <vector>

// Sends Ethernet frames with TCP segments as fast as it can or at a steady rate, and says how many.
// Each of FLOWS sessions is a SYN and then data of SIZE bytes to port 443, in turn.
//
//   packet_flood INTERFACE PACKETS PER_SECOND(0: as fast as it can) FLOWS SIZE
namespace {

constexpr std::size_t kHeaders = 14 + 20 + 20;
constexpr std::size_t kBurst = 32;

void put16(std::uint8_t* at, std::size_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8U);
  at[1] = static_cast<std::uint8_t>(value);
}

std::vector<std::uint8_t> frame_of(std::size_t payload) {
  std::vector<std::uint8_t> frame(kHeaders + payload, 0xaa);
  std::memset(frame.data(), 2, 12);  // no interface's own address: nobody answers
  put16(&frame[12], ETHERTYPE_IP);
  const std::array<std::uint8_t, 20> ip{0x45, 0, 0,  0, 0, 0, 0x40, 0, 64, 6,
                                        0,    0, 10, 1, 0, 0, 192,  0, 2,  1};
  std::memcpy(&frame[14], ip.data(), ip.size());
  put16(&frame[16], 40 + payload);
  std::memset(&frame[34], 0, 20);
  put16(&frame[36], 443);
  frame[46] = 0x50;
  put16(&frame[48], 65535);
  return frame;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 1;
  const std::uint64_t packets = std::strtoull(argv[2], nullptr, 10);
  const double per_second = std::strtod(argv[3], nullptr);
  const std::uint64_t flows = std::strtoull(argv[4], nullptr, 10);
  const std::size_t size = std::strtoull(argv[5], nullptr, 10);
  const int socket = ::socket(AF_PACKET, SOCK_RAW, 0);
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(::if_nametoindex(argv[1]));
  const int bypass = 1;
  ::setsockopt(socket, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof bypass);
  if (socket < 0 || ::bind(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    std::cerr << "packet_flood: " << argv[1] << ": " << std::strerror(errno) << '\n';
    return 1;
  }
  std::array<std::vector<std::uint8_t>, kBurst> frames;
  std::array<iovec, kBurst> parts{};
  std::array<mmsghdr, kBurst> messages{};
  for (std::size_t at = 0; at < kBurst; ++at) {
    frames[at] = frame_of(size);
    messages[at].msg_hdr.msg_iov = &parts[at];
    messages[at].msg_hdr.msg_iovlen = 1;
  }
  const auto began = std::chrono::steady_clock::now();
  std::uint64_t sent = 0;
  while (sent < packets) {
    const auto burst = static_cast<unsigned>(std::min<std::uint64_t>(kBurst, packets - sent));
    for (unsigned at = 0; at < burst; ++at) {
      const std::uint64_t flow = (sent + at) % flows;
      const std::uint64_t turn = (sent + at) / flows;
      std::vector<std::uint8_t>& frame = frames[at];
      put16(&frame[28], flow >> 14U);              // the source address's end
      put16(&frame[34], 1024 + (flow & 0x3fffU));  // and port
      const std::size_t payload = turn == 0 ? 0 : size;
      put16(&frame[16], 40 + payload);
      const auto sequence = static_cast<std::uint32_t>(turn == 0 ? 0 : 1 + (turn - 1) * size);
      put16(&frame[38], sequence >> 16U);
      put16(&frame[40], sequence & 0xffffU);
      frame[47] = turn == 0 ? 0x02 : 0x10;  // SYN, then ACK
      parts[at] = {frame.data(), kHeaders + payload};
    }
    unsigned done = 0;
    while (done < burst) {
      const int count = ::sendmmsg(socket, &messages[done], burst - done, 0);
      if (count > 0) {
        done += static_cast<unsigned>(count);
      } else if (errno != ENOBUFS && errno != EAGAIN) {
        std::cerr << "packet_flood: " << std::strerror(errno) << '\n';
        return 1;
      }
    }
    sent += burst;
    if (per_second > 0) {
      const std::chrono::duration<double> due{static_cast<double>(sent) / per_second};
      std::this_thread::sleep_until(
          began + std::chrono::duration_cast<std::chrono::steady_clock::duration>(due));
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << sent << ' ' << took.count() << '\n';
  return 0;
}
