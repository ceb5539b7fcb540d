#include "collector/service.h"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <thread>
#include <utility>

#include "collector/judge/verdict_json.h"
#include "core/text/secret_file.h"

namespace sekimori {
namespace {

// Between two looks for what is past its retention; more often while there is more.
constexpr std::chrono::minutes kPurgeInterval{10};
constexpr std::uint64_t kQuarantineSize = std::uint64_t{64} << 20U;

Timestamp clock_now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

}  // namespace

LoadedAll<ServiceSecrets> read_secrets(const CollectorConfig& config) {
  ServiceSecrets secrets;
  std::vector<Complaint> complaints;
  if (!config.receive.listen.empty()) {
    auto key = read_secret_key(config.receive.key);
    if (key) secrets.key = *key;
    if (!key) complaints.push_back(key.error());
    auto sensors = read_allowed_sensors(config.receive.sensors);
    if (sensors) secrets.sensors = std::move(*sensors);
    if (!sensors) {
      complaints.insert(complaints.end(), sensors.error().begin(), sensors.error().end());
    }
  }
  if (config.http.address) {
    auto token = read_secret_file(config.http.token);
    if (token) secrets.token = std::move(*token);
    if (!token) complaints.push_back(token.error());
    if (token && secrets.token.size() < kShortestToken) {
      complaints.push_back(
          {config.http.token, 0, 0,
           "holds a token shorter than " + std::to_string(kShortestToken) + " characters",
           "make one with: sekimori keys token"});
    }
  }
  if (!complaints.empty()) return tl::unexpected{complaints};
  return secrets;
}

LoadedAll<std::unique_ptr<Service>> Service::start(const CollectorConfig& config,
                                                   std::unique_ptr<Judging> judging, Log log) {
  const auto secrets = read_secrets(config);
  if (!secrets) return tl::unexpected{secrets.error()};
  std::unique_ptr<Service> service{new Service{config, std::move(judging), std::move(log)}};
  std::optional<Complaint> fault = service->open();
  if (!fault) fault = service->resume(clock_now());
  if (!fault) fault = service->open_receiver(*secrets);
  if (!fault) fault = service->open_api(*secrets);
  if (!fault) fault = service->open_metrics();
  if (fault) return tl::unexpected{std::vector{std::move(*fault)}};
  return service;
}

Service::Service(CollectorConfig config, std::unique_ptr<Judging> judging, Log log)
    : config_{std::move(config)},
      log_{std::move(log)},
      judging_{std::move(judging)},
      pipeline_{[this] {
                  JoinSettings join = config_.judging.join;
                  join.answers = AnswerPolicy::early;
                  return join;
                }(),
                {[this](SessionRecord& record) { judging_->enrich(record); },
                 [this](const Observation& observation) { return judging_->judge(observation); },
                 [this](const Verdict& verdict) {
                   VerdictLine line{verdict, {}};
                   append_verdict_json(line.json, verdict);
                   unsaved_.push_back(std::move(line));
                 },
                 [this](const SessionRecord& record) { judging_->on_session(record); }}} {}

Service::~Service() = default;

std::optional<Complaint> Service::open() {
  auto store = SqliteStore::open({config_.store.path, config_.store.size_limit});
  if (!store) return store.error();
  store_ = std::move(*store);
  if (config_.verdicts.empty()) return std::nullopt;
  auto lines = LineFile::open(config_.verdicts);
  if (!lines) return lines.error();
  lines_.emplace(std::move(*lines));
  return std::nullopt;
}

// What would still be remembered, had the collector not been away.
std::optional<Complaint> Service::resume(Timestamp now) {
  const JoinSettings& join = config_.judging.join;
  std::uint64_t sessions = 0;
  std::uint64_t claims = 0;
  const auto sessions_read =
      store_->sessions_since(now - join.memory, now - join.open_memory,
                             [&](Timestamp arrival, const SessionRecord& record) {
                               ++sessions;
                               pipeline_.advance(arrival);
                               pipeline_.on_session(record);
                             });
  if (!sessions_read) return sessions_read.error();
  if (const auto fault = recall(now)) return fault;
  const Timestamp oldest = now - std::max(join.open_memory, join.memory) - join.patience;
  const auto claims_read = store_->open_claims_since(oldest, [&](Claim claim) {
    ++claims;
    pipeline_.on_claim(std::move(claim));
  });
  if (!claims_read) return claims_read.error();
  if (sessions + claims > 0) {
    log_(LogLevel::info, "goes on with " + std::to_string(sessions) + " sessions and " +
                             std::to_string(claims) + " open claims from the store");
  }
  return std::nullopt;
}

// What correlations would still remember of claims. Of sessions they remember what the join does.
std::optional<Complaint> Service::recall(Timestamp now) {
  const auto memory = judging_->claim_memory();
  if (memory.count() == 0) return std::nullopt;
  std::uint64_t claims = 0;
  const auto read = store_->judged_claims_since(now - memory, CorrelatorLimits{}.events,
                                                [&](const Observation& observation) {
                                                  ++claims;
                                                  judging_->recall(observation);
                                                });
  if (!read) return read.error();
  if (claims > 0) {
    log_(LogLevel::info, "correlations remember " + std::to_string(claims) + " judged claims");
  }
  return std::nullopt;
}

std::optional<Complaint> Service::open_receiver(const ServiceSecrets& secrets) {
  if (config_.receive.listen.empty()) return std::nullopt;
  ReceiverOptions options;
  options.endpoint = config_.receive.listen;
  options.secret_key = secrets.key;
  options.sensors = secrets.sensors;
  options.quota = config_.receive.quota;
  options.connections_per_address = config_.receive.connections;
  if (!config_.receive.quarantine.empty()) {
    auto quarantine = Quarantine::open(config_.receive.quarantine, kQuarantineSize);
    if (!quarantine) return quarantine.error();
    options.quarantine = std::move(*quarantine);
  }
  options.warn = [this](const std::string& line) { log_(LogLevel::warning, line); };
  BatchSink sink;
  sink.committed = [this](const SensorName& sensor,
                          std::uint64_t boot) -> std::optional<std::uint64_t> {
    const auto sequence = store_->committed(sensor.view(), boot);
    if (sequence) return *sequence;
    store_fails(sequence.error());
    return std::nullopt;
  };
  sink.commit = [this](std::span<const Batch> batches) { return commit(batches); };
  auto receiver = RecordReceiver::start(std::move(options), std::move(sink));
  if (!receiver) return receiver.error();
  receiver_ = std::move(*receiver);
  log_(LogLevel::info, "receives records of " + std::to_string(secrets.sensors.size()) +
                           " sensors at " + receiver_->endpoint());
  return std::nullopt;
}

std::optional<Complaint> Service::open_api(const ServiceSecrets& secrets) {
  if (!config_.http.address) return std::nullopt;
  ApiHandlers handlers;
  handlers.take = [this](std::vector<Claim> claims) { return take(std::move(claims)); };
  handlers.verdicts = [this](const VerdictQuery& query) { return store_->verdicts(query); };
  handlers.now = clock_now;
  auto api = Api::start({*config_.http.address, config_.http.port, secrets.token}, handlers);
  if (!api) return api.error();
  api_ = std::move(*api);
  const std::string host{config_.http.address->text().view()};
  log_(LogLevel::info, "takes claims at http://" +
                           (config_.http.address->is_v6() ? "[" + host + "]" : host) + ":" +
                           std::to_string(api_->port()) + "/v1/claims");
  return std::nullopt;
}

// The batch with the sessions marked that lie in a window of loss, told now or before; empty inside
// when none does. Nothing: the store cannot say.
std::optional<std::optional<Batch>> Service::touched(const Batch& batch,
                                                     std::span<const LossWindow> told) {
  if (batch.records.empty()) return std::optional<Batch>{};
  const auto [first, last] = std::minmax_element(
      batch.records.begin(), batch.records.end(),
      [](const SessionRecord& one, const SessionRecord& two) { return one.start < two.start; });
  auto windows = store_->losses(batch.id.sensor.view(), first->start, last->start);
  if (!windows) {
    store_fails(windows.error());
    return std::nullopt;
  }
  windows->insert(windows->end(), told.begin(), told.end());
  windows->insert(windows->end(), batch.losses.begin(), batch.losses.end());
  if (windows->empty()) return std::optional<Batch>{};
  Batch marked = batch;
  if (mark_touched(*windows, marked.records) == 0) return std::optional<Batch>{};
  return marked;
}

std::optional<Complaint> Service::open_metrics() {
  tell();
  if (!config_.metrics) return std::nullopt;
  auto metrics = MetricsServer::open(*config_.metrics);
  if (!metrics) return metrics.error();
  metrics_ = std::move(*metrics);
  if (!metrics_->start([this] { return collector_metrics(totals()); })) {
    log_(LogLevel::warning, "metrics cannot be served");
  }
  return std::nullopt;
}

// What only the judging thread may look at, for the others.
void Service::tell() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_telling_) return;
  next_telling_ = now + kTotalsAge;
  judged_.join = pipeline_.join_counters();
  judged_.pack = judging_->pack_hash();
  judged_.rules = judging_->rule_totals();
  judged_.correlations = judging_->correlation_totals();
  const std::lock_guard lock{told_mutex_};
  told_ = judged_;
}

