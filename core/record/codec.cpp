#include "core/record/codec.h"

#include <algorithm>
#include <cmath>

#include "core/record/session_record_generated.h"

namespace sekimori {
namespace {

using flatbuffers::String;
using flatbuffers::Vector;

// Tables of a full batch: per record itself, two endpoints with their places, proxy, geo, TLS, SYN,
// timing and eight signatures. The verifier counts a shared table each time it is met.
constexpr flatbuffers::uoffset_t kTableLimit =
    1 + kBatchCounterLimit + kBatchLossLimit + kBatchRecordLimit * 18;
constexpr flatbuffers::uoffset_t kDepthLimit = 8;
// Bytes. A hello of 16 KiB lists at most 8,192 numbers of five characters each.
constexpr std::size_t kRawJa4Limit = 48 * 1024;
constexpr std::size_t kSmallestBuffer = 8;  // root offset and file identifier

// The whole years that a Timestamp prints and parses (core/text/timestamp.h).
constexpr Timestamp kOldest = std::chrono::sys_days{std::chrono::year{1678} / 1 / 1};
constexpr Timestamp kNewest = std::chrono::sys_days{std::chrono::year{2262} / 1 / 1};

// Copies values out of verified tables. The first value that cannot stand decides the fault, and
// reading goes on: what was read is thrown away whole.
class Reader {
 public:
  std::optional<Fault> fault() const noexcept { return fault_; }

  Batch batch(const wire::Batch& table) {
    Batch batch;
    if (table.schema() > kSchemaVersion) fail(Fault::unsupported);
    text(batch.id.sensor, table.sensor());
    batch.id.boot = table.boot();
    batch.id.sequence = table.sequence();
    text(batch.speaker.observer, table.observer());
    text(batch.speaker.observer_version, table.observer_version());
    batch.speaker.vantage = enumerator<Vantage>(table.vantage(), wire::Vantage::MAX);
    batch.speaker.path = enumerator<Path>(table.path(), wire::Path::MAX);
    if (table.counters() != nullptr) counters(batch.counters, *table.counters());
    if (table.records() != nullptr) records(batch, *table.records());
    if (table.losses() != nullptr) losses(batch.losses, *table.losses());
    return batch;
  }

 private:
  void fail(Fault fault) noexcept {
    if (!fault_) fault_ = fault;
  }

  template <std::size_t N>
  static void text(InlineText<N>& out, const String* text) noexcept {
    if (text != nullptr) out.assign({text->c_str(), text->size()});
  }
  // An enumerator past the last one known here comes from a newer sensor.
  template <typename Ours, typename Wire>
  Ours enumerator(Wire value, Wire last) noexcept {
    if (value > last) fail(Fault::unsupported);
    return value > last ? Ours{} : static_cast<Ours>(value);
  }
  CountryCode country(const String* text) noexcept {
    if (text == nullptr) return {};
    const auto code = CountryCode::parse({text->c_str(), text->size()});
    if (!code) fail(Fault::malformed);
    return code.value_or(CountryCode{});
  }
  Timestamp moment(std::int64_t nanoseconds) noexcept {
    const Timestamp time{std::chrono::nanoseconds{nanoseconds}};
    if (time >= kOldest && time < kNewest) return time;
    fail(Fault::malformed);
    return {};
  }
  std::optional<Timestamp> moment(flatbuffers::Optional<std::int64_t> nanoseconds) noexcept {
    if (!nanoseconds) return std::nullopt;
    return moment(*nanoseconds);
  }
  std::optional<double> degrees(flatbuffers::Optional<double> value, double limit) noexcept {
    if (!value) return std::nullopt;
    if (!(std::abs(*value) <= limit)) fail(Fault::malformed);  // not a number fails too
    return *value;
  }

