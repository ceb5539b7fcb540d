#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collector/arrivals.h"
#include "collector/config.h"
#include "collector/judging.h"
#include "collector/line_file.h"
#include "collector/metrics.h"
#include "collector/pipeline.h"
#include "collector/receive/record_receiver.h"
#include "collector/store/sqlite_store.h"
#include "collector/web/api.h"
#include "core/health/metrics_server.h"
#include "core/text/complaint.h"

namespace sekimori {

// As syslog numbers them.
enum class LogLevel : std::uint8_t { error = 3, warning = 4, info = 6 };
using Log = std::function<void(LogLevel, const std::string& line)>;  // from any thread

// Keys and token, read and checked; what is not configured is empty.
struct ServiceSecrets {
  CurveKey key;
  std::vector<AllowedSensor> sensors;
  std::string token;
};
LoadedAll<ServiceSecrets> read_secrets(const CollectorConfig& config);

// The collector at work: records and claims come in on their own threads and are committed there;
// the caller's thread judges what was committed, in turns. Whatever is killed between goes on from
// the store: what was acknowledged is judged after the next start.
class Service {
 public:
  static LoadedAll<std::unique_ptr<Service>> start(const CollectorConfig& config,
                                                   std::unique_ptr<Judging> judging, Log log);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Judges what has come, waiting for it at most so long. `now` is the clock.
  void turn(Timestamp now, std::chrono::milliseconds patience);
  // Rules, databases and the file of verdicts as the configuration names them now. A fault changes
  // nothing.
  void reload(std::unique_ptr<Judging> judging);
  // Whether the thread that receives has gone round since it was last said; for the thread that
  // calls turn().
  bool receives();
  // On any thread.
  CollectorTotals totals() const;
  // The folder receive.sensors as it is now; as it was, when it holds a fault.
  void read_keys_again();
  // Takes nothing more, and judges what was committed.
  void stop();

 private:
  Service(CollectorConfig config, std::unique_ptr<Judging> judging, Log log);
  std::optional<Complaint> open();
  std::optional<Complaint> resume(Timestamp now);
  std::optional<Complaint> recall(Timestamp now);
  std::optional<Complaint> open_receiver(const ServiceSecrets& secrets);
  std::optional<Complaint> open_api(const ServiceSecrets& secrets);
  std::optional<std::optional<Batch>> touched(const Batch& batch, std::span<const LossWindow> told);
  std::optional<Complaint> open_metrics();
  void tell();
  bool commit(std::span<const Batch> batches);
  Intake take(std::vector<Claim> claims);
  bool save_verdicts();
  void purge(Timestamp now);
  // Says a fault of the store once, until it is over.
  void store_fails(const Complaint& complaint);
  void store_works();

  CollectorConfig config_;
  Log log_;
  std::unique_ptr<Judging> judging_;
  std::unique_ptr<SqliteStore> store_;
  std::optional<LineFile> lines_;
  Arrivals arrivals_;
  Pipeline pipeline_;
  std::vector<VerdictLine> unsaved_;
  CollectorTotals::Judged judged_;  // its numbers of verdicts and rows are always of now
  std::chrono::steady_clock::time_point next_telling_{};
  mutable std::mutex told_mutex_;
  CollectorTotals::Judged told_;
  SensorProgress sensors_;
  std::uint64_t receiver_turns_ = 0;  // when it was last seen to move
  Timestamp next_purge_ = Timestamp::min();
  std::atomic<bool> store_failing_ = false;
  std::unique_ptr<RecordReceiver> receiver_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<MetricsServer> metrics_;  // asks all of the above
};

}  // namespace sekimori
