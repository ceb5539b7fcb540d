#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <optional>
#include <utility>

#include "core/net/community_id.h"
#include "core/record/field.h"

namespace sekimori {
namespace {

// How each kind of member becomes a field's value; empty and unset ones are absent.
template <std::size_t N>
FieldValue value_of(const InlineText<N>& text) noexcept {
  if (text.empty()) return {};
  return text.view();
}
FieldValue value_of(const std::string& text) noexcept {
  if (text.empty()) return {};
  return std::string_view{text};
}
FieldValue value_of(const CountryCode& country) noexcept {
  if (!country) return {};
  return country.text();
}
FieldValue value_of(const IpAddress& ip) noexcept {
  if (!ip) return {};
  return ip;
}
FieldValue value_of(Timestamp time) noexcept {
  return time;
}
FieldValue value_of(std::uint64_t number) noexcept {
  return number;
}
FieldValue value_of(bool flag) noexcept {
  return flag;
}
FieldValue value_of(double number) noexcept {
  return number;
}
template <std::unsigned_integral T>
FieldValue value_of(T number) noexcept {
  return std::uint64_t{number};
}
template <typename T>
FieldValue value_of(const std::optional<T>& maybe) noexcept {
  if (!maybe) return {};
  return value_of(*maybe);
}
FieldValue value_of(const InlineList<AlpnName, 8>& names) noexcept {
  if (names.empty()) return {};
  return names.view();
}
FieldValue value_of(const InlineList<SignatureMatch, 8>& matches) noexcept {
  if (matches.empty()) return {};
  return matches.view();
}
FieldValue value_of(EventType type) noexcept {
  return type == EventType::start ? std::string_view{"start"} : std::string_view{"end"};
}
FieldValue value_of(Vantage vantage) noexcept {
  return vantage == Vantage::edge ? std::string_view{"edge"} : std::string_view{"egress"};
}
FieldValue value_of(Path path) noexcept {
  constexpr std::array<std::string_view, 4> words{"undeclared", "direct", "l4", "l7"};
  return words.at(static_cast<std::size_t>(path));
}
FieldValue value_of(NoFingerprint reason) noexcept {
  constexpr std::array<std::string_view, 6> words{"",          "incomplete", "malformed",
                                                  "too_large", "pool_full",  "digest"};
  if (reason == NoFingerprint::none) return {};
  return words.at(static_cast<std::size_t>(reason));
}

// The member that a path of member pointers leads to.
template <typename T>
const T& walk(const T& whole) noexcept {
  return whole;
}
template <typename T, typename First, typename... Rest>
const auto& walk(const T& whole, First first, Rest... rest) noexcept {
  return walk(whole.*first, rest...);
}

template <auto... Members>
FieldValue member(const SessionRecord& record, FieldScratch& /*scratch*/) noexcept {
  return value_of(walk(record, Members...));
}

FieldValue event_id(const SessionRecord& record, FieldScratch& scratch) noexcept {
  scratch.assign(record.id.text());
  return scratch.view();
}

// Mean number of set bits in a byte of a whole head, 0 to 8: about 4 where the bytes look random.
// Absent when the head is cut short: few bytes say nothing.
template <auto Head>
FieldValue set_bits(const SessionRecord& record, FieldScratch& /*scratch*/) noexcept {
  const std::string_view hex = (record.*Head).view();
  if (hex.size() < PayloadHead::capacity()) return {};
  unsigned ones = 0;
  for (const char digit : hex) {
    const int nibble = digit <= '9' ? digit - '0' : digit - 'a' + 10;
    ones += static_cast<unsigned>(std::popcount(static_cast<unsigned>(nibble)));
  }
  return ones * 2.0 / static_cast<double>(hex.size());
}

// Nanoseconds. Absent when the end lies before the start, as a clock set back can make it.
FieldValue event_duration(const SessionRecord& record, FieldScratch& /*scratch*/) noexcept {
  if (record.end < record.start) return {};
  return static_cast<std::uint64_t>(record.end.time_since_epoch().count()) -
         static_cast<std::uint64_t>(record.start.time_since_epoch().count());
}

// IANA, protocol-numbers: the keyword in lower case, else the decimal number.
FieldValue network_transport(const SessionRecord& record, FieldScratch& scratch) noexcept {
  switch (record.protocol) {
    case 1:
      return std::string_view{"icmp"};
    case 2:
      return std::string_view{"igmp"};
    case 4:
      return std::string_view{"ipv4"};
    case 6:
      return std::string_view{"tcp"};
    case 17:
      return std::string_view{"udp"};
    case 33:
      return std::string_view{"dccp"};
    case 41:
      return std::string_view{"ipv6"};
    case 46:
      return std::string_view{"rsvp"};
    case 47:
      return std::string_view{"gre"};
    case 50:
      return std::string_view{"esp"};
    case 51:
      return std::string_view{"ah"};
    case 58:
      return std::string_view{"ipv6-icmp"};
    case 89:
      return std::string_view{"ospfigp"};
    case 94:
      return std::string_view{"ipip"};
    case 97:
      return std::string_view{"etherip"};
    case 103:
      return std::string_view{"pim"};
    case 108:
      return std::string_view{"ipcomp"};
    case 112:
      return std::string_view{"vrrp"};
    case 115:
      return std::string_view{"l2tp"};
    case 132:
      return std::string_view{"sctp"};
    case 136:
      return std::string_view{"udplite"};
    default:
      break;
  }
  std::array<char, 3> digits{};
  const char* const end = std::to_chars(digits.begin(), digits.end(), record.protocol).ptr;
  scratch.assign({digits.begin(), static_cast<std::size_t>(end - digits.begin())});
  return scratch.view();
}

// Who speaks to the server on the wire: a load balancer that names its client is that itself.
std::pair<IpAddress, std::optional<std::uint16_t>> peer_of(const SessionRecord& record) noexcept {
  if (record.proxy.ip) return {record.proxy.ip, record.proxy.port};
  return {record.client.ip, record.client.port};
}

FieldValue network_type(const SessionRecord& record, FieldScratch& /*scratch*/) noexcept {
  const IpAddress peer = peer_of(record).first;
  if (!peer) return {};
  return peer.is_v4() ? std::string_view{"ipv4"} : std::string_view{"ipv6"};
}

FieldValue network_community_id(const SessionRecord& record, FieldScratch& scratch) noexcept {
  const auto [peer, peer_port] = peer_of(record);
  const CommunityId id =
      community_id(record.protocol, {peer, peer_port}, {record.server.ip, record.server.port});
  if (id.empty()) return {};
  scratch.assign(id);
  return scratch.view();
}

template <Endpoint SessionRecord::*Side>
FieldValue as_number(const SessionRecord& record, FieldScratch& /*scratch*/) noexcept {
  const std::uint32_t number = (record.*Side).as.number;
  if (number == 0) return {};
  return std::uint64_t{number};
}

struct Row {
  FieldSpec spec;
  FieldValue (*read)(const SessionRecord& record, FieldScratch& scratch) noexcept;
};

using enum FieldType;
using Record = SessionRecord;

// clang-format off: one field a line.
constexpr Row kRows[] = {
    {{"@timestamp", moment}, member<&Record::end>},
    {{"event.id", text}, event_id},
    {{"event.type", text}, member<&Record::type>},
    {{"event.start", moment}, member<&Record::start>},
    {{"event.end", moment}, member<&Record::end>},
    {{"event.duration", integer}, event_duration},
    {{"observer.name", text}, member<&Record::observer>},
    {{"observer.version", text}, member<&Record::observer_version>},
    {{"network.transport", text}, network_transport},
    {{"network.type", text}, network_type},
    {{"network.community_id", text}, network_community_id},
    {{"network.vlan.id", integer}, member<&Record::vlan>},
    {{"network.protocol", text}, member<&Record::network_protocol>},
    {{"network.application", text}, member<&Record::application>},
    {{"client.ip", ip}, member<&Record::client, &Endpoint::ip>},
    {{"client.port", integer}, member<&Record::client, &Endpoint::port>},
    {{"client.bytes", integer}, member<&Record::client, &Endpoint::bytes>},
    {{"client.packets", integer}, member<&Record::client, &Endpoint::packets>},
    {{"client.geo.country_iso_code", text},
     member<&Record::client, &Endpoint::geo, &Place::country>},
    {{"client.geo.city_name", text}, member<&Record::client, &Endpoint::geo, &Place::city>},
    {{"client.geo.location.lat", real}, member<&Record::client, &Endpoint::geo, &Place::latitude>},
    {{"client.geo.location.lon", real}, member<&Record::client, &Endpoint::geo, &Place::longitude>},
    {{"client.as.number", integer}, as_number<&Record::client>},
    {{"client.as.organization.name", text},
     member<&Record::client, &Endpoint::as, &AutonomousSystem::organization>},
    {{"server.ip", ip}, member<&Record::server, &Endpoint::ip>},
    {{"server.port", integer}, member<&Record::server, &Endpoint::port>},
    {{"server.bytes", integer}, member<&Record::server, &Endpoint::bytes>},
    {{"server.packets", integer}, member<&Record::server, &Endpoint::packets>},
    {{"server.geo.country_iso_code", text},
     member<&Record::server, &Endpoint::geo, &Place::country>},
    {{"server.geo.city_name", text}, member<&Record::server, &Endpoint::geo, &Place::city>},
    {{"server.geo.location.lat", real}, member<&Record::server, &Endpoint::geo, &Place::latitude>},
    {{"server.geo.location.lon", real}, member<&Record::server, &Endpoint::geo, &Place::longitude>},
    {{"server.as.number", integer}, as_number<&Record::server>},
    {{"server.as.organization.name", text},
     member<&Record::server, &Endpoint::as, &AutonomousSystem::organization>},
    {{"tls.version", text}, member<&Record::tls, &TlsFacts::version>},
    {{"tls.cipher", text}, member<&Record::tls, &TlsFacts::cipher>},
    {{"tls.next_protocol", text}, member<&Record::tls, &TlsFacts::next_protocol>},
    {{"tls.client.server_name", text}, member<&Record::tls, &TlsFacts::server_name>},
    {{"tls.client.alpn", texts}, member<&Record::tls, &TlsFacts::alpn>},
    {{"tls.client.ja3", text}, member<&Record::tls, &TlsFacts::ja3>},
    {{"tls.client.ja4", text}, member<&Record::tls, &TlsFacts::ja4>},
    {{"tls.server.ja3s", text}, member<&Record::tls, &TlsFacts::ja3s>},
    {{"tls.server.subject", text}, member<&Record::tls, &TlsFacts::server_subject>},
    {{"tls.server.issuer", text}, member<&Record::tls, &TlsFacts::server_issuer>},
    {{"sekimori.vantage", text}, member<&Record::vantage>},
    {{"sekimori.path", text}, member<&Record::path>},
    {{"sekimori.geo.registered_country_iso_code", text},
     member<&Record::geo, &GeoDetail::registered_country>},
    {{"sekimori.geo.accuracy_radius", integer},
     member<&Record::geo, &GeoDetail::accuracy_radius_km>},
    {{"sekimori.geo.second_country_iso_code", text},
     member<&Record::geo, &GeoDetail::second_country>},
    {{"sekimori.geo.anonymous", boolean}, member<&Record::geo, &GeoDetail::anonymous>},
    {{"sekimori.geo.vpn", boolean}, member<&Record::geo, &GeoDetail::vpn>},
    {{"sekimori.geo.hosting", boolean}, member<&Record::geo, &GeoDetail::hosting>},
    {{"sekimori.geo.public_proxy", boolean}, member<&Record::geo, &GeoDetail::public_proxy>},
    {{"sekimori.geo.residential_proxy", boolean},
     member<&Record::geo, &GeoDetail::residential_proxy>},
    {{"sekimori.geo.tor_exit", boolean}, member<&Record::geo, &GeoDetail::tor_exit>},
    {{"sekimori.geo.database_type", text}, member<&Record::geo, &GeoDetail::database_type>},
    {{"sekimori.geo.database_build", moment}, member<&Record::geo, &GeoDetail::database_built>},
    {{"sekimori.geo.as_database_type", text}, member<&Record::geo, &GeoDetail::as_database_type>},
    {{"sekimori.geo.as_database_build", moment},
     member<&Record::geo, &GeoDetail::as_database_built>},
    {{"sekimori.vni", integer}, member<&Record::vni>},
    {{"sekimori.proxy.ip", ip}, member<&Record::proxy, &ProxyPeer::ip>},
    {{"sekimori.proxy.port", integer}, member<&Record::proxy, &ProxyPeer::port>},
    {{"sekimori.tls.ja4_r", text}, member<&Record::ja4_r>},
    {{"sekimori.tls.ech", boolean}, member<&Record::tls, &TlsFacts::ech>},
    {{"sekimori.tls.hello_retry", boolean}, member<&Record::tls, &TlsFacts::hello_retry>},
    {{"sekimori.tls.no_fingerprint", text}, member<&Record::tls, &TlsFacts::no_fingerprint>},
    {{"sekimori.tcp.ttl", integer}, member<&Record::syn, &SynFacts::ttl>},
    {{"sekimori.tcp.window", integer}, member<&Record::syn, &SynFacts::window>},
    {{"sekimori.tcp.window_scale", integer}, member<&Record::syn, &SynFacts::window_scale>},
    {{"sekimori.tcp.mss", integer}, member<&Record::syn, &SynFacts::mss>},
    {{"sekimori.tcp.options", text}, member<&Record::syn, &SynFacts::options>},
    {{"sekimori.tcp.df", boolean}, member<&Record::syn, &SynFacts::df>},
    {{"sekimori.timing.client_rtt_us", integer}, member<&Record::timing, &Timing::client_rtt_us>},
    {{"sekimori.timing.server_rtt_us", integer}, member<&Record::timing, &Timing::server_rtt_us>},
    {{"sekimori.timing.hello_delay_us", integer}, member<&Record::timing, &Timing::hello_delay_us>},
    {{"sekimori.timing.tls_gap_us", integer}, member<&Record::timing, &Timing::tls_gap_us>},
    {{"sekimori.timing.retry_gap_us", integer}, member<&Record::timing, &Timing::retry_gap_us>},
    {{"sekimori.timing.turnaround_us", integer}, member<&Record::timing, &Timing::turnaround_us>},
    {{"sekimori.timing.turnaround_samples", integer},
     member<&Record::timing, &Timing::turnaround_samples>},
    {{"sekimori.timing.ack_rtt_us", integer}, member<&Record::timing, &Timing::ack_rtt_us>},
    {{"sekimori.timing.ack_rtt_samples", integer},
     member<&Record::timing, &Timing::ack_rtt_samples>},
    {{"sekimori.timing.quic_rtt_us", integer}, member<&Record::timing, &Timing::quic_rtt_us>},
    {{"sekimori.remote_access.name", text}, member<&Record::remote_access>},
    {{"sekimori.tunnel.name", text}, member<&Record::tunnel>},
    {{"sekimori.rules.pack", text}, member<&Record::rules_pack>},
    {{"sekimori.signatures", FieldType::signatures}, member<&Record::signatures>},
    {{"sekimori.loss.unseen_bytes", integer}, member<&Record::loss, &Loss::unseen_bytes>},
    {{"sekimori.loss.window", boolean}, member<&Record::loss, &Loss::window>},
    {{"sekimori.loss.duplicate_packets", integer}, member<&Record::loss, &Loss::duplicate_packets>},
    // The sensor's own, last: session_fields() ends before them.
    {{"sekimori.payload.client_head", text}, member<&Record::client_head>},
    {{"sekimori.payload.server_head", text}, member<&Record::server_head>},
    {{"sekimori.payload.client_set_bits", real}, set_bits<&Record::client_head>},
    {{"sekimori.payload.server_set_bits", real}, set_bits<&Record::server_head>},
};
constexpr std::size_t kSensorOnly = 4;
// clang-format on

constexpr auto kSpecs = [] {
  std::array<FieldSpec, std::size(kRows)> specs{};
  for (std::size_t at = 0; at < specs.size(); ++at) specs[at] = kRows[at].spec;
  return specs;
}();

FieldValue read_session_field(const void* subject, FieldId id, FieldScratch& scratch) noexcept {
  if (id >= std::size(kRows)) return {};
  return kRows[id].read(*static_cast<const SessionRecord*>(subject), scratch);
}

}  // namespace

std::span<const FieldSpec> session_fields() noexcept {
  return sensor_fields().first(kSpecs.size() - kSensorOnly);
}

std::span<const FieldSpec> sensor_fields() noexcept {
  return kSpecs;
}

FieldReader session_reader(const SessionRecord& record) noexcept {
  return {&record, read_session_field};
}

std::optional<FieldId> find_field(std::span<const FieldSpec> schema,
                                  std::string_view name) noexcept {
  const auto found = std::find_if(schema.begin(), schema.end(),
                                  [name](const FieldSpec& spec) { return spec.name == name; });
  if (found == schema.end()) return std::nullopt;
  return static_cast<FieldId>(found - schema.begin());
}

}  // namespace sekimori