  void counters(std::vector<Counter>& out,
                const Vector<flatbuffers::Offset<wire::Counter>>& tables) {
    if (tables.size() > kBatchCounterLimit) return fail(Fault::malformed);
    out.resize(tables.size());
    for (flatbuffers::uoffset_t at = 0; at < tables.size(); ++at) {
      text(out[at].name, tables.Get(at)->name());
      out[at].value = tables.Get(at)->value();
    }
  }
  void losses(std::vector<LossWindow>& out,
              const Vector<flatbuffers::Offset<wire::LossWindow>>& tables) {
    if (tables.size() > kBatchLossLimit) return fail(Fault::malformed);
    for (const wire::LossWindow* table : tables) {
      LossWindow window;
      // That something was lost is worth knowing even when it has no name here.
      const bool known = table->kind() <= wire::LossKind::MAX;
      window.kind = known ? static_cast<LossKind>(table->kind()) : LossKind::other;
      window.from = moment(table->from());
      window.until = moment(table->until());
      if (window.until < window.from) return fail(Fault::malformed);
      window.count = table->count();
      text(window.interface_name, table->interface_name());
      out.push_back(window);
    }
  }
  void records(Batch& batch, const Vector<flatbuffers::Offset<wire::SessionRecord>>& tables) {
    if (tables.size() > kBatchRecordLimit) return fail(Fault::malformed);
    batch.records.resize(tables.size());
    for (flatbuffers::uoffset_t at = 0; at < tables.size() && !fault_; ++at) {
      record(batch.records[at], *tables.Get(at), batch.speaker);
    }
  }

  void record(SessionRecord& out, const wire::SessionRecord& table, const Speaker& speaker) {
    if (table.id() != nullptr) {
      std::copy(table.id()->octets()->begin(), table.id()->octets()->end(), out.id.bytes.begin());
    }
    out.type = enumerator<EventType>(table.type(), wire::EventType::MAX);
    out.start = moment(table.start());
    out.end = moment(table.end());
    out.observer = speaker.observer;
    text(out.observer, table.observer());
    out.observer_version = speaker.observer_version;
    text(out.observer_version, table.observer_version());
    out.vantage = table.vantage() ? enumerator<Vantage>(*table.vantage(), wire::Vantage::MAX)
                                  : speaker.vantage;
    out.path = table.path() ? enumerator<Path>(*table.path(), wire::Path::MAX) : speaker.path;
    out.protocol = table.protocol();
    out.vlan = table.vlan();
    text(out.network_protocol, table.network_protocol());
    text(out.application, table.application());
    if (table.client() != nullptr) endpoint(out.client, *table.client());
    if (table.server() != nullptr) endpoint(out.server, *table.server());
    if (table.geo() != nullptr) geo(out.geo, *table.geo());
    if (table.proxy() != nullptr) {
      out.proxy.ip = address(table.proxy()->ipv4(), table.proxy()->ipv6());
      out.proxy.port = table.proxy()->port();
    }
    if (table.tls() != nullptr) {
      tls(out.tls, *table.tls());
      raw_ja4(out.ja4_r, table.tls()->ja4_r());
    }
    if (table.syn() != nullptr) syn(out.syn, *table.syn());
    if (table.timing() != nullptr) timing(out.timing, *table.timing());
    text(out.remote_access, table.remote_access());
    text(out.tunnel, table.tunnel());
    if (table.signatures() != nullptr) signatures(out, *table.signatures());
    out.loss.unseen_bytes = table.unseen_bytes();
    out.loss.window = table.loss_window();
    out.loss.duplicate_packets = table.duplicate_packets();
    out.vni = table.vni();
    text(out.rules_pack, table.rules_pack());
  }

  IpAddress address(flatbuffers::Optional<std::uint32_t> ipv4,
                    const wire::Octets16* ipv6) noexcept {
    if (ipv4 && ipv6 != nullptr) fail(Fault::malformed);
    if (ipv4) {
      const std::uint32_t ip = *ipv4;
      const std::array<std::uint8_t, 4> bytes{
          static_cast<std::uint8_t>(ip >> 24U), static_cast<std::uint8_t>(ip >> 16U),
          static_cast<std::uint8_t>(ip >> 8U), static_cast<std::uint8_t>(ip)};
      return IpAddress::v4(bytes);
    }
    if (ipv6 == nullptr) return {};
    std::array<std::uint8_t, 16> bytes{};
    std::copy(ipv6->octets()->begin(), ipv6->octets()->end(), bytes.begin());
    return IpAddress::v6(bytes);
  }

  void raw_ja4(std::string& out, const String* text) {
    if (text == nullptr) return;
    if (text->size() > kRawJa4Limit) return fail(Fault::malformed);
    out.assign(text->c_str(), text->size());
  }

