// Records from a sensor to a collector over loopback with CURVE, beside libzmq's own PUSH and PULL
// of the same bytes in the same run.
//
//   transport_bench [RECORDS]      default 400,000

#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iomanip>
#include <iostream>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "collector/receive/record_receiver.h"
#include "collector/store/sqlite_store.h"
#include "core/record/codec.h"
#include "sensor/capture/file_source.h"
#include "sensor/file_run.h"
#include "sensor/finisher.h"
#include "sensor/ship/publisher.h"

namespace sekimori {
namespace {

using Clock = std::chrono::steady_clock;

struct KeyPair {
  CurveKey open, secret;
};
KeyPair make_keys() {
  std::array<char, 41> open{};
  std::array<char, 41> secret{};
  zmq_curve_keypair(open.data(), secret.data());
  return {std::string_view{open.data()}, std::string_view{secret.data()}};
}

[[noreturn]] void fail(const std::string& what) {
  std::cerr << "transport_bench: " << what << '\n';
  std::exit(1);
}

// What a sensor says of the recorded scenario, with signatures.
std::vector<SessionRecord> recorded() {
  SensorConfig config;
  config.rules = "signatures";
  config.regions = "config/regions.yaml";
  auto finishers = make_finishers(config, nullptr);
  if (!finishers) fail(finishers.error().front().text());
  std::vector<SessionRecord> records;
  config.run.flow.starts = true;
  FileRun run{config.run, *finishers, [&](std::span<const SessionRecord* const> some, Timestamp) {
                for (const SessionRecord* one : some) records.push_back(*one);
                return true;
              }};
  auto source = FileSource::open("tests/demo/demo.pcap");
  if (!source) fail(source.error().text());
  run.read(**source, [] { return true; });
  run.finish();
  return records;
}

// `count` records, each of a session and client of its own.
std::vector<SessionRecord> make_records(std::size_t count) {
  const std::vector<SessionRecord> pattern = recorded();
  std::vector<SessionRecord> records;
  records.reserve(count);
  for (std::size_t at = 0; at < count; ++at) {
    SessionRecord record = pattern[at % pattern.size()];
    const std::uint64_t session = at / 2;
    for (std::size_t byte = 0; byte < 8; ++byte) {
      record.id.bytes[byte] ^= static_cast<std::uint8_t>(session >> (8 * byte));
    }
    record.client.port = static_cast<std::uint16_t>(1024 + session % 60'000);
    record.client.bytes = 100 + at % 5'000;
    records.push_back(record);
  }
  return records;
}

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

struct Result {
  double seconds = 0;
  std::uint64_t bytes = 0;
};

// libzmq alone: the frames that the records make, from a PUSH to a PULL socket with CURVE.
Result push_and_pull(const std::vector<std::vector<std::uint8_t>>& frames) {
  zmq::context_t context{2};
  const KeyPair server = make_keys();
  const KeyPair client = make_keys();
  zmq::socket_t pull{context, zmq::socket_type::pull};
  pull.set(zmq::sockopt::curve_server, true);
  pull.set(zmq::sockopt::curve_secretkey, std::string{server.secret.view()});
  pull.bind("tcp://127.0.0.1:*");
  zmq::socket_t push{context, zmq::socket_type::push};
  push.set(zmq::sockopt::curve_serverkey, std::string{server.open.view()});
  push.set(zmq::sockopt::curve_publickey, std::string{client.open.view()});
  push.set(zmq::sockopt::curve_secretkey, std::string{client.secret.view()});
  push.connect(pull.get(zmq::sockopt::last_endpoint));
  Result result;
  const auto began = Clock::now();
  std::thread sender{[&] {
    for (const auto& frame : frames) push.send(zmq::buffer(frame), zmq::send_flags::none);
  }};
  zmq::message_t message;
  for (std::size_t at = 0; at < frames.size(); ++at) {
    (void)pull.recv(message);
    result.bytes += message.size();
  }
  result.seconds = seconds_since(began);
  sender.join();
  return result;
}

// Sensor to collector until everything is acknowledged; `commit` keeps a batch.
Result deliver(const std::vector<SessionRecord>& records,
               const std::function<bool(std::span<const Batch>)>& commit) {
  const KeyPair collector = make_keys();
  const KeyPair sensor = make_keys();
  ReceiverOptions receiving;
  receiving.endpoint = "tcp://127.0.0.1:*";
  receiving.secret_key = collector.secret;
  receiving.sensors = {{"bench", sensor.open}};
  receiving.quota = 0;
  std::uint64_t committed = 0;
  const auto receiver = RecordReceiver::start(
      std::move(receiving),
      {[&](const SensorName&, std::uint64_t) { return std::optional{committed}; },
       [&](std::span<const Batch> batches) {
         if (!commit(batches)) return false;
         committed = batches.back().id.sequence;
         return true;
       }});
  if (!receiver) fail(receiver.error().text());
  PublisherOptions options;
  options.collectors = {{(*receiver)->endpoint(), collector.open}};
  options.secret_key = sensor.secret;
  options.sensor = std::string_view{"bench"};
  options.boot = 1;
  options.when_full = WhenFull::wait;
  auto publisher = Publisher::start(std::move(options), nullptr);
  if (!publisher) fail(publisher.error().text());
  const auto began = Clock::now();
  for (const SessionRecord& record : records) (*publisher)->offer(record);
  if (!(*publisher)->drain(std::chrono::minutes{10})) fail("not everything was acknowledged");
  return {seconds_since(began), 0};
}

void print(const char* what, std::size_t records, double seconds, double yardstick) {
  std::cout << std::left << std::setw(44) << what << std::right << std::setw(12) << std::fixed
            << std::setprecision(0) << static_cast<double>(records) / seconds
            << std::setprecision(2) << std::setw(10) << seconds << std::setw(10)
            << yardstick / seconds << "x\n";
}

int run(std::size_t count) {
  const std::vector<SessionRecord> records = make_records(count);
  std::vector<std::vector<std::uint8_t>> frames;
  Batch batch;
  batch.id = {std::string_view{"bench"}, 1, 0};
  std::uint64_t bytes = 0;
  for (std::size_t at = 0; at < records.size(); at += kBatchRecordLimit) {
    const auto last = records.begin() +
                      static_cast<std::ptrdiff_t>(std::min(records.size(), at + kBatchRecordLimit));
    batch.records.assign(records.begin() + static_cast<std::ptrdiff_t>(at), last);
    ++batch.id.sequence;
    frames.push_back(compress(encode_batch(batch)));
    bytes += frames.back().size();
  }
  std::cout << records.size() << " records in " << frames.size() << " batches, "
            << std::setprecision(1) << std::fixed
            << static_cast<double>(bytes) / static_cast<double>(records.size())
            << " bytes a record on the wire\n\n"
            << std::left << std::setw(44) << "" << std::right << std::setw(12) << "records/s"
            << std::setw(10) << "seconds" << std::setw(11) << "of libzmq\n";
  const double yardstick = push_and_pull(frames).seconds;
  print("libzmq, PUSH to PULL, the same frames", count, yardstick, yardstick);
  print("encoded, sent, read, acknowledged", count,
        deliver(records, [](std::span<const Batch>) { return true; }).seconds, yardstick);

  const auto folder =
      std::filesystem::temp_directory_path() / ("sekimori-bench-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  {
    StoreSettings settings;
    settings.path = (folder / "store.db").string();
    auto store = SqliteStore::open(settings);
    if (!store) fail(store.error().text());
    const Result kept = deliver(records, [&](std::span<const Batch> some) {
      return (*store)->commit_batches(some, Timestamp{std::chrono::seconds{1}}).has_value();
    });
    print("the same, and kept and indexed in the store", count, kept.seconds, yardstick);
  }
  std::error_code none;
  std::filesystem::remove_all(folder, none);
  return 0;
}

}  // namespace
}  // namespace sekimori

int main(int argc, char** argv) {
  return sekimori::run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 400'000);
}
