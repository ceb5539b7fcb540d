#pragma once

#include "core/record/session_record.h"

namespace sekimori {

using std::string_view_literals::operator""sv;

inline IpAddress sample_ip(std::string_view text) {
  return IpAddress::parse(text).value_or(IpAddress{});
}

inline CountryCode sample_country(std::string_view text) {
  return CountryCode::parse(text).value_or(CountryCode{});
}

inline Timestamp sample_time(std::int64_t nanoseconds) {
  return Timestamp{std::chrono::nanoseconds{nanoseconds}};
}

inline Endpoint sample_server() {
  Endpoint server;
  server.ip = sample_ip("198.51.100.7");
  server.port = 443;
  server.bytes = 48'211;
  server.packets = 52;
  server.geo = {sample_country("JP"), "Osaka"sv, 34.6937, 135.5023};
  server.as = {64501, "Example Hosting"sv};
  return server;
}

inline TlsFacts sample_tls() {
  TlsFacts tls;
  tls.version = "1.3"sv;
  tls.cipher = "TLS_AES_128_GCM_SHA256"sv;
  tls.next_protocol = "h2"sv;
  tls.server_name = "platform.example"sv;
  tls.alpn.push_back(AlpnName{"h2"sv});
  tls.alpn.push_back(AlpnName{"http/1.1"sv});
  tls.ja3 = "cd08e31494f9531f560d64c695473da9"sv;
  tls.ja4 = "t13d1516h2_8daaf6152771_e5627efa2ab1"sv;
  tls.ja3s = "eb1d94daa7e0344597e756a1fb6e7054"sv;
  tls.server_subject = "C=JP, O=Example, CN=platform.example"sv;
  tls.server_issuer = "O=Example Authority"sv;
  tls.ech = false;
  tls.hello_retry = true;
  tls.no_fingerprint = NoFingerprint::incomplete;
  return tls;
}

// Every field present, each value different from its neighbours, so that a swap shows.
inline SessionRecord sample_record() {
  SessionRecord record;
  for (std::size_t at = 0; at < record.id.bytes.size(); ++at) {
    record.id.bytes[at] = static_cast<std::uint8_t>(0x10 + at);
  }
  record.type = EventType::start;
  record.start = sample_time(1'711'414'923'456'789'000);
  record.end = sample_time(1'711'414'924'956'789'123);
  record.observer = "edge-1"sv;
  record.observer_version = "0.1.0"sv;
  record.vantage = Vantage::egress;
  record.path = Path::direct;
  record.protocol = 6;
  record.vlan = 120;
  record.vni = 66051;
  record.proxy = {sample_ip("192.0.2.33"), 40001};
  record.ja4_r = "t13d0102h2_1301_002b";
  record.network_protocol = "tls"sv;
  record.application = "anydesk"sv;
  record.client.ip = sample_ip("203.0.113.9");
  record.client.port = 50123;
  record.client.bytes = 5'123;
  record.client.packets = 31;
  record.client.geo = {sample_country("CN"), "Dandong"sv, 40.125, 124.375};
  record.client.as = {64500, "Example Telecom"sv};
  record.server = sample_server();
  record.geo = {sample_country("HK"),
                50,
                sample_country("RU"),
                true,
                false,
                true,
                false,
                true,
                false,
                "GeoLite2-City"sv,
                sample_time(1'700'000'000'000'000'000),
                "GeoLite2-ASN"sv,
                sample_time(1'700'000'001'000'000'000)};
  record.tls = sample_tls();
  record.syn = {54, 64240, 8, 1460, true, "2-4-8-1-3"sv};
  record.timing = {101, 102, 103, 104, 105, 106, 107, 108, 109, 110};
  record.remote_access = "anydesk"sv;
  record.tunnel = "openvpn"sv;
  record.rules_pack = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"sv;
  record.signatures.push_back({"5e0e7a52-0b6c-4d5e-9c1f-7d3b3a1c0001"sv, "AnyDesk"sv, "medium"sv});
  record.signatures.push_back(
      {"5e0e7a52-0b6c-4d5e-9c1f-7d3b3a1c0002"sv, "OpenVPN"sv, "high"sv, true});
  record.loss = {77, true, 5};
  return record;
}

}  // namespace sekimori
