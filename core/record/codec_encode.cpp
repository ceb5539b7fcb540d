#include <algorithm>

#include "core/record/codec.h"
#include "core/record/session_record_generated.h"

namespace sekimori {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using flatbuffers::String;

std::int64_t nanoseconds(Timestamp time) {
  return time.time_since_epoch().count();
}

// Empty is absent. Texts repeat from record to record, so each is stored once.
Offset<String> text(FlatBufferBuilder& out, std::string_view text) {
  if (text.empty()) return {};
  return out.CreateSharedString(text.data(), text.size());
}

// Here an empty text differs from an absent one, which means the batch's own.
Offset<String> text_unless(FlatBufferBuilder& out, std::string_view text, std::string_view usual) {
  if (text == usual) return {};
  return out.CreateSharedString(text.data(), text.size());
}

wire::Octets16 octets(std::span<const std::uint8_t, 16> bytes) {
  return wire::Octets16{flatbuffers::span<const std::uint8_t, 16>{bytes.data(), bytes.size()}};
}

Offset<wire::Place> encode(FlatBufferBuilder& out, const Place& place) {
  const auto country = text(out, place.country.text());
  const auto city = text(out, place.city);
  wire::PlaceBuilder table{out};
  table.add_country(country);
  table.add_city(city);
  if (place.latitude) table.add_latitude(*place.latitude);
  if (place.longitude) table.add_longitude(*place.longitude);
  return table.Finish();
}

std::uint32_t host_order(const IpAddress& ip) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : ip.bytes()) value = value << 8U | byte;
  return value;
}

Offset<wire::Endpoint> encode(FlatBufferBuilder& out, const Endpoint& endpoint) {
  const auto geo = encode(out, endpoint.geo);
  const auto organization = text(out, endpoint.as.organization);
  const wire::Octets16 ipv6 = octets(endpoint.ip.storage());
  wire::EndpointBuilder table{out};
  if (endpoint.ip.is_v4()) table.add_ipv4(host_order(endpoint.ip));
  if (endpoint.ip.is_v6()) table.add_ipv6(&ipv6);
  if (endpoint.port) table.add_port(*endpoint.port);
  table.add_bytes(endpoint.bytes);
  table.add_packets(endpoint.packets);
  table.add_geo(geo);
  table.add_as_number(endpoint.as.number);
  table.add_as_organization(organization);
  return table.Finish();
}

Offset<wire::GeoDetail> encode(FlatBufferBuilder& out, const GeoDetail& geo) {
  const auto registered = text(out, geo.registered_country.text());
  const auto second = text(out, geo.second_country.text());
  const auto type = text(out, geo.database_type);
  const auto as_type = text(out, geo.as_database_type);
  wire::GeoDetailBuilder table{out};
  table.add_registered_country(registered);
  if (geo.accuracy_radius_km) table.add_accuracy_radius_km(*geo.accuracy_radius_km);
  table.add_second_country(second);
  if (geo.anonymous) table.add_anonymous(*geo.anonymous);
  if (geo.vpn) table.add_vpn(*geo.vpn);
  if (geo.hosting) table.add_hosting(*geo.hosting);
  if (geo.public_proxy) table.add_public_proxy(*geo.public_proxy);
  if (geo.residential_proxy) table.add_residential_proxy(*geo.residential_proxy);
  if (geo.tor_exit) table.add_tor_exit(*geo.tor_exit);
  table.add_database_type(type);
  if (geo.database_built) table.add_database_built(nanoseconds(*geo.database_built));
  table.add_as_database_type(as_type);
  if (geo.as_database_built) table.add_as_database_built(nanoseconds(*geo.as_database_built));
  return table.Finish();
}

Offset<wire::Proxy> encode(FlatBufferBuilder& out, const ProxyPeer& proxy) {
  if (!proxy.ip) return {};
  const wire::Octets16 ipv6 = octets(proxy.ip.storage());
  wire::ProxyBuilder table{out};
  if (proxy.ip.is_v4()) table.add_ipv4(host_order(proxy.ip));
  if (proxy.ip.is_v6()) table.add_ipv6(&ipv6);
  if (proxy.port) table.add_port(*proxy.port);
  return table.Finish();
}

