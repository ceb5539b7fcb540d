#include "cli/doctor.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"

namespace sekimori {
namespace {

constexpr const char* kSensorFile = "/etc/sekimori/sensor.yaml";
constexpr const char* kCollectorFile = "/etc/sekimori/collector.yaml";

struct DoctorOptions {
  std::vector<std::string> sensors;  // configuration files
  std::string collector;
  bool whole = false;
  bool json = false;
};

std::string_view word_of(Severity severity) {
  constexpr std::string_view words[] = {"good", "note", "warning", "error"};
  return words[static_cast<std::size_t>(severity)];
}

void print_json(const std::vector<DoctorFinding>& findings, Severity worst) {
  nlohmann::json list = nlohmann::json::array();
  for (const DoctorFinding& one : findings) {
    list.push_back({{"severity", word_of(one.severity)},
                    {"part", one.part},
                    {"check", one.check},
                    {"what", one.what},
                    {"way_out", one.way_out}});
  }
  const nlohmann::json all{{"worst", word_of(worst)}, {"findings", list}};
  std::cout << all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_text(const std::vector<DoctorFinding>& findings) {
  for (const DoctorFinding& one : findings) {
    std::string head{word_of(one.severity)};
    head.resize(8, ' ');
    std::cout << head << one.part << ", " << one.check << ": " << one.what << '\n';
    if (!one.way_out.empty()) std::cout << "        -> " << one.way_out << '\n';
  }
}

int examine(const DoctorOptions& given) {
  DoctorOptions options = given;
  if (options.sensors.empty() && options.collector.empty()) {
    if (std::filesystem::exists(kSensorFile)) options.sensors.emplace_back(kSensorFile);
    if (std::filesystem::exists(kCollectorFile)) options.collector = kCollectorFile;
  }
  if (options.sensors.empty() && options.collector.empty()) {
    std::cerr << "sekimori: neither " << kSensorFile << " nor " << kCollectorFile
              << " is there (name a configuration with --sensor or --collector)\n";
    return kUsage;
  }
  std::vector<DoctorFinding> findings;
  for (const std::string& path : options.sensors) examine_sensor(path, findings);
  if (!options.collector.empty()) examine_collector(options.collector, options.whole, findings);
  Severity worst = Severity::good;
  for (const DoctorFinding& one : findings) worst = std::max(worst, one.severity);
  if (options.json) {
    print_json(findings, worst);
  } else {
    print_text(findings);
  }
  return worst == Severity::error ? kBroken : worst == Severity::warning ? kDoubtful : kDone;
}

}  // namespace

void Doctor::say(Severity severity, std::string check, std::string what, std::string way_out) {
  findings_.push_back({severity, part_, std::move(check), std::move(what), std::move(way_out)});
}

void Doctor::say(const std::string& check, const Complaint& complaint) {
  Complaint without = complaint;
  without.way_out.clear();
  say(Severity::error, check, without.text(), complaint.way_out);
}

void Doctor::say(const std::string& check, const std::vector<Complaint>& complaints) {
  for (const Complaint& one : complaints) say(check, one);
}

void add_doctor(CLI::App& app, int& exit_code) {
  CLI::App* const doctor = app.add_subcommand(
      "doctor",
      "Says what is wrong with the sensor and the collector of this machine, and what to do:\n"
      "configuration, keys, rules, databases, interfaces, privileges, spool, store, and what both\n"
      "tell of themselves at /metrics. Changes nothing. To be run as root or as the daemon's "
      "user.\n"
      "\n"
      "  sekimori doctor\n"
      "  sekimori doctor --sensor /etc/sekimori/eth1.yaml --json | jq '.findings[].what'\n"
      "  sekimori doctor --collector /etc/sekimori/collector.yaml --thorough\n"
      "\n"
      "Exit code 0: all is well; 1: usage; 4: somebody should look (warning); 5: something does\n"
      "not work (error).");
  const auto options = std::make_shared<DoctorOptions>();
  doctor->add_option("--sensor", options->sensors,
                     "A sensor's configuration; may be given several times. Without it and\n"
                     "--collector: those in /etc/sekimori that are there");
  doctor->add_option("--collector", options->collector, "The collector's configuration");
  doctor->add_flag("--thorough", options->whole,
                   "Also compare every index of the store with its table; takes minutes");
  doctor->add_flag("--json", options->json, "JSON instead of lines");
  doctor->callback([options, &exit_code] { exit_code = examine(*options); });
}

}  // namespace sekimori
