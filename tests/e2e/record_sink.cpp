#include <chrono>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <string>

#include "collector/receive/record_receiver.h"
#include "core/net/curve_key.h"
#include "core/record/ecs_json.h"

// A collector that only listens: what a sensor sends is written as JSON lines, each with the moment
// of its arrival in front (nanoseconds since 1970).
//
//   record_sink COLLECTOR_KEY SENSOR_PUB SENSOR_NAME ENDPOINT RECORDS
int main(int argc, char** argv) {
  using namespace sekimori;
  if (argc != 6) return 1;
  std::ofstream out{argv[5]};
  std::map<std::uint64_t, std::uint64_t> committed;  // by boot; both on the receiver's thread
  ReceiverOptions options;
  options.endpoint = argv[4];
  const auto own = read_secret_key(argv[1]);
  const auto sensor = read_public_key(argv[2]);
  if (!own || !sensor) return 1;
  options.secret_key = *own;
  options.sensors.push_back({argv[3], *sensor});
  auto receiver = RecordReceiver::start(
      std::move(options),
      {[&](const SensorName&, std::uint64_t boot) { return std::optional{committed[boot]}; },
       [&](std::span<const Batch> batches) {
         const auto now = std::chrono::system_clock::now().time_since_epoch();
         for (const Batch& batch : batches) {
           committed[batch.id.boot] = batch.id.sequence;
           for (const SessionRecord& record : batch.records) {
             std::string line = std::to_string(std::chrono::nanoseconds{now}.count()) + " ";
             append_json(line, session_fields(), session_reader(record));
             out << line << '\n';
           }
         }
         out.flush();
         return true;
       }});
  if (!receiver) {
    std::cerr << receiver.error().text() << '\n';
    return 1;
  }
  std::cout << (*receiver)->endpoint() << std::endl;
  // Until its standard input ends.
  std::cin.ignore(std::numeric_limits<std::streamsize>::max(), '\0');
  return 0;
}
