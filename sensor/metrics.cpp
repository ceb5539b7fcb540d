#include "sensor/metrics.h"

#include "core/health/exposition.h"
#include "core/health/rule_metrics.h"

namespace sekimori {
namespace {

constexpr MetricType kCounter = MetricType::counter;
constexpr std::string_view kLayers[kLayerCount] = {"link", "ipv4", "ipv6", "tcp",
                                                   "udp",  "tls",  "quic", "record"};
constexpr std::string_view kFaults[kFaultCount] = {"truncated", "malformed", "unsupported"};

void write_frames(Exposition& out, const FrameCounters& frames) {
  out.counter("frames_total", "Frames read.", frames.frames);
  out.counter("wire_bytes_total", "Bytes of those frames as they were on the wire.",
              frames.wire_bytes);
  out.counter("packets_total", "Packets of sessions, fragments counted.", frames.packets);
  out.family(kCounter, "frame_defects_total", "Frames that were not decoded, by layer and fault.");
  for (std::size_t layer = 0; layer < kLayerCount; ++layer) {
    for (std::size_t fault = 0; fault < kFaultCount; ++fault) {
      const std::uint64_t count = frames.defects[layer][fault];
      if (count > 0) out.sample(count, {{"layer", kLayers[layer]}, {"fault", kFaults[fault]}});
    }
  }
  const FragmentCounters& joining = frames.joining;
  out.counter("fragments_total", "IP fragments taken.", joining.taken);
  out.counter("fragments_joined_total", "Of the fragments: their packet became whole.",
              joining.joined);
  out.family(kCounter, "fragments_lost_total", "Fragments of which no packet came, by reason.")
      .sample(joining.overlapping, {{"reason", "overlapping"}})
      .sample(joining.too_large, {{"reason", "too_large"}})
      .sample(joining.timed_out, {{"reason", "timed_out"}})
      .sample(joining.evicted, {{"reason", "evicted"}});
}

void write_interfaces(Exposition& out, const std::vector<InterfaceCounters>& interfaces) {
  if (interfaces.empty()) return;
  out.family(kCounter, "interface_frames_total", "Frames read from the rings of an interface.");
  for (const auto& one : interfaces) out.sample(one.received, {{"interface", one.name}});
  out.family(kCounter, "interface_drops_total",
             "Frames lost: the ring was full (kernel), the card or driver dropped (interface), "
             "or sessions could not be followed fast enough (sensor).");
  for (const auto& one : interfaces) {
    out.sample(one.kernel_drops, {{"interface", one.name}, {"where", "kernel"}})
        .sample(one.interface_drops, {{"interface", one.name}, {"where", "interface"}})
        .sample(one.queue_drops, {{"interface", one.name}, {"where", "sensor"}});
  }
  out.family(kCounter, "interface_missed_seconds_total",
             "Seconds in which an interface was down or not there.");
  for (const auto& one : interfaces) {
    out.sample(static_cast<double>(one.missed_ms) / 1000, {{"interface", one.name}});
  }
}

void write_flows(Exposition& out, const ShardTotals& shards) {
  out.counter("flows_opened_total", "Sessions begun.", shards.flows.opened);
  out.counter("flows_ended_total", "Sessions over.", shards.flows.ended);
  out.counter("flows_evicted_total", "Of those over: forgotten early for want of room.",
              shards.flows.evicted);
  out.gauge("flows_open", "Sessions remembered now.", shards.open);
  out.counter("mirror_duplicates_total", "Packets that a mirror doubled, removed.",
              shards.flows.duplicates);
  out.counter("hellos_total", "TLS hellos of clients and servers read.", shards.hellos.found);
  out.counter("hellos_broken_total", "Hellos begun that never could be read.",
              shards.hellos.broken);
  out.counter("hellos_forgotten_total", "Incomplete hellos given up for want of room.",
              shards.hellos.heads_forgotten);
  out.counter("hello_segments_refused_total", "Segments too far ahead of their hello.",
              shards.hellos.segments_refused);
}

void write_shipping(Exposition& out, const PublisherCounters& sent) {
  out.counter("records_total", "Session records made.", sent.records_offered);
  out.counter("records_acknowledged_total", "Records that a collector has committed.",
              sent.records_acknowledged);
  out.family(kCounter, "records_lost_total",
             "Records that no collector will have: no room to wait (queue), refused by the "
             "collector (refused), no room in memory and spool (memory), given up by the spool "
             "for size or age (spool).")
      .sample(sent.records_dropped, {{"reason", "queue"}})
      .sample(sent.records_refused, {{"reason", "refused"}})
      .sample(sent.records_lost, {{"reason", "memory"}})
      .sample(sent.spool ? sent.spool->lost_records : 0, {{"reason", "spool"}});
  out.counter("batches_sent_total", "Batches sent, each once.", sent.batches_sent);
  out.counter("batches_sent_again_total", "Batches sent once more.", sent.batches_sent_again);
  out.counter("batches_acknowledged_total", "Batches that a collector has committed.",
              sent.batches_acknowledged);
  out.counter("batches_refused_total", "Batches that a collector could not read.",
              sent.batches_refused);
  out.counter("greetings_total", "Greetings sent to collectors.", sent.greetings);
  out.counter("greetings_refused_total", "Greetings refused by a collector.",
              sent.greetings_refused);
  out.counter("failovers_total", "Changes to another collector of the list, and back.",
              sent.failovers);
  out.gauge("collector_index", "Which collector of the list serves, from 0.",
            std::uint64_t{sent.collector});
  out.counter("bad_messages_total", "Messages of a collector that could not be read.",
              sent.bad_messages);
}

void write_spool(Exposition& out, const SpoolCounters& spool) {
  out.gauge("spool_segments", "Segment files of the spool.", spool.segments);
  out.gauge("spool_bytes", "Bytes of all segment files.", spool.bytes);
  out.gauge("spool_batches", "Batches in the spool not yet read back.", spool.batches);
  out.gauge("spool_records", "Records in those batches.", spool.records);
  out.gauge("spool_oldest_age_seconds", "Age of the oldest of those batches; 0: none.",
            static_cast<double>(spool.oldest_age.count()) / 1000);
  out.counter("spool_batches_written_total", "Batches written to the spool.", spool.written);
  out.counter("spool_syncs_total", "Times that the spool was synced to the disk.", spool.syncs);
  out.counter("spool_write_failures_total", "Writes that failed: disk full or failing.",
              spool.failed_writes);
  out.counter("spool_corrupt_batches_total", "Batches whose bytes were no longer those written.",
              spool.corrupt_batches);
}

void write_classifier(Exposition& out, const ClassifierCounters& classifier) {
  out.counter("classifier_requests_total", "Sessions the classifier was asked about.",
              classifier.asked);
  out.counter("classifier_named_total", "Sessions that it named.", classifier.named);
  out.counter("classifier_lost_total", "Sessions over which it crashed or hung.", classifier.lost);
  out.counter("classifier_skipped_total",
              "Sessions it was not asked about: it was away, or too many came at once.",
              classifier.skipped);
  out.family(kCounter, "classifier_failures_total", "Classifier processes that ended early.")
      .sample(classifier.crashes, {{"how", "crash"}})
      .sample(classifier.hangs, {{"how", "hang"}});
}

}  // namespace

PacketTotals packet_totals(const LiveCounters& counters) {
  return {counters.frames, counters.shards, counters.interfaces};
}

PacketTotals packet_totals(const RunTotals& totals) {
  return {totals.frames, totals.shards, {}};
}

std::string sensor_metrics(const PacketTotals& packets, const Publisher& publisher,
                           const ClassifierProcess* classifier, const PackSlot& rules,
                           std::string_view observer) {
  const std::shared_ptr<const RulePack> pack = rules.get();
  const PublisherCounters sent = publisher.counters();
  Exposition out{"sekimori_sensor_"};
  out.family(MetricType::gauge, "info", "1; who this sensor is, and its rules.")
      .sample(std::uint64_t{1},
              {{"observer", observer}, {"version", SEKIMORI_VERSION}, {"pack", pack->hash()}});
  write_frames(out, packets.frames);
  write_interfaces(out, packets.interfaces);
  write_flows(out, packets.shards);
  write_shipping(out, sent);
  if (sent.spool) write_spool(out, *sent.spool);
  if (classifier != nullptr) write_classifier(out, classifier->counters());
  if (!pack->hash().empty()) {
    write_rule_metrics(out, rules.tally().totals(*pack, Category::session));
  }
  return out.take();
}

}  // namespace sekimori
