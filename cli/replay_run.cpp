#include "cli/replay_run.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <iostream>

#include "cli/commands.h"
#include "cli/output_file.h"
#include "cli/replay_judge.h"
#include "cli/shipped_pack.h"
#include "collector/config.h"
#include "core/record/ecs_json.h"
#include "sensor/capture/file_source.h"
#include "sensor/config.h"
#include "sensor/file_run.h"
#include "sensor/finisher.h"

namespace sekimori {
namespace {

void complain(const Complaint& complaint) {
  std::cerr << "sekimori: " << complaint.text() << '\n';
}

// Bytes of JSON that wait for a write.
constexpr std::size_t kWriteSize = 64 * 1024;

// Session records as JSON lines.
class SessionLines {
 public:
  SessionLines(OutputFile file, bool starts) : file_{std::move(file)}, starts_{starts} {}

  void take(const SessionRecord& record) {
    if (record.type == EventType::start && !starts_) return;
    append_json(lines_, session_fields(), session_reader(record));
    lines_ += '\n';
    if (lines_.size() >= kWriteSize) flush();
  }
  Loaded<void> close() {
    flush();
    return file_.close();
  }
  bool good() const noexcept { return file_.good(); }

 private:
  void flush() {
    file_.write(lines_);
    lines_.clear();
  }

  OutputFile file_;
  bool starts_;
  std::string lines_;
};

// One line on a terminal, redrawn a few times a second.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted) : wanted_{wanted} {}
  ~ProgressLine() {
    if (drawn_) std::cerr << "\r\033[K";
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const std::string& capture, Progress progress) {
    const auto now = std::chrono::steady_clock::now();
    if (!wanted_ || now - last_ < std::chrono::milliseconds{200}) return;
    last_ = now;
    drawn_ = true;
    std::cerr << "\r\033[K" << capture << ": " << progress.done / 1'000'000 << " MB";
    if (progress.total > 0) std::cerr << ", " << progress.done * 100 / progress.total << " %";
    std::cerr << std::flush;
  }

 private:
  bool wanted_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_;
};

struct ReplayConfig {
  SensorConfig sensor;
  CollectorConfig collector;
};

// What replay does without --config: no databases, and the rules that came with the program.
std::string default_config() {
  std::string rules;
  if (const auto pack = find_shipped_pack()) {
    rules = "rules: ";
    append_json_string(rules, pack->rules);
    if (!pack->regions.empty()) {
      rules += ", regions: ";
      append_json_string(rules, pack->regions);
    }
  }
  return "{sensor: {observer: replay, " + rules + "}, collector: {" + rules + "}}";
}

LoadedAll<ReplayConfig> replay_config(const ReplayOptions& options) {
  const std::string file = options.config.empty() ? "<defaults>" : options.config;
  auto document = options.config.empty() ? read_yaml(file, default_config()) : read_yaml_file(file);
  if (!document) return tl::unexpected{document.error()};
  std::vector<Complaint> complaints;
  YamlMap top{*document, complaints};
  YamlMap sensor = top.child("sensor");
  YamlMap collector = top.child("collector");
  ReplayConfig config{read_sensor_config(sensor), read_collector_config(collector)};
  top.finish();
  if (!complaints.empty()) return tl::unexpected{complaints};
  if (options.workers) config.sensor.run.workers = *options.workers;
  // A claim may be older than its session is long: the start keeps it waiting for the end.
  config.sensor.run.flow.starts = true;
  return config;
}

bool is_same_file(const std::string& left, const std::string& right) {
  namespace fs = std::filesystem;
  std::error_code none;  // what is not there yet is compared by its name
  if (fs::is_character_file(left, none)) return false;  // /dev/null keeps nothing
  return fs::equivalent(left, right, none) ||
         fs::weakly_canonical(left, none) == fs::weakly_canonical(right, none);
}

// A file that is written must be no other of the files: it would be emptied before it is read, or
// two writers would cut each other's lines.
std::vector<Complaint> shared_files(const ReplayOptions& options) {
  std::vector<std::string> others = options.captures;
  others.insert(others.end(), options.claims.begin(), options.claims.end());
  if (!options.config.empty()) others.push_back(options.config);
  std::vector<Complaint> complaints;
  for (const std::string& output : {options.sessions, options.verdicts, options.store}) {
    if (output.empty() || output == "-") continue;
    for (const std::string& other : others) {
      if (!is_same_file(output, other)) continue;
      complaints.push_back({"<command line>", 0, 0, "'" + output + "' would be overwritten",
                            "give every output a file of its own"});
      break;
    }
    others.push_back(output);
  }
  return complaints;
}

// Every capture through `run`; false when one could not be read to its end.
bool read_captures(const ReplayOptions& options, const std::function<bool()>& go_on, FileRun& run) {
  bool readable = true;
  ProgressLine line{options.progress};
  for (const std::string& path : options.captures) {
    auto source = FileSource::open(path);
    if (!source) {
      complain(source.error());
      readable = false;
      continue;
    }
    const bool whole = run.read(**source, [&] {
      line.show(path, (*source)->progress());
      return go_on();
    });
    if (!(*source)->complaint().what.empty()) {
      complain((*source)->complaint());
      readable = false;
    }
    if (!whole) {
      if (!go_on()) {
        complain(
            {path, 0, 0, "was not read to its end: interrupted", "the frames before it were read"});
      }
      readable = false;
      break;
    }
  }
  run.finish();
  return readable;
}

// One line for people, so that nothing vanishes unseen.
void report(const RunTotals& totals, const ClassifierProcess* classifier) {
  std::cerr << describe(totals.frames) << "; " << describe(totals.shards);
  if (totals.frames_far_behind > 0) {
    std::cerr << "; " << totals.frames_far_behind
              << " frames are more than a day older than those before them: are the captures in "
                 "order?";
  }
  if (classifier != nullptr && classifier->counters().asked > 0) {
    std::cerr << "; " << describe(classifier->counters());
  }
  if (totals.shards.flows.samples_forgotten > 0) {
    std::cerr << "; " << totals.shards.flows.samples_forgotten
              << " unnamed sessions had no room for their first packets";
  }
  std::cerr << '\n';
}

void tell(Gravity gravity, const std::string& what) {
  std::cerr << (gravity == Gravity::error ? "sekimori: " : "sekimori: warning: ") << what << '\n';
}

}  // namespace