bool Service::receives() {
  if (!receiver_) return true;
  const std::uint64_t turns = receiver_->turns();
  return std::exchange(receiver_turns_, turns) != turns;
}

CollectorTotals Service::totals() const {
  CollectorTotals totals;
  if (receiver_) totals.receiver = receiver_->counters();
  totals.sensors = sensors_.get();
  totals.waiting = arrivals_.waiting();
  totals.store_failing = store_failing_;
  std::error_code none;  // a file that is not there has no size
  const auto size_of = [&none](const std::string& path) {
    const std::uintmax_t size = std::filesystem::file_size(path, none);
    return none ? 0U : size;
  };
  totals.store_bytes = size_of(config_.store.path);
  totals.store_log_bytes = size_of(config_.store.path + "-wal");
  const std::lock_guard lock{told_mutex_};
  totals.judged = told_;
  return totals;
}

bool Service::commit(std::span<const Batch> batches) {
  if (!arrivals_.has_room()) return false;
  std::vector<Batch> kept;
  kept.reserve(batches.size());
  std::vector<LossWindow> told;  // by the batches before, which are not in the store yet
  for (const Batch& batch : batches) {
    auto lossy = touched(batch, told);
    if (!lossy) return false;
    kept.push_back(*lossy ? std::move(**lossy) : batch);
    told.insert(told.end(), batch.losses.begin(), batch.losses.end());
  }
  const Timestamp arrival = clock_now();
  const auto done = store_->commit_batches(kept, arrival);
  if (!done) {
    store_fails(done.error());
    return false;
  }
  store_works();
  for (const Batch& batch : kept) {
    sensors_.note(batch, arrival);
    arrivals_.put(batch.records);
  }
  if (!done->empty()) arrivals_.put(*done);
  return true;
}

