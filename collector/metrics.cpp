#include "collector/metrics.h"

#include <algorithm>

#include "collector/judge/words.h"
#include "core/health/exposition.h"
#include "core/health/rule_metrics.h"

namespace sekimori {
namespace {

constexpr MetricType kCounter = MetricType::counter;
constexpr MetricType kGauge = MetricType::gauge;

double seconds_of(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

void write_receiver(Exposition& out, const ReceiverCounters& receiver) {
  out.counter("batches_committed_total", "Batches committed and acknowledged.",
              receiver.batches_committed);
  out.counter("records_committed_total", "Records in those batches.", receiver.records_committed);
  out.counter("batches_repeated_total", "Batches that were committed already, kept once.",
              receiver.batches_repeated);
  out.counter("batches_out_of_order_total", "Batches past the next one: asked for again.",
              receiver.batches_out_of_order);
  out.counter("batches_unreadable_total", "Batches that could not be read.",
              receiver.batches_unreadable);
  out.counter("batches_missing_total", "Batches that their sensor no longer had: lost.",
              receiver.batches_missing);
  out.counter("commits_failed_total", "Commits that the store refused; the sensor sends again.",
              receiver.commits_failed);
  out.counter("greetings_total", "Greetings of sensors accepted.", receiver.greetings);
  out.counter("greetings_refused_total", "Greetings refused: wrong name, or a newer version.",
              receiver.greetings_refused);
  out.counter("keys_refused_total", "Connections with a key that is not on the list.",
              receiver.keys_refused);
  out.counter("connections_ended_total",
              "Connections ended because their address held too many already.",
              receiver.connections_ended);
  out.counter("batches_over_quota_total",
              "Batches not taken now because their sensor is above its quota; it keeps them.",
              receiver.batches_over_quota);
  out.counter("batches_quarantined_total", "Unreadable batches kept as they came.",
              receiver.batches_quarantined);
  out.counter("bad_messages_total", "Messages of known sensors that could not be read.",
              receiver.bad_messages);
}

void write_sensors(Exposition& out,
                   const std::map<std::string, SensorProgress::One, std::less<>>& sensors) {
  out.family(kCounter, "sensor_batches_total", "Batches committed of a sensor since the start.");
  for (const auto& [name, one] : sensors) out.sample(one.batches, {{"sensor", name}});
  out.family(kCounter, "sensor_records_total", "Records committed of a sensor since the start.");
  for (const auto& [name, one] : sensors) out.sample(one.records, {{"sensor", name}});
  out.family(kGauge, "sensor_last_batch_timestamp_seconds",
             "When the last batch of a sensor was committed.");
  for (const auto& [name, one] : sensors) {
    out.sample(seconds_of(one.arrived.time_since_epoch()), {{"sensor", name}});
  }
  out.family(kGauge, "sensor_lag_seconds",
             "From the newest packet of a sensor's last batch with records to its commit.");
  for (const auto& [name, one] : sensors) {
    if (one.newest) out.sample(seconds_of(one.arrived - *one.newest), {{"sensor", name}});
  }
}

void write_waiting(Exposition& out, const Arrivals::Waiting& waiting) {
  out.gauge("waiting_sessions", "Committed records that are not judged yet.",
            std::uint64_t{waiting.sessions});
  out.gauge("waiting_claims", "Committed claims that are not judged yet.",
            std::uint64_t{waiting.claims});
  out.gauge("judging_lag_seconds", "Age of the oldest of them; 0: none.", seconds_of(waiting.age));
}

void write_join(Exposition& out, const JoinCounters& join) {
  out.counter("sessions_total", "Sessions taken into the join.", join.sessions);
  out.counter("sessions_doubled_total", "Records that were there already.",
              join.duplicate_sessions);
  out.counter("sessions_unjoinable_total", "Sessions that no claim can fit.",
              join.unjoinable_sessions);
  out.family(kCounter, "sessions_forgotten_total", "Sessions no longer remembered for claims.")
      .sample(join.forgotten_sessions, {{"why", "age"}})
      .sample(join.evicted_sessions, {{"why", "capacity"}});
  out.counter("claims_total", "Claims taken.", join.claims);
  out.counter("claims_doubled_total", "Claims that were there already.", join.duplicate_claims);
  out.counter("claims_hurried_total", "Claims answered before their time, for want of room.",
              join.hurried_claims);
  out.counter("scans_cut_total", "Searches for a session that were cut short.", join.scans_cut);
  out.family(kGauge, "claims_by_outcome", "Claims by their latest answer.");
  for (std::size_t at = 0; at < join.outcomes.size(); ++at) {
    out.sample(join.outcomes[at],
               {{"outcome", word_of(JoinOutcome{static_cast<std::uint8_t>(at)})}});
  }
}

void write_correlations(Exposition& out, const CorrelationTotals& totals) {
  out.family(kCounter, "correlation_events_total",
             "Events that came to correlations, since these are in force.")
      .sample(totals.events, {{"what", "counted"}})
      .sample(totals.undecided, {{"what", "undecided"}})
      .sample(totals.late, {{"what", "late"}});
  out.counter("correlation_held_total", "Events on which a correlation held.", totals.held);
  out.counter("correlation_forgotten_events_total",
              "Events that correlations forgot early, for want of room.", totals.forgotten_events);
  out.gauge("correlation_kept_events", "Events that correlations remember.", totals.kept);
}

}  // namespace

void SensorProgress::note(const Batch& batch, Timestamp arrival) {
  std::optional<Timestamp> newest;
  for (const SessionRecord& record : batch.records) {
    newest = std::max(newest.value_or(record.end), record.end);
  }
  const std::lock_guard lock{mutex_};
  One& one = sensors_[std::string{batch.id.sensor.view()}];
  ++one.batches;
  one.records += batch.records.size();
  one.arrived = arrival;
  if (newest) one.newest = newest;
}

std::map<std::string, SensorProgress::One, std::less<>> SensorProgress::get() const {
  const std::lock_guard lock{mutex_};
  return sensors_;
}

std::string collector_status(const CollectorTotals& totals) {
  std::uint64_t verdicts = 0;
  for (const std::uint64_t count : totals.judged.verdicts) verdicts += count;
  const ReceiverCounters received = totals.receiver.value_or(ReceiverCounters{});
  return (totals.store_failing ? "the store takes nothing; " : "") +
         std::to_string(received.records_committed) + " records of " +
         std::to_string(totals.sensors.size()) + " sensors committed, " +
         std::to_string(totals.waiting.sessions) + " wait to be judged; " +
         std::to_string(totals.judged.join.claims) + " claims, " + std::to_string(verdicts) +
         " verdicts";
}

std::string collector_metrics(const CollectorTotals& totals) {
  Exposition out{"sekimori_collector_"};
  out.family(kGauge, "info", "1; which version this is, and its rules.")
      .sample(std::uint64_t{1}, {{"version", SEKIMORI_VERSION}, {"pack", totals.judged.pack}});
  if (totals.receiver) write_receiver(out, *totals.receiver);
  write_sensors(out, totals.sensors);
  write_waiting(out, totals.waiting);
  write_join(out, totals.judged.join);
  out.family(kCounter, "verdicts_total", "Verdicts kept, by what they say of the claim.");
  for (std::size_t at = 0; at < totals.judged.verdicts.size(); ++at) {
    out.sample(totals.judged.verdicts[at],
               {{"mismatch", word_of(Mismatch{static_cast<std::uint8_t>(at)})}});
  }
  out.gauge("store_failing", "1 while the store takes nothing.",
            std::uint64_t{totals.store_failing ? 1U : 0U});
  out.gauge("store_bytes", "Size of the store's file.", totals.store_bytes);
  out.gauge("store_log_bytes", "Size of its write-ahead log.", totals.store_log_bytes);
  out.counter("store_purged_rows_total", "Rows deleted at the end of their retention.",
              totals.judged.purged);
  write_correlations(out, totals.judged.correlations);
  if (!totals.judged.pack.empty()) write_rule_metrics(out, totals.judged.rules);
  return out.take();
}

}  // namespace sekimori
