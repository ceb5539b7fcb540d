#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/net/country.h"
#include "core/net/ip_address.h"
#include "core/text/timestamp.h"

namespace sekimori {

// Where the platform knows that a person is for a while.
struct Travel {
  CountryCode country;
  Timestamp until;
};

// Hashes made by the platform; the originals are never seen here. Empty: not said.
struct ClaimLinks {
  std::string payout, document, phone, email;
};

// What the platform says about one request (DESIGN.md, section 5).
struct Claim {
  std::string id;      // given, or derived from the other fields: the same claim twice is one
  Timestamp time;      // when the request began
  Timestamp received;  // given, or the time of arrival
  std::string account;
  CountryCode country;
  IpAddress ip;
  std::optional<std::uint16_t> port;
  std::optional<IpAddress> server_ip;
  std::optional<std::uint16_t> server_port;
  std::string event, user_agent, time_zone, language;  // empty: not said
  std::optional<Travel> travel;
  ClaimLinks links;
};

}  // namespace sekimori
