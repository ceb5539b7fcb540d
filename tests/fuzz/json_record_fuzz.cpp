#include "core/rules/json_record.h"

#include <cstdlib>
#include <string_view>

#include "core/record/ecs_json.h"
#include "core/record/field.h"
#include "core/rules/inline_record.h"

// What is read as a record is written as a record, and reading that gives the same again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekimori;
  const auto write = [](std::string_view text) {
    std::string json;
    const auto entries = read_json_record("fuzz", 1, text);
    if (!entries) return json;
    const auto record = InlineRecord::read("fuzz", *entries, session_fields());
    if (record) append_json(json, session_fields(), record->reader());
    return json;
  };
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::string once = write(text);
  if (once.empty()) return 0;
  const std::string twice = write(once);
  if (twice.empty() || write(twice) != twice) std::abort();
  return 0;
}