Offset<wire::Tls> encode(FlatBufferBuilder& out, const TlsFacts& tls, std::string_view raw_ja4) {
  const auto version = text(out, tls.version);
  const auto cipher = text(out, tls.cipher);
  const auto next_protocol = text(out, tls.next_protocol);
  const auto server_name = text(out, tls.server_name);
  std::vector<Offset<String>> names;
  for (const AlpnName& name : tls.alpn.view()) {
    names.push_back(out.CreateSharedString(name.view().data(), name.size()));
  }
  const auto alpn =
      names.empty() ? Offset<flatbuffers::Vector<Offset<String>>>{} : out.CreateVector(names);
  const auto ja3 = text(out, tls.ja3);
  const auto ja4 = text(out, tls.ja4);
  const auto ja3s = text(out, tls.ja3s);
  const auto ja4_r = text(out, raw_ja4);
  const auto server_subject = text(out, tls.server_subject);
  const auto server_issuer = text(out, tls.server_issuer);
  wire::TlsBuilder table{out};
  table.add_version(version);
  table.add_cipher(cipher);
  table.add_next_protocol(next_protocol);
  table.add_server_name(server_name);
  table.add_alpn(alpn);
  table.add_ja3(ja3);
  table.add_ja4(ja4);
  table.add_ja3s(ja3s);
  if (tls.ech) table.add_ech(*tls.ech);
  table.add_no_fingerprint(static_cast<wire::NoFingerprint>(tls.no_fingerprint));
  if (tls.hello_retry) table.add_hello_retry(*tls.hello_retry);
  table.add_ja4_r(ja4_r);
  table.add_server_subject(server_subject);
  table.add_server_issuer(server_issuer);
  return table.Finish();
}

Offset<wire::Syn> encode(FlatBufferBuilder& out, const SynFacts& syn) {
  const auto options = text(out, syn.options);
  wire::SynBuilder table{out};
  if (syn.ttl) table.add_ttl(*syn.ttl);
  if (syn.window) table.add_window(*syn.window);
  if (syn.window_scale) table.add_window_scale(*syn.window_scale);
  if (syn.mss) table.add_mss(*syn.mss);
  if (syn.df) table.add_df(*syn.df);
  table.add_options(options);
  return table.Finish();
}

Offset<wire::Timing> encode(FlatBufferBuilder& out, const Timing& timing) {
  wire::TimingBuilder table{out};
  if (timing.client_rtt_us) table.add_client_rtt_us(*timing.client_rtt_us);
  if (timing.server_rtt_us) table.add_server_rtt_us(*timing.server_rtt_us);
  if (timing.hello_delay_us) table.add_hello_delay_us(*timing.hello_delay_us);
  if (timing.tls_gap_us) table.add_tls_gap_us(*timing.tls_gap_us);
  if (timing.retry_gap_us) table.add_retry_gap_us(*timing.retry_gap_us);
  if (timing.turnaround_us) table.add_turnaround_us(*timing.turnaround_us);
  if (timing.turnaround_samples) table.add_turnaround_samples(*timing.turnaround_samples);
  if (timing.ack_rtt_us) table.add_ack_rtt_us(*timing.ack_rtt_us);
  if (timing.ack_rtt_samples) table.add_ack_rtt_samples(*timing.ack_rtt_samples);
  if (timing.quic_rtt_us) table.add_quic_rtt_us(*timing.quic_rtt_us);
  return table.Finish();
}

using Signatures = flatbuffers::Vector<Offset<wire::Signature>>;

Offset<Signatures> encode(FlatBufferBuilder& out, std::span<const SignatureMatch> matches) {
  if (matches.empty()) return {};
  std::vector<Offset<wire::Signature>> tables;
  for (const SignatureMatch& match : matches) {
    const auto id = text(out, match.id);
    const auto title = text(out, match.title);
    tables.push_back(wire::CreateSignature(out, id, title, text(out, match.level), match.shadow));
  }
  return out.CreateVector(tables);
}

