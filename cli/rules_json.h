#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/record/ecs_json.h"
#include "core/text/complaint.h"

namespace sekimori {

// One JSON object, key by key, as the subcommands of `sekimori rules` print it with --json.
class JsonLine {
 public:
  JsonLine& add(std::string_view key, std::string_view value) {
    begin(key);
    append_json_string(text_, value);
    return *this;
  }
  JsonLine& add(std::string_view key, std::uint64_t value) {
    return raw(key, std::to_string(value));
  }
  JsonLine& add(std::string_view key, const std::vector<Complaint>& complaints) {
    return add(key, complaints, [](JsonLine& line, const Complaint& one) {
      line.add("file", one.file).add("line", one.line).add("column", one.column);
      line.add("what", one.what).add("way_out", one.way_out);
    });
  }
  // A list of objects, each written by `write(line, item)`.
  template <typename List, typename Write>
  JsonLine& add(std::string_view key, const List& list, const Write& write) {
    begin(key);
    text_ += '[';
    for (const auto& item : list) {
      JsonLine line;
      write(line, item);
      if (text_.back() != '[') text_ += ',';
      text_ += line.text();
    }
    text_ += ']';
    return *this;
  }
  std::string text() const { return text_ + "}"; }

 private:
  JsonLine& raw(std::string_view key, std::string_view value) {
    begin(key);
    text_ += value;
    return *this;
  }
  void begin(std::string_view key) {
    if (text_.back() != '{') text_ += ',';
    append_json_string(text_, key);
    text_ += ':';
  }

  std::string text_{"{"};
};

}  // namespace sekimori
