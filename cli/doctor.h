#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/health/scrape.h"
#include "core/net/listen_address.h"
#include "core/text/complaint.h"

namespace sekimori {

// From "nothing to do" to "does not work".
enum class Severity : std::uint8_t { good, note, warning, error };

struct DoctorFinding {
  Severity severity = Severity::good;
  std::string part;   // sensor, collector
  std::string check;  // config, keys, rules, databases, interfaces, process, spool, store, metrics
  std::string what;   // one sentence
  std::string way_out;  // what to do; empty: nothing
};

// Gathers what the checks say of one part.
class Doctor {
 public:
  Doctor(std::string part, std::vector<DoctorFinding>& findings)
      : part_{std::move(part)}, findings_{findings} {}

  void say(Severity severity, std::string check, std::string what, std::string way_out = {});
  void say(const std::string& check, const Complaint& complaint);  // an error
  void say(const std::string& check, const std::vector<Complaint>& complaints);

 private:
  std::string part_;
  std::vector<DoctorFinding>& findings_;
};

// Whole: every index of the store too.
void examine_sensor(const std::string& config, std::vector<DoctorFinding>& findings);
void examine_collector(const std::string& config, bool whole, std::vector<DoctorFinding>& findings);

// What both have in common.
void examine_databases(Doctor& doctor, const std::vector<std::string>& paths);
// Free room where `path` lies, when there is less than `wanted` bytes or a twentieth of the disk.
void examine_disk(Doctor& doctor, const std::string& check, const std::string& path,
                  std::uint64_t wanted);
// GET /metrics within 5 s; says what is wrong when there is no answer.
std::optional<Scrape> ask_metrics(Doctor& doctor, const std::optional<ListenAddress>& listen,
                                  const std::string& program);
// The rules that stay undecided most, and for want of what.
void examine_rules(Doctor& doctor, const Scrape& scrape, const std::string& prefix);

}  // namespace sekimori
