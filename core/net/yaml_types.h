#pragma once

#include <string_view>

#include "core/net/country.h"
#include "core/net/ip_address.h"
#include "core/net/listen_address.h"
#include "core/text/yaml_map.h"

namespace sekimori {

// What an address, a network or a country looks like in a configuration or a rule.
inline constexpr YamlType<IpAddress> kYamlIpAddress{
    [](std::string_view text) { return IpAddress::parse(text); },
    "an IP address such as 192.0.2.1 or 2001:db8::1"};
inline constexpr YamlType<Network> kYamlNetwork{
    [](std::string_view text) { return Network::parse(text); },
    "a network such as 192.0.2.0/24 or 2001:db8::/32"};
inline constexpr YamlType<ListenAddress> kYamlListenAddress{
    [](std::string_view text) { return parse_listen_address(text); },
    "an address and a port such as 127.0.0.1:7356 or [::1]:7356"};
inline constexpr YamlType<CountryCode> kYamlCountry{
    [](std::string_view text) { return CountryCode::parse(text); },
    "a country as ISO 3166-1 alpha-2, such as JP"};

}  // namespace sekimori
