#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>

#include "cli/doctor.h"
#include "collector/config.h"
#include "collector/judging.h"
#include "collector/service.h"
#include "collector/store/store_check.h"

namespace sekimori {
namespace {

// A sensor of a quiet link still reports what it counts.
constexpr double kSilentSensor = 600;
constexpr double kLateJudging = 10;
constexpr double kLateSensor = 60;
// A record cannot come before its last packet but for a clock that is ahead.
constexpr double kClockAhead = 2;
constexpr std::uint64_t kFreeForStore = std::uint64_t{1} << 30U;  // bytes

std::string number(double value) {
  return std::to_string(static_cast<std::int64_t>(value));
}

void examine_store(Doctor& doctor, const StoreConfig& store, bool whole) {
  if (store.path.empty()) return;
  struct stat status {};
  if (::stat(store.path.c_str(), &status) != 0) {
    const std::string folder = std::filesystem::path{store.path}.parent_path().string();
    if (::stat(folder.empty() ? "." : folder.c_str(), &status) == 0) {
      return doctor.say(Severity::note, "store", store.path + " is not there yet",
                        "the collector makes it when it starts");
    }
    return doctor.say(Severity::error, "store", "the folder of " + store.path + " is not there",
                      "make it, owned by the collector's user, mode 0700");
  }
  if ((status.st_mode & 077U) != 0) {
    doctor.say(Severity::warning, "store", store.path + " can be used by others than its owner",
               "chmod 0600 " + store.path + ": it names people's addresses");
  }
  const auto faults = check_store(store.path, whole ? StoreCheck::thorough : StoreCheck::quick);
  if (!faults) {
    doctor.say("store", faults.error());
  } else if (!faults->empty()) {
    doctor.say(
        Severity::error, "store",
        store.path + " is damaged: " + faults->front() +
            (faults->size() > 1 ? " (and " + std::to_string(faults->size() - 1) + " faults more)"
                                : ""),
        "stop the collector, keep the file for sqlite3's .recover, start with a new one: "
        "sensors send again what was not committed");
  } else {
    doctor.say(Severity::good, "store",
               store.path + " is whole, " +
                   std::to_string(static_cast<std::uint64_t>(status.st_size) >> 20U) + " MiB");
  }
  if (store.size_limit > 0 &&
      static_cast<std::uint64_t>(status.st_size) > store.size_limit / 10 * 9) {
    doctor.say(Severity::warning, "store", "the store is near its size limit",
               "shorten store.retention or raise store.size_limit: full, it takes nothing");
  }
  examine_disk(doctor, "store", store.path, kFreeForStore);
}

void examine_secrets(Doctor& doctor, const CollectorConfig& config, ServiceSecrets& secrets) {
  auto read = read_secrets(config);
  if (!read) return doctor.say("keys", read.error());
  secrets = std::move(*read);
  if (!config.receive.listen.empty() && secrets.sensors.empty()) {
    return doctor.say(Severity::warning, "keys", "no sensor is let in",
                      "put each sensor's public key into " + config.receive.sensors);
  }
  doctor.say(Severity::good, "keys",
             "key and token can be read, and by nobody else; " +
                 std::to_string(secrets.sensors.size()) + " sensors are let in");
}

void examine_sensors(Doctor& doctor, const Scrape& scrape, const ServiceSecrets& secrets) {
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::set<std::string, std::less<>> heard;
  for (const Sample* one : scrape.all("sekimori_collector_sensor_last_batch_timestamp_seconds")) {
    const std::string name{one->label("sensor")};
    heard.insert(name);
    if (now - one->value > kSilentSensor) {
      doctor.say(Severity::warning, "metrics",
                 "sensor '" + name + "' has sent nothing for " + number(now - one->value) + " s",
                 "is it running, and can it reach this collector? run doctor there");
    }
  }
  for (const AllowedSensor& sensor : secrets.sensors) {
    if (heard.contains(sensor.name)) continue;
    doctor.say(Severity::note, "metrics",
               "sensor '" + sensor.name + "' has sent nothing since the collector started",
               "run doctor there, or take its key out of the list");
  }
  for (const Sample* one : scrape.all("sekimori_collector_sensor_lag_seconds")) {
    const std::string name{one->label("sensor")};
    if (one->value < -kClockAhead) {
      doctor.say(Severity::warning, "metrics",
                 "the clock of sensor '" + name + "' is " + number(-one->value) + " s ahead",
                 "let both machines follow one time source: claims are joined by time");
    } else if (one->value > kLateSensor) {
      doctor.say(Severity::note, "metrics",
                 "the last record of sensor '" + name + "' came " + number(one->value) +
                     " s after its last packet",
                 "it sends what waited in its spool, or its clock is behind");
    }
  }
}

void examine_work(Doctor& doctor, const Scrape& scrape) {
  const auto sum = [&](const char* name) { return scrape.sum(name).value_or(0); };
  if (sum("sekimori_collector_store_failing") > 0) {
    doctor.say(Severity::error, "metrics", "the store takes nothing",
               "the log says why: a full disk, its size limit, or a file that was deleted");
  }
  if (const double lag = sum("sekimori_collector_judging_lag_seconds"); lag > kLateJudging) {
    doctor.say(Severity::warning, "metrics", "judging is " + number(lag) + " s behind",
               "fewer or cheaper rules, or a faster machine");
  }
  if (const double refused = sum("sekimori_collector_keys_refused_total"); refused > 0) {
    doctor.say(Severity::warning, "metrics",
               number(refused) + " connections came with a key that is not on the list",
               "a new sensor whose public key is missing here, or a stranger");
  }
  if (const double refused = sum("sekimori_collector_greetings_refused_total"); refused > 0) {
    doctor.say(Severity::warning, "metrics",
               number(refused) + " greetings were refused: another name, or a newer version",
               "a sensor's observer must be the name of its key's file here");
  }
  if (const double missing = sum("sekimori_collector_batches_missing_total"); missing > 0) {
    doctor.say(Severity::warning, "metrics",
               number(missing) + " batches are lost for good: their sensor gave them up",
               "raise the sensor's ship.spool.size");
  }
  if (const double bad = sum("sekimori_collector_batches_unreadable_total"); bad > 0) {
    doctor.say(Severity::warning, "metrics", number(bad) + " batches could not be read",
               "bring the sensor to this collector's version");
  }
  if (const double over = sum("sekimori_collector_batches_over_quota_total"); over > 0) {
    doctor.say(Severity::note, "metrics",
               number(over) + " times a sensor had used up its quota and waited",
               "raise receive.quota, unless something is wrong with that sensor");
  }
}

}  // namespace

void examine_collector(const std::string& path, bool whole, std::vector<DoctorFinding>& findings) {
  Doctor doctor{"collector", findings};
  const auto config = load_collector_config(path);
  if (!config) return doctor.say("config", config.error());
  const auto missing = missing_for_service(*config, path);
  doctor.say("config", missing);
  if (missing.empty()) doctor.say(Severity::good, "config", path + " is sound");
  const JudgingConfig& judging = config->judging;
  if (!judging.site && judging.sites.empty()) {
    doctor.say(Severity::note, "config", "no site is named: nothing is ever called impossible",
               "set site or sites to where the sensors stand");
  }
  ServiceSecrets secrets;
  examine_secrets(doctor, *config, secrets);
  const auto opened = Judging::open(judging);
  if (!opened) {
    doctor.say("rules", opened.error());
  } else {
    doctor.say(Severity::good, "rules", (*opened)->description());
  }
  examine_databases(doctor, judging.databases);
  examine_store(doctor, config->store, whole);
  const auto scrape = ask_metrics(doctor, config->metrics, "collector");
  if (!scrape) return;
  const std::size_t before = findings.size();
  examine_sensors(doctor, *scrape, secrets);
  examine_work(doctor, *scrape);
  if (findings.size() == before) {
    doctor.say(Severity::good, "metrics", "it runs, and nothing is lost or late");
  }
  examine_rules(doctor, *scrape, "sekimori_collector_");
}

}  // namespace sekimori