int run_replay(const ReplayOptions& options, const std::function<bool()>& go_on) {
  const auto refuse = [](const std::vector<Complaint>& complaints) {
    for (const Complaint& one : complaints) complain(one);
    return kUsage;
  };
  if (const auto shared = shared_files(options); !shared.empty()) return refuse(shared);
  const auto config = replay_config(options);
  if (!config) return refuse(config.error());
  auto classifier = options.check_only ? Loaded<std::unique_ptr<ClassifierProcess>>{nullptr}
                                       : start_classifier(config->sensor, RunsOn::files, tell);
  if (!classifier) return refuse({classifier.error()});
  const auto finishers = make_finishers(config->sensor, classifier->get());
  if (!finishers) return refuse(finishers.error());
  auto judge = ReplayJudge::open(options, config->collector);
  if (!judge) return refuse(judge.error());
  if (options.check_only) {
    std::cout << (options.config.empty() ? "the default configuration" : options.config)
              << " is sound\n";
    return kDone;
  }
  if (!options.claims.empty() && config->collector.judging.rules.empty()) {
    std::cerr << "sekimori: no rules are configured, so every mismatch is unknown (set "
                 "collector.rules in --config)\n";
  }
  std::optional<SessionLines> sessions;
  if (!options.sessions.empty()) {
    auto file = OutputFile::create(options.sessions);
    if (!file) return refuse({file.error()});
    sessions.emplace(std::move(*file), options.starts);
  }

  FileRun file_run{config->sensor.run, *finishers,
                   [&](std::span<const SessionRecord* const> records, Timestamp now) {
                     for (const SessionRecord* record : records) {
                       if (sessions) sessions->take(*record);
                     }
                     return (*judge)->take(records, now) && (!sessions || sessions->good());
                   }};
  const bool readable = read_captures(options, go_on, file_run);

  const bool json_on_stdout = options.sessions == "-" || options.verdicts == "-";
  std::ostream& people = json_on_stdout ? std::cerr : std::cout;
  std::vector<Complaint> complaints =
      (*judge)->finish(people, json_on_stdout ? STDERR_FILENO : STDOUT_FILENO);
  if (sessions) {
    if (const auto closed = sessions->close(); !closed) complaints.push_back(closed.error());
  }
  if (!people.flush()) {
    complaints.push_back({json_on_stdout ? "standard error" : "standard output", 0, 0,
                          "did not take the table to its end", "make room and run again"});
  }
  if (!complaints.empty()) return refuse(complaints);
  report(file_run.totals(), classifier->get());
  return readable ? kDone : kUnreadable;
}

}  // namespace sekimori
