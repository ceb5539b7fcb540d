#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/rules/condition.h"

namespace {

using namespace sekimori;

const std::vector<std::string> kNames{"a", "b", "ab", "_c"};

void check(const Condition& condition, std::size_t depth) {
  // Each bracket adds at most an `or` over an `and`.
  if (depth > 3 * (kConditionDepth + 1)) std::abort();
  const bool leaf = condition.kind == Condition::Kind::selection;
  if (leaf != condition.parts.empty()) std::abort();
  if (leaf && condition.selection >= kNames.size()) std::abort();
  if (condition.kind == Condition::Kind::negation && condition.parts.size() != 1) std::abort();
  for (const Condition& part : condition.parts) check(part, depth + 1);
}

std::string written(const Condition& condition) {
  if (condition.kind == Condition::Kind::selection) return kNames[condition.selection];
  if (condition.kind == Condition::Kind::negation) return "not " + written(condition.parts[0]);
  std::string text;
  for (const Condition& part : condition.parts) {
    if (!text.empty()) text += condition.kind == Condition::Kind::all ? " and " : " or ";
    text += written(part);
  }
  return "(" + text + ")";
}

}  // namespace

// A tree is whole and not too deep, and written out in brackets it reads as itself; a fault lies in
// the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto condition = parse_condition(text, kNames);
  if (!condition) {
    if (condition.error().offset > text.size() || condition.error().what.empty()) std::abort();
    return 0;
  }
  check(*condition, 0);
  const std::string again = written(*condition);
  const auto twin = parse_condition(again, kNames);
  // Written out it may have grown over the limits.
  if (twin && written(*twin) != again && again.find("(a)") == std::string::npos &&
      again.find("(b)") == std::string::npos && again.find("(ab)") == std::string::npos &&
      again.find("(_c)") == std::string::npos) {
    std::abort();
  }
  return 0;
}