Intake Service::take(std::vector<Claim> claims) {
  if (!arrivals_.has_room()) return Intake::busy;
  auto fresh = store_->put_claims(std::move(claims), clock_now());
  if (!fresh) {
    store_fails(fresh.error());
    return Intake::failed;
  }
  store_works();
  arrivals_.put(std::move(*fresh));
  return Intake::kept;
}

void Service::turn(Timestamp now, std::chrono::milliseconds patience) {
  // Verdicts that could not be kept come first: nothing more is judged, and nothing let in, until
  // they are.
  if (!save_verdicts()) {
    std::this_thread::sleep_for(patience);
    return;
  }
  Arrivals::Taken taken = arrivals_.take(patience);
  for (const SessionRecord& record : taken.sessions) pipeline_.on_session(record);
  for (Claim& claim : taken.claims) pipeline_.on_claim(std::move(claim));
  pipeline_.advance(now);
  save_verdicts();
  purge(now);
  tell();
}

bool Service::save_verdicts() {
  if (unsaved_.empty()) return true;
  const auto kept = store_->put_verdicts(unsaved_);
  arrivals_.set_open(kept.has_value());
  if (!kept) {
    store_fails(kept.error());
    return false;
  }
  store_works();
  if (lines_) {
    for (const VerdictLine& line : unsaved_) lines_->add(line.json);
    if (const auto written = lines_->flush(); !written) {
      log_(LogLevel::error, written.error().text());
    }
  }
  for (const VerdictLine& line : unsaved_) {
    ++judged_.verdicts[static_cast<std::size_t>(line.verdict.mismatch)];
  }
  unsaved_.clear();
  return true;
}

void Service::purge(Timestamp now) {
  if (config_.store.retention.count() == 0 || now < next_purge_) return;
  const auto gone = store_->purge(now - config_.store.retention);
  if (!gone) store_fails(gone.error());
  if (gone) judged_.purged += *gone;
  const bool more = gone && *gone >= SqliteStore::kPurgeLimit;
  next_purge_ = more ? now : now + kPurgeInterval;
}

void Service::store_fails(const Complaint& complaint) {
  if (!store_failing_.exchange(true)) log_(LogLevel::error, complaint.text());
}

void Service::store_works() {
  if (store_failing_.exchange(false)) log_(LogLevel::info, "the store works again");
}

void Service::read_keys_again() {
  if (!receiver_) return;
  auto sensors = read_allowed_sensors(config_.receive.sensors);
  if (sensors) {
    log_(LogLevel::info, std::to_string(sensors->size()) + " keys of sensors are allowed");
    return receiver_->allow(std::move(*sensors));
  }
  for (const Complaint& one : sensors.error()) log_(LogLevel::error, one.text());
  log_(LogLevel::warning, "the sensors' keys are those from before");
}

void Service::reload(std::unique_ptr<Judging> judging) {
  judging->inherit(*judging_);
  judging_ = std::move(judging);
  log_(LogLevel::info, "judges with " + judging_->description());
  if (!lines_) return;
  auto lines = LineFile::open(config_.verdicts);
  if (lines) {
    lines_.emplace(std::move(*lines));
  } else {
    log_(LogLevel::error, lines.error().text());
  }
}

void Service::stop() {
  metrics_.reset();
  api_.reset();
  receiver_.reset();
  turn(clock_now(), std::chrono::milliseconds{0});
  const JoinCounters& counters = pipeline_.join_counters();
  log_(LogLevel::info,
       "stops after " + std::to_string(counters.sessions) + " sessions, " +
           std::to_string(counters.claims) + " claims and " +
           std::to_string(std::accumulate(judged_.verdicts.begin(), judged_.verdicts.end(),
                                          std::uint64_t{0})) +
           " verdicts");
  if (const std::string told = judging_->correlations_description(); !told.empty()) {
    log_(LogLevel::info, told);
  }
}

}  // namespace sekimori
