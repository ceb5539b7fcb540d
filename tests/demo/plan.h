#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sekimori {

// Microseconds since 1970-01-01T00:00:00Z, the resolution of the recordings.
using RecordedTime = std::chrono::sys_time<std::chrono::microseconds>;

// An address as it lies in an IP header: 4 bytes or 16.
struct PlanAddress {
  std::vector<std::uint8_t> bytes;
  std::string text;

  bool is_ipv6() const { return bytes.size() == 16; }
  bool operator==(const PlanAddress&) const = default;
};

struct Travel {
  std::string country;  // ISO 3166-1 alpha-2
  std::string until;    // RFC 3339
};

struct Visit {
  std::string name;    // ACCOUNT-ORDINAL; also the stem of its recording
  RecordedTime at;     // when its first packet passes the edge
  std::string client;  // a program that record.sh knows; empty when no packet passes
  std::string path;    // of the request that the platform reports
  std::string event;
  std::chrono::seconds reported_after;
  std::uint16_t port;  // of a visit without packets; otherwise the recorded one counts
  bool with_port;      // whether the platform reports the port
};

struct Account {
  std::string name;
  std::string country;
  std::optional<Travel> travel;
  PlanAddress address;      // where relocate places it
  PlanAddress lab_address;  // where it was recorded; empty without packets
  std::uint32_t rtt_us;
  std::uint16_t mtu;
  std::uint8_t hops;
  std::vector<Visit> visits;
};

// The server's addresses, one of each family.
struct ServerPlace {
  PlanAddress ipv4;
  PlanAddress ipv6;

  const PlanAddress& like(const PlanAddress& other) const { return other.is_ipv6() ? ipv6 : ipv4; }
};

struct Plan {
  ServerPlace lab;
  ServerPlace edge;
  std::uint16_t port;
  std::vector<Account> accounts;
};

// Throws std::runtime_error that names file and line.
Plan read_plan(const std::filesystem::path& path);

}  // namespace sekimori
