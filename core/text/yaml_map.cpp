#include "core/text/yaml_map.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace sekimori {
namespace {

using std::chrono::nanoseconds;

constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();

template <typename T>
std::optional<T> whole(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || at != end) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> count_of(std::string_view text) {
  const auto value = whole<std::uint64_t>(text);
  return value && *value <= kLargest ? value : std::nullopt;
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 7> kTimeUnits{{{"ns", 1},
                                          {"us", 1'000},
                                          {"ms", 1'000'000},
                                          {"s", 1'000'000'000},
                                          {"min", 60'000'000'000},
                                          {"h", 3'600'000'000'000},
                                          {"d", 86'400'000'000'000}}};
constexpr std::array<Unit, 4> kSizeUnits{
    {{"B", 1}, {"KiB", 1U << 10U}, {"MiB", 1U << 20U}, {"GiB", 1U << 30U}}};

// A whole number and a unit, one space between them or none.
std::optional<std::uint64_t> measured(std::string_view text, std::span<const Unit> units) {
  if (text == "0") return 0;
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = count_of(text.substr(0, digits));
  std::string_view name = text.substr(digits);
  if (name.starts_with(' ')) name.remove_prefix(1);
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& one) { return one.name == name; });
  if (!number || unit == units.end() || *number > kLargest / unit->factor) return std::nullopt;
  return *number * unit->factor;
}

std::optional<double> real(std::string_view text) {
  const auto value = whole<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<double> degrees(std::string_view text, double most) {
  const auto value = real(text);
  return value && std::abs(*value) <= most ? value : std::nullopt;
}

std::string_view kind_name(YamlKind kind) noexcept {
  switch (kind) {
    case YamlKind::null:
      return "nothing";
    case YamlKind::scalar:
      return "a single value";
    case YamlKind::list:
      return "a list";
    case YamlKind::map:
      return "a map";
  }
  return "";
}

// What a message repeats of a file: enough to find it, not a page.
std::string excerpt(const std::string& text) {
  constexpr std::size_t kLongest = 60;
  return "'" + (text.size() > kLongest ? text.substr(0, kLongest) + "..." : text) + "'";
}

const YamlNode& empty_map() {
  static const YamlNode node = [] {
    YamlNode map;
    map.kind = YamlKind::map;
    return map;
  }();
  return node;
}

}  // namespace

const YamlType<std::string> kYamlText{[](std::string_view text) {
                                        return text.empty() ? std::nullopt
                                                            : std::optional{std::string{text}};
                                      },
                                      "a text that is not empty"};
const YamlType<bool> kYamlBool{[](std::string_view text) -> std::optional<bool> {
                                 if (text == "true") return true;
                                 if (text == "false") return false;
                                 return std::nullopt;
                               },
                               "true or false"};
const YamlType<std::uint16_t> kYamlPort{[](std::string_view text) {
                                          const auto value = whole<std::uint16_t>(text);
                                          return value && *value > 0 ? value : std::nullopt;
                                        },
                                        "a port from 1 to 65535"};
const YamlType<std::uint64_t> kYamlCount{count_of, "a whole number, 0 or more"};
const YamlType<double> kYamlReal{real, "a number"};
const YamlType<nanoseconds> kYamlDuration{
    [](std::string_view text) -> std::optional<nanoseconds> {
      const auto value = measured(text, kTimeUnits);
      if (!value) return std::nullopt;
      return nanoseconds{static_cast<std::int64_t>(*value)};
    },
    "a duration such as 30s, 200ms or 10min (ns, us, ms, s, min, h, d)"};
const YamlType<std::uint64_t> kYamlSize{
    [](std::string_view text) { return measured(text, kSizeUnits); },
    "a size such as 64MiB (B, KiB, MiB, GiB)"};
const YamlType<double> kYamlLatitude{[](std::string_view text) { return degrees(text, 90); },
                                     "degrees from -90 to 90, north positive"};
const YamlType<double> kYamlLongitude{[](std::string_view text) { return degrees(text, 180); },
                                      "degrees from -180 to 180, east positive"};

YamlMap::YamlMap(const YamlDocument& document, std::vector<Complaint>& complaints)
    : YamlMap{document.file, document.root, {}, complaints} {}

YamlMap::YamlMap(std::string_view file, const YamlNode& node, std::string path,
                 std::vector<Complaint>& complaints)
    : file_{file}, node_{&node}, path_{std::move(path)}, complaints_{&complaints} {
  if (node.kind == YamlKind::map) return;
  // An empty document is a map that says nothing.
  const bool empty_document = node.kind == YamlKind::null && path_.empty();
  if (!empty_document) {
    complain(node, (path_.empty() ? std::string{"expected"} : "'" + path_ + "': expected") +
                       " a map of keys and values, not " + std::string{kind_name(node.kind)});
  }
  node_ = &empty_map();
}

bool YamlMap::has(std::string_view key) const noexcept {
  return node_->find(key) != nullptr;
}

YamlMap YamlMap::child(std::string_view key) {
  const YamlNode* at = want(key, YamlKind::map, "a map of keys and values");
  return YamlMap{file_, at == nullptr ? empty_map() : *at, path_of(key), *complaints_};
}

std::vector<YamlMap> YamlMap::children(std::string_view key) {
  std::vector<YamlMap> maps;
  std::size_t index = 0;
  for (const YamlNode& item : list_of(key)) {
    maps.emplace_back(file_, item, path_of(key) + "[" + std::to_string(index++) + "]",
                      *complaints_);
  }
  return maps;
}

std::span<const YamlEntry> YamlMap::named(std::string_view key) {
  const YamlNode* at = want(key, YamlKind::map, "a map of names and values");
  return at == nullptr ? std::span<const YamlEntry>{} : std::span{at->entries};
}

const YamlNode* YamlMap::node(std::string_view key) {
  asked_.emplace_back(key);
  return node_->find(key);
}

void YamlMap::complain(const YamlNode& at, std::string what, std::string way_out) {
  complaints_->push_back({file_, at.line, at.column, std::move(what), std::move(way_out)});
}

void YamlMap::complain(std::string_view key, std::string what, std::string way_out) {
  const YamlNode* at = node_->find(key);
  complain(at == nullptr ? *node_ : *at, "'" + path_of(key) + "': " + what, std::move(way_out));
}

void YamlMap::finish() {
  const std::vector<std::string_view> known{asked_.begin(), asked_.end()};
  for (const YamlEntry& entry : node_->entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    const std::string_view nearest = nearest_name(entry.key, known);
    complaints_->push_back({file_, entry.line, entry.column,
                            "unknown key '" + path_of(entry.key) + "'",
                            nearest.empty() ? "" : "did you mean '" + std::string{nearest} + "'?"});
  }
}

const YamlNode* YamlMap::present(std::string_view key, Need need) {
  const YamlNode* at = node(key);
  if (at == nullptr && need == Need::required) {
    complain(*node_, "missing key '" + path_of(key) + "'");
  }
  return at;
}

std::span<const YamlNode> YamlMap::list_of(std::string_view key) {
  const YamlNode* at = want(key, YamlKind::list, "a list, [...] or lines that begin with '- '");
  return at == nullptr ? std::span<const YamlNode>{} : std::span{at->items};
}

const YamlNode* YamlMap::want(std::string_view key, YamlKind kind, std::string_view expected) {
  const YamlNode* at = node(key);
  if (at == nullptr || at->kind == kind) return at;
  refuse(key, *at, expected);
  return nullptr;
}

void YamlMap::refuse(std::string_view key, const YamlNode& at, std::string_view expected) {
  const std::string found =
      at.kind == YamlKind::scalar ? excerpt(at.text) : std::string{kind_name(at.kind)};
  complain(at, "'" + path_of(key) + "': expected " + std::string{expected} + ", not " + found);
}

void YamlMap::refuse_word(std::string_view key, const YamlNode& at,
                          const std::vector<std::string_view>& known) {
  std::string expected = "one of";
  for (const std::string_view word : known) {
    expected += (word == known.front() ? " " : ", ") + std::string{word};
  }
  refuse(key, at, expected);
  const std::string_view nearest = nearest_name(at.text, known);
  if (!nearest.empty()) {
    complaints_->back().way_out = "did you mean '" + std::string{nearest} + "'?";
  }
}

std::string YamlMap::path_of(std::string_view key) const {
  return path_.empty() ? std::string{key} : path_ + "." + std::string{key};
}

}  // namespace sekimori