  void endpoint(Endpoint& out, const wire::Endpoint& table) {
    out.ip = address(table.ipv4(), table.ipv6());
    out.port = table.port();
    out.bytes = table.bytes();
    out.packets = table.packets();
    if (table.geo() != nullptr) {
      out.geo.country = country(table.geo()->country());
      text(out.geo.city, table.geo()->city());
      out.geo.latitude = degrees(table.geo()->latitude(), 90);
      out.geo.longitude = degrees(table.geo()->longitude(), 180);
    }
    out.as.number = table.as_number();
    text(out.as.organization, table.as_organization());
  }

  void geo(GeoDetail& out, const wire::GeoDetail& table) {
    out.registered_country = country(table.registered_country());
    out.accuracy_radius_km = table.accuracy_radius_km();
    out.second_country = country(table.second_country());
    out.anonymous = table.anonymous();
    out.vpn = table.vpn();
    out.hosting = table.hosting();
    out.public_proxy = table.public_proxy();
    out.residential_proxy = table.residential_proxy();
    out.tor_exit = table.tor_exit();
    text(out.database_type, table.database_type());
    out.database_built = moment(table.database_built());
    text(out.as_database_type, table.as_database_type());
    out.as_database_built = moment(table.as_database_built());
  }

  void tls(TlsFacts& out, const wire::Tls& table) {
    text(out.version, table.version());
    text(out.cipher, table.cipher());
    text(out.next_protocol, table.next_protocol());
    text(out.server_name, table.server_name());
    if (table.alpn() != nullptr) {
      for (const String* name : *table.alpn()) {
        if (out.alpn.was_cut()) break;
        out.alpn.push_back(AlpnName{std::string_view{name->c_str(), name->size()}});
      }
    }
    text(out.ja3, table.ja3());
    text(out.ja4, table.ja4());
    text(out.ja3s, table.ja3s());
    text(out.server_subject, table.server_subject());
    text(out.server_issuer, table.server_issuer());
    out.ech = table.ech();
    out.hello_retry = table.hello_retry();
    out.no_fingerprint =
        enumerator<NoFingerprint>(table.no_fingerprint(), wire::NoFingerprint::MAX);
  }

  static void syn(SynFacts& out, const wire::Syn& table) noexcept {
    out.ttl = table.ttl();
    out.window = table.window();
    out.window_scale = table.window_scale();
    out.mss = table.mss();
    out.df = table.df();
    text(out.options, table.options());
  }

  static void timing(Timing& out, const wire::Timing& table) noexcept {
    out.client_rtt_us = table.client_rtt_us();
    out.server_rtt_us = table.server_rtt_us();
    out.hello_delay_us = table.hello_delay_us();
    out.tls_gap_us = table.tls_gap_us();
    out.retry_gap_us = table.retry_gap_us();
    out.turnaround_us = table.turnaround_us();
    out.turnaround_samples = table.turnaround_samples();
    out.ack_rtt_us = table.ack_rtt_us();
    out.ack_rtt_samples = table.ack_rtt_samples();
    out.quic_rtt_us = table.quic_rtt_us();
  }

  static void signatures(SessionRecord& out,
                         const Vector<flatbuffers::Offset<wire::Signature>>& tables) noexcept {
    for (const wire::Signature* table : tables) {
      if (out.signatures.was_cut()) break;
      SignatureMatch match;
      text(match.id, table->id());
      text(match.title, table->title());
      text(match.level, table->level());
      match.shadow = table->shadow();
      out.signatures.push_back(match);
    }
  }

  std::optional<Fault> fault_;
};

tl::unexpected<Defect> refuse(Fault fault) {
  return tl::unexpected{Defect{fault, Layer::record, 0}};
}

}  // namespace

Result<Batch> decode_batch(Bytes buffer) {
  if (buffer.size() < kSmallestBuffer) return refuse(Fault::truncated);
  if (buffer.size() > kBatchSizeLimit) return refuse(Fault::malformed);
  // A copy, because scalars are read in place and must be aligned from the buffer's beginning.
  const std::vector<std::uint8_t> aligned{buffer.begin(), buffer.end()};
  flatbuffers::Verifier verifier{aligned.data(), aligned.size(), kDepthLimit, kTableLimit};
  if (!wire::VerifyBatchBuffer(verifier)) return refuse(Fault::malformed);
  Reader reader;
  Batch batch = reader.batch(*wire::GetBatch(aligned.data()));
  if (reader.fault()) return refuse(*reader.fault());
  return batch;
}

}  // namespace sekimori
