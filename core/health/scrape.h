#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sekimori {

// What a daemon tells at /metrics, as somebody reads it.
struct Sample {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;

  std::string_view label(std::string_view wanted) const noexcept;  // empty when it has none
};

class Scrape {
 public:
  // Prometheus' text exposition format, version 0.0.4. Lines that are none of it are passed over
  // and counted: another program may answer on the port.
  static Scrape parse(std::string_view text);

  // Of the one sample with that name, or the sum of all; nothing: there is none.
  std::optional<double> sum(std::string_view name) const noexcept;
  std::vector<const Sample*> all(std::string_view name) const;
  const std::vector<Sample>& samples() const noexcept { return samples_; }
  std::size_t bad_lines() const noexcept { return bad_lines_; }

 private:
  std::vector<Sample> samples_;
  std::size_t bad_lines_ = 0;
};

}  // namespace sekimori
