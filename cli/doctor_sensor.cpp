#include <net/if.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>

#include "cli/doctor.h"
#include "core/net/curve_key.h"
#include "sensor/config.h"
#include "sensor/confine.h"
#include "sensor/finisher.h"

namespace sekimori {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kNetRaw = std::uint64_t{1} << 13U;  // CAP_NET_RAW, capability.h
// A batch waits 200 ms; what is a minute old waits for a collector.
constexpr double kOldSpool = 60;
// Of the frames.
constexpr double kMuchLoss = 0.001;

std::string number(double value) {
  return std::to_string(static_cast<std::uint64_t>(value));
}

void examine_keys(Doctor& doctor, const SensorConfig& config) {
  if (config.ship.collector.empty()) {
    return doctor.say(Severity::error, "keys",
                      "no collector is named, so the sensor does not start",
                      "set ship.collector, ship.collector_key and ship.key");
  }
  bool good = true;
  const auto look = [&](const auto& key) {
    if (key) return;
    doctor.say("keys", key.error());
    good = false;
  };
  look(read_secret_key(config.ship.key));
  look(read_public_key(config.ship.collector_key));
  for (const ShipConfig::Collector& other : config.ship.others) {
    look(read_public_key(other.collector_key));
  }
  if (good) doctor.say(Severity::good, "keys", "the keys can be read, and by nobody else");
}

void examine_pack(Doctor& doctor, const SensorConfig& config) {
  if (config.rules.empty()) {
    return doctor.say(Severity::note, "rules", "no rules are named: sessions get no names",
                      "set rules to the folder of the signatures");
  }
  const auto pack = load_session_rules(config.pack());
  if (!pack) return doctor.say("rules", pack.error());
  doctor.say(Severity::good, "rules",
             std::to_string((*pack)->of(Category::session).size()) + " rules over sessions, pack " +
                 (*pack)->hash().substr(0, 12));
}

void examine_interfaces(Doctor& doctor, const SensorConfig& config) {
  for (const std::string& name : config.capture.interfaces) {
    if (name == "any") continue;
    if (::if_nametoindex(name.c_str()) == 0) {
      doctor.say(Severity::error, "interfaces", "there is no interface '" + name + "'",
                 "ip link shows those that there are");
      continue;
    }
    unsigned flags = 0;
    std::ifstream{"/sys/class/net/" + name + "/flags"} >> std::hex >> flags;
    if ((flags & static_cast<unsigned>(IFF_UP)) == 0) {
      doctor.say(Severity::error, "interfaces", "interface '" + name + "' is down",
                 "ip link set " + name + " up");
    } else {
      doctor.say(Severity::good, "interfaces", "interface '" + name + "' is up");
    }
  }
}

// Of the process's first thread, name and value of each line.
std::map<std::string, std::string> status_of(const fs::path& process) {
  std::map<std::string, std::string> status;
  std::ifstream file{process / "status"};
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(":\t");
    if (colon != std::string::npos) status[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return status;
}

std::uint64_t hexadecimal(const std::string& text) {
  return std::strtoull(text.c_str(), nullptr, 16);
}

bool runs_with(const fs::path& process, const std::string& config) {
  std::string name;
  std::getline(std::ifstream{process / "comm"}, name);
  if (name != "sekimori-sensor") return false;
  std::ifstream file{process / "cmdline"};
  const std::string line{std::istreambuf_iterator<char>{file}, {}};
  return line.find(config) != std::string::npos;
}

// Whether that sensor was given captures, and so needs no interface.
bool reads_captures(const fs::path& process) {
  std::ifstream file{process / "cmdline"};
  std::string word;
  std::getline(file, word, '\0');  // the program
  while (std::getline(file, word, '\0')) {
    if (word == "--config" || word == "--interface") {
      std::getline(file, word, '\0');
    } else if (!word.starts_with("--")) {
      return true;
    }
  }
  return false;
}

void examine_process(Doctor& doctor, const SensorConfig& config, const std::string& path) {
  if (const auto user = check_user(config.user); !user) doctor.say("process", user.error());
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{"/proc", none}) {
    if (!runs_with(entry.path(), path)) continue;
    const auto status = status_of(entry.path());
    const auto value = [&](const char* name) {
      const auto found = status.find(name);
      return found == status.end() ? std::string{} : found->second;
    };
    const std::string process = "process " + entry.path().filename().string();
    if (value("Seccomp") != "2" || value("NoNewPrivs") != "1") {
      doctor.say(Severity::warning, "process", process + " is not confined (yet)",
                 "ask again; if it stays so, the log says why");
    }
    const std::uint64_t capabilities = hexadecimal(value("CapPrm"));
    if (!config.capture.interfaces.empty() && (capabilities & kNetRaw) == 0 &&
        !reads_captures(entry.path())) {
      doctor.say(Severity::warning, "process",
                 process + " cannot open an interface again that was deleted and came back",
                 "give it CAP_NET_RAW, as its systemd unit does");
    }
    if ((capabilities & ~kNetRaw) == 0 && value("Seccomp") == "2") {
      doctor.say(Severity::good, "process", process + " is confined");
    }
  }
}

void examine_spool(Doctor& doctor, const SensorConfig& config) {
  const std::string& folder = config.ship.spool;
  if (folder.empty()) {
    return doctor.say(Severity::warning, "spool", "there is no spool",
                      "set ship.spool, or records are lost when the sensor or its collector stops");
  }
  std::error_code fault;
  if (!fs::is_directory(folder, fault)) {
    return doctor.say(fs::exists(folder, fault) ? Severity::error : Severity::note, "spool",
                      folder + (fs::exists(folder, fault) ? " is no folder" : " is not there yet"),
                      "the sensor makes it when it starts, if it may write beside it");
  }
  struct stat status {};
  if (::stat(folder.c_str(), &status) == 0 && (status.st_mode & 077U) != 0) {
    doctor.say(Severity::warning, "spool", folder + " can be used by others than its owner",
               "chmod 0700 " + folder + ": what it holds names people's addresses");
  }
  std::uint64_t bytes = 0;
  for (const auto& file : fs::directory_iterator{folder, fault}) {
    std::error_code gone;  // acknowledged meanwhile
    const std::uint64_t size = file.file_size(gone);
    if (!gone) bytes += size;
  }
  if (fault) {
    return doctor.say(Severity::error, "spool", folder + " cannot be read: " + fault.message(),
                      "run doctor as root or as the sensor's user");
  }
  const std::uint64_t limit = config.ship.spool_limits.size;
  if (bytes > limit / 2) {
    doctor.say(Severity::warning, "spool",
               std::to_string(bytes >> 20U) + " MiB wait, of " + std::to_string(limit >> 20U),
               "see to the collector: when the limit is reached the oldest records are given up");
  } else {
    doctor.say(Severity::good, "spool", std::to_string(bytes >> 10U) + " KiB in " + folder);
  }
  examine_disk(doctor, "spool", folder, limit - std::min(limit, bytes));
}

void examine_loss(Doctor& doctor, const Scrape& scrape) {
  const double frames = scrape.sum("sekimori_sensor_frames_total").value_or(0);
  for (const Sample* one : scrape.all("sekimori_sensor_interface_drops_total")) {
    if (one->value == 0) continue;
    const std::string where{one->label("where")};
    doctor.say(one->value > frames * kMuchLoss ? Severity::warning : Severity::note, "metrics",
               number(one->value) + " frames of " + std::string{one->label("interface")} +
                   " were lost (" + where + "), beside " + number(frames) + " that were read",
               where == "kernel"      ? "raise capture.ring or workers, or set capture.filter"
               : where == "interface" ? "raise the card's ring (ethtool -G), or mirror less"
                                      : "raise workers: sessions are followed too slowly");
  }
  for (const Sample* one : scrape.all("sekimori_sensor_records_lost_total")) {
    if (one->value == 0) continue;
    doctor.say(Severity::error, "metrics",
               number(one->value) + " records are lost (" + std::string{one->label("reason")} + ")",
               one->label("reason") == "refused"
                   ? "the collector cannot read them: bring both to one version"
                   : "see to the collector, and raise ship.spool.size");
  }
  if (const double evicted = scrape.sum("sekimori_sensor_flows_evicted_total").value_or(0);
      evicted > 0) {
    doctor.say(Severity::warning, "metrics",
               number(evicted) + " sessions were forgotten early for want of room",
               "raise flows.capacity, unless it is a flood");
  }
  if (const double missed =
          scrape.sum("sekimori_sensor_interface_missed_seconds_total").value_or(0);
      missed >= 1) {
    doctor.say(Severity::note, "metrics",
               number(missed) + " s were not captured while an interface was down");
  }
}

void examine_shipping(Doctor& doctor, const Scrape& scrape) {
  const double age = scrape.sum("sekimori_sensor_spool_oldest_age_seconds").value_or(0);
  const double sent = scrape.sum("sekimori_sensor_batches_acknowledged_total").value_or(0);
  const double made = scrape.sum("sekimori_sensor_records_total").value_or(0);
  if (scrape.sum("sekimori_sensor_greetings_refused_total").value_or(0) > 0) {
    doctor.say(Severity::error, "metrics", "a collector refuses this sensor's greeting",
               "the sensor's public key must lie in receive.sensors under the name that observer "
               "says, and the collector must not be older than the sensor");
  } else if (made > 0 && sent == 0) {
    doctor.say(Severity::error, "metrics", "no collector has acknowledged a record yet",
               "is it up, can its port be reached, and does it know this sensor's key?");
  } else if (age > kOldSpool) {
    doctor.say(Severity::error, "metrics",
               "the oldest record has waited " + number(age) + " s in the spool",
               "the collector takes nothing, or not fast enough: run doctor there");
  }
  if (const double failed = scrape.sum("sekimori_sensor_spool_write_failures_total").value_or(0);
      failed > 0) {
    doctor.say(Severity::error, "metrics", number(failed) + " writes to the spool failed",
               "its disk is full or failing: see df and the kernel's log");
  }
  if (const double failed = scrape.sum("sekimori_sensor_classifier_failures_total").value_or(0);
      failed > 0) {
    doctor.say(Severity::note, "metrics",
               "the classifier crashed or hung " + number(failed) + " times; it came back",
               "some sessions have no name; see whether a newer libndpi is to be had");
  }
}

}  // namespace

void examine_sensor(const std::string& path, std::vector<DoctorFinding>& findings) {
  Doctor doctor{"sensor", findings};
  const auto config = load_sensor_config(path);
  if (!config) return doctor.say("config", config.error());
  doctor.say(Severity::good, "config", path + " is sound");
  if (config->run.flow.path == Path::undeclared) {
    doctor.say(Severity::warning, "config",
               "nobody said what stands between the clients and the sensor: timing is not believed",
               "set path to direct, l4 or l7");
  }
  examine_keys(doctor, *config);
  examine_pack(doctor, *config);
  examine_databases(doctor, config->databases);
  examine_interfaces(doctor, *config);
  examine_process(doctor, *config, path);
  examine_spool(doctor, *config);
  const auto scrape = ask_metrics(doctor, config->metrics, "sensor");
  if (!scrape) return;
  const std::size_t before = findings.size();
  examine_loss(doctor, *scrape);
  examine_shipping(doctor, *scrape);
  if (findings.size() == before) {
    doctor.say(Severity::good, "metrics", "it runs, and nothing is lost or late");
  }
  examine_rules(doctor, *scrape, "sekimori_sensor_");
}

}  // namespace sekimori
