#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sensor/flow/flow_samples.h"

namespace sekimori {

// Flows to ask about, written down as text.
class SampleWriter {
 public:
  struct Word {
    bool from_client = true;
    std::string bytes;
  };

  SampleWriter& add(IpProtocol protocol, std::uint16_t port, const std::vector<Word>& words,
                    const char* client = "192.0.2.1") {
    FlowSample sample;
    sample.record = samples_.list.size();
    const IpAddress low = *IpAddress::parse(client);
    sample.key = {low, *IpAddress::parse("203.0.113.9"), 40000, port,
                  static_cast<std::uint8_t>(protocol)};
    sample.bytes_at = samples_.bytes.size();
    for (const Word& word : words) {
      samples_.bytes.push_back(word.from_client ? 0 : 1);
      samples_.bytes.push_back(static_cast<std::uint8_t>(word.bytes.size() >> 8U));
      samples_.bytes.push_back(static_cast<std::uint8_t>(word.bytes.size()));
      samples_.bytes.insert(samples_.bytes.end(), word.bytes.begin(), word.bytes.end());
      ++sample.packets;
    }
    sample.bytes_size = samples_.bytes.size() - sample.bytes_at;
    samples_.list.push_back(sample);
    return *this;
  }
  SampleWriter& tcp(const std::string& from_client) {
    return add(IpProtocol::tcp, 9, {{true, from_client}});
  }

  FlowSamples& samples() { return samples_; }

 private:
  FlowSamples samples_;
};

}  // namespace sekimori
