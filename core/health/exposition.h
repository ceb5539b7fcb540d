#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace sekimori {

enum class MetricType : std::uint8_t { counter, gauge };

struct MetricLabel {
  std::string_view name;   // a literal: [a-zA-Z_][a-zA-Z0-9_]*
  std::string_view value;  // any bytes
};

// Writes metrics in Prometheus' text exposition format, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/). A family is named once, then come
// its samples; the names are literals of ours, in base units, and a counter's ends in _total.
class Exposition {
 public:
  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

  // `prefix` goes before every name: "sekimori_sensor_".
  explicit Exposition(std::string_view prefix) : prefix_{prefix} {}

  Exposition& family(MetricType type, std::string_view name, std::string_view help);
  Exposition& sample(std::uint64_t value, std::initializer_list<MetricLabel> labels = {});
  Exposition& sample(double value, std::initializer_list<MetricLabel> labels = {});

  // A family of one sample without labels.
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    family(MetricType::counter, name, help).sample(value);
  }
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    family(MetricType::gauge, name, help).sample(value);
  }
  void gauge(std::string_view name, std::string_view help, double value) {
    family(MetricType::gauge, name, help).sample(value);
  }

  std::string take() { return std::move(text_); }

 private:
  void begin_sample(std::initializer_list<MetricLabel> labels);

  std::string prefix_;
  std::string name_;  // of the family at hand, whole
  std::string text_;
};

}  // namespace sekimori