Offset<wire::SessionRecord> encode(FlatBufferBuilder& out, const SessionRecord& record,
                                   const Speaker& speaker) {
  const auto observer = text_unless(out, record.observer, speaker.observer);
  const auto version = text_unless(out, record.observer_version, speaker.observer_version);
  const auto protocol = text(out, record.network_protocol);
  const auto application = text(out, record.application);
  const auto client = encode(out, record.client);
  const auto server = encode(out, record.server);
  const auto geo = encode(out, record.geo);
  const auto proxy = encode(out, record.proxy);
  const auto tls = encode(out, record.tls, record.ja4_r);
  const auto syn = encode(out, record.syn);
  const auto timing = encode(out, record.timing);
  const auto remote_access = text(out, record.remote_access);
  const auto tunnel = text(out, record.tunnel);
  const auto signatures = encode(out, record.signatures.view());
  const auto rules_pack = text(out, record.rules_pack);
  const wire::Octets16 id = octets(record.id.bytes);
  wire::SessionRecordBuilder table{out};
  table.add_id(&id);
  table.add_type(static_cast<wire::EventType>(record.type));
  table.add_start(nanoseconds(record.start));
  table.add_end(nanoseconds(record.end));
  table.add_observer(observer);
  table.add_observer_version(version);
  if (record.vantage != speaker.vantage) {
    table.add_vantage(static_cast<wire::Vantage>(record.vantage));
  }
  if (record.path != speaker.path) table.add_path(static_cast<wire::Path>(record.path));
  table.add_protocol(record.protocol);
  if (record.vlan) table.add_vlan(*record.vlan);
  table.add_network_protocol(protocol);
  table.add_application(application);
  table.add_client(client);
  table.add_server(server);
  table.add_geo(geo);
  table.add_tls(tls);
  table.add_syn(syn);
  table.add_timing(timing);
  table.add_remote_access(remote_access);
  table.add_tunnel(tunnel);
  table.add_signatures(signatures);
  if (record.loss.unseen_bytes) table.add_unseen_bytes(*record.loss.unseen_bytes);
  if (record.loss.window) table.add_loss_window(*record.loss.window);
  if (record.loss.duplicate_packets) table.add_duplicate_packets(*record.loss.duplicate_packets);
  table.add_proxy(proxy);
  if (record.vni) table.add_vni(*record.vni);
  table.add_rules_pack(rules_pack);
  return table.Finish();
}

}  // namespace

std::vector<std::uint8_t> encode_batch(const Batch& batch) {
  FlatBufferBuilder out;
  std::vector<Offset<wire::SessionRecord>> records;
  for (const SessionRecord& record : batch.records) {
    if (records.size() == kBatchRecordLimit) break;
    records.push_back(encode(out, record, batch.speaker));
  }
  std::vector<Offset<wire::Counter>> counters;
  for (const Counter& counter : batch.counters) {
    if (counters.size() == kBatchCounterLimit) break;
    counters.push_back(wire::CreateCounter(out, text(out, counter.name), counter.value));
  }
  std::vector<Offset<wire::LossWindow>> losses;
  for (const LossWindow& window : batch.losses) {
    if (losses.size() == kBatchLossLimit) break;
    losses.push_back(wire::CreateLossWindow(
        out, static_cast<wire::LossKind>(window.kind), window.from.time_since_epoch().count(),
        window.until.time_since_epoch().count(), window.count, text(out, window.interface_name)));
  }
  const auto record_list = out.CreateVector(records);
  const auto counter_list = out.CreateVector(counters);
  // None costs nothing: the store keeps each record as a batch.
  const auto loss_list = losses.empty() ? 0 : out.CreateVector(losses);
  const auto sensor = text(out, batch.id.sensor);
  const auto observer = text(out, batch.speaker.observer);
  const auto version = text(out, batch.speaker.observer_version);
  wire::BatchBuilder table{out};
  table.add_schema(kSchemaVersion);
  table.add_sensor(sensor);
  table.add_boot(batch.id.boot);
  table.add_sequence(batch.id.sequence);
  table.add_observer(observer);
  table.add_observer_version(version);
  table.add_vantage(static_cast<wire::Vantage>(batch.speaker.vantage));
  table.add_path(static_cast<wire::Path>(batch.speaker.path));
  table.add_counters(counter_list);
  table.add_records(record_list);
  table.add_losses(loss_list);
  wire::FinishBatchBuffer(out, table.Finish());
  return {out.GetBufferPointer(), out.GetBufferPointer() + out.GetSize()};
}

}  // namespace sekimori
