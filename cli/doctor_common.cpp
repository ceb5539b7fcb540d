#include <httplib.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <chrono>

#include "cli/doctor.h"
#include "core/geo/geo_database.h"

namespace sekimori {
namespace {

// GeoLite2 comes out twice a week, IPFire's daily; after two months a few per cent of the addresses
// have moved.
constexpr std::chrono::hours kOldDatabase{24 * 60};
constexpr std::size_t kRulesNamed = 5;
// Of so many decisions at least, before a rule is worth a word.
constexpr double kFewUndecided = 100;

}  // namespace

void examine_databases(Doctor& doctor, const std::vector<std::string>& paths) {
  if (paths.empty()) {
    return doctor.say(Severity::note, "databases", "no GeoIP database is named",
                      "set databases, here or at the other end: without places nothing is judged");
  }
  const auto now =
      std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  for (const std::string& path : paths) {
    const auto database = GeoDatabase::open(path);
    if (!database) {
      doctor.say("databases", database.error());
      continue;
    }
    const std::string name = path + " (" + std::string{database->type().view()} + ")";
    if (!database->built()) {
      doctor.say(Severity::warning, "databases", name + " does not say when it was made",
                 "take one from a vendor that does");
      continue;
    }
    const auto days =
        std::chrono::duration_cast<std::chrono::hours>(now - *database->built()).count() / 24;
    if (now - *database->built() > kOldDatabase) {
      doctor.say(Severity::warning, "databases", name + " is " + std::to_string(days) + " days old",
                 "fetch a newer one and reload: addresses move, and verdicts rest on it");
    } else {
      doctor.say(Severity::good, "databases", name + ", " + std::to_string(days) + " days old");
    }
  }
}

void examine_disk(Doctor& doctor, const std::string& check, const std::string& path,
                  std::uint64_t wanted) {
  struct statvfs disk {};
  if (::statvfs(path.c_str(), &disk) != 0) return;
  const std::uint64_t room = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const std::uint64_t size = std::uint64_t{disk.f_blocks} * disk.f_frsize;
  constexpr unsigned mebi = 20;
  if (room >= wanted && room >= size / 20) return;
  doctor.say(room < size / 100 ? Severity::error : Severity::warning, check,
             std::to_string(room >> mebi) + " MiB are left on the disk of " + path + ", of " +
                 std::to_string(size >> mebi),
             "make room, or lower the limit of what is kept there");
}

std::optional<Scrape> ask_metrics(Doctor& doctor, const std::optional<ListenAddress>& listen,
                                  const std::string& program) {
  if (!listen) {
    doctor.say(Severity::note, "metrics", "the " + program + " serves no metrics",
               "set metrics.listen, so that somebody can see what it loses");
    return std::nullopt;
  }
  httplib::Client client{std::string{listen->address.text().view()}, listen->port};
  client.set_connection_timeout(std::chrono::seconds{5});
  client.set_read_timeout(std::chrono::seconds{5});
  const auto answer = client.Get("/metrics");
  const std::string url = "http://" + listen->text() + "/metrics";
  if (!answer) {
    doctor.say(
        Severity::error, "metrics", "nobody answers at " + url,
        "is sekimori-" + program + " running? systemctl status shows, and journalctl why not");
    return std::nullopt;
  }
  Scrape scrape = Scrape::parse(answer->body);
  const bool ours =
      std::any_of(scrape.samples().begin(), scrape.samples().end(),
                  [&](const Sample& one) { return one.name == "sekimori_" + program + "_info"; });
  if (answer->status != 200 || !ours) {
    doctor.say(Severity::error, "metrics",
               "at " + url + " answers something else than a " + program,
               "another program holds the port: set metrics.listen to a free one");
    return std::nullopt;
  }
  return scrape;
}

void examine_rules(Doctor& doctor, const Scrape& scrape, const std::string& prefix) {
  auto undecided = scrape.all(prefix + "rule_undecided_total");
  std::erase_if(undecided, [](const Sample* one) { return one->value < kFewUndecided; });
  std::sort(undecided.begin(), undecided.end(),
            [](const Sample* one, const Sample* two) { return one->value > two->value; });
  for (std::size_t at = 0; at < std::min(undecided.size(), kRulesNamed); ++at) {
    const Sample& one = *undecided[at];
    doctor.say(Severity::note, "rules",
               "rule " + std::string{one.label("rule")} + " stayed undecided " +
                   std::to_string(static_cast<std::uint64_t>(one.value)) + " times for want of " +
                   std::string{one.label("field")},
               "see whether that field can be had here, or whether the rule should ask |exists");
  }
}

}  // namespace sekimori
