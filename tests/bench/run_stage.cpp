// Reads one capture as far as one stage and says what came of it, as one line of JSON. What it cost
// is measured by whoever runs it, like any other program's.

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "sensor/capture/file_source.h"
#include "sensor/config.h"
#include "sensor/decode/decode.h"
#include "sensor/file_run.h"
#include "sensor/finisher.h"

namespace sekimori {
namespace {

struct StageOptions {
  std::string stage;
  std::string capture;
  std::string config;
  std::size_t workers = 1;
};

struct Counts {
  std::uint64_t frames = 0;
  std::uint64_t wire_bytes = 0;
  std::uint64_t defects = 0;
  std::uint64_t records = 0;
  std::uint64_t fingerprints = 0;  // records with a JA4
  std::uint64_t signatures = 0;
  std::uint64_t evicted = 0;
};

Counts run_decode(PacketSource& source) {
  Counts counts;
  Decoder decoder{0};
  PacketView frame;
  while (source.next(frame) == Next::frame) {
    ++counts.frames;
    counts.wire_bytes += frame.wire_length;
    if (!decoder.decode(frame)) ++counts.defects;
  }
  return counts;
}

Counts run_flows(PacketSource& source, const RunSettings& settings,
                 const FinisherFactory& finishers) {
  Counts counts;
  FileRun run{settings, finishers, [&](std::span<const SessionRecord* const> records, Timestamp) {
                for (const SessionRecord* record : records) {
                  ++counts.records;
                  if (!record->tls.ja4.empty()) ++counts.fingerprints;
                  counts.signatures += record->signatures.size();
                }
                return true;
              }};
  run.read(source, [] { return true; });
  run.finish();
  const RunTotals totals = run.totals();
  counts.frames = totals.frames.frames;
  counts.wire_bytes = totals.frames.wire_bytes;
  counts.defects = totals.frames.defect_total();
  counts.evicted = totals.shards.flows.evicted;
  return counts;
}

int fail(const Complaint& complaint) {
  std::cerr << complaint.text() << '\n';
  return 1;
}

int run(const StageOptions& options) {
  auto source = FileSource::open(options.capture);
  if (!source) return fail(source.error());
  auto config = load_sensor_config(options.config);
  if (!config) return fail(config.error().front());
  config->run.workers = options.workers;
  config->run.flow.starts = true;  // as the live sensor does
  FinisherFactory finishers = [] { return [](std::span<SessionRecord>, FlowSamples&) {}; };
  config->classifier.on = options.stage == "classify";
  if (!config->classifier.on) config->run.flow.first_packets = 0;
  const auto classifier = start_classifier(
      *config, RunsOn::files, [](Gravity, const std::string& line) { std::cerr << line << '\n'; });
  if (!classifier) return fail(classifier.error());
  if (options.stage == "full" || options.stage == "classify") {
    auto made = make_finishers(*config, classifier->get());
    if (!made) return fail(made.error().front());
    finishers = *made;
  }
  const auto began = std::chrono::steady_clock::now();
  const Counts counts = options.stage == "decode" ? run_decode(**source)
                                                  : run_flows(**source, config->run, finishers);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << "{\"frames\": " << counts.frames << ", \"wire_bytes\": " << counts.wire_bytes
            << ", \"defects\": " << counts.defects << ", \"records\": " << counts.records
            << ", \"fingerprints\": " << counts.fingerprints
            << ", \"signatures\": " << counts.signatures << ", \"evicted\": " << counts.evicted
            << ", \"seconds\": " << took.count() << "}\n";
  return (*source)->complaint().what.empty() ? 0 : fail((*source)->complaint());
}

}  // namespace
}  // namespace sekimori

int main(int argc, char** argv) {
  sekimori::StageOptions options;
  CLI::App app{"Runs one stage of the sensor over a capture and counts what comes out."};
  app.add_option("stage", options.stage,
                 "decode; flow: records too; full: places and rules too; classify: names too")
      ->required()
      ->check(CLI::IsMember({"decode", "flow", "full", "classify"}));
  app.add_option("capture", options.capture, "pcap or pcapng")->required();
  app.add_option("--config", options.config, "A sensor's configuration")->required();
  app.add_option("--workers", options.workers, "Threads that follow sessions")
      ->check(CLI::Range(std::size_t{1}, sekimori::kPartitions));
  CLI11_PARSE(app, argc, argv);
  return sekimori::run(options);
}
