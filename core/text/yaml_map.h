#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/text/complaint.h"
#include "core/text/yaml.h"

namespace sekimori {

// How a scalar becomes a T. `parse` answers nothing for what is not one.
template <typename T>
struct YamlType {
  std::optional<T> (*parse)(std::string_view text);
  std::string_view expected;  // "a duration such as 30s or 200ms": completes "expected ..."
};

// A word out of a fixed set.
template <typename T>
struct YamlWord {
  std::string_view word;
  T value;
};

extern const YamlType<std::string> kYamlText;     // not empty
extern const YamlType<bool> kYamlBool;            // true or false; not yes, no, on, off
extern const YamlType<std::uint16_t> kYamlPort;   // 1 to 65535
extern const YamlType<std::uint64_t> kYamlCount;  // decimal digits, 0 to 2^63 - 1
extern const YamlType<double> kYamlReal;          // finite
// A whole number with ns, us, ms, s, min, h or d; a bare 0 too.
extern const YamlType<std::chrono::nanoseconds> kYamlDuration;
// Bytes: a whole number with B, KiB, MiB or GiB; a bare 0 too.
extern const YamlType<std::uint64_t> kYamlSize;
extern const YamlType<double> kYamlLatitude;   // degrees, -90 to 90, north positive
extern const YamlType<double> kYamlLongitude;  // degrees, -180 to 180, east positive

// Reads one map of a document key by key and says everything that is wrong with it: a getter that
// finds a fault notes a complaint and yields its fallback, so that a caller reads all keys, calls
// finish() on each map, and asks once whether there were complaints. Borrows the document and the
// complaints.
//
//   YamlMap top{document, complaints};
//   config.port = top.required("port", kYamlPort);
//   config.wait = top.optional("wait", kYamlDuration, 200ms);
//   YamlMap site = top.child("site");
//   config.site.latitude = site.optional("lat", kYamlLatitude);
//   site.finish();
//   top.finish();
//   if (!complaints.empty()) return tl::unexpected{complaints};
class YamlMap {
 public:
  YamlMap(const YamlDocument& document, std::vector<Complaint>& complaints);
  // `path` is what messages put before a key: "listeners[0]"; empty at the top.
  YamlMap(std::string_view file, const YamlNode& node, std::string path,
          std::vector<Complaint>& complaints);

  bool has(std::string_view key) const noexcept;  // there, be its value right or wrong

  template <typename T>
  T required(std::string_view key, const YamlType<T>& type) {
    return scalar(key, type, Need::required).value_or(T{});
  }
  template <typename T>
  T optional(std::string_view key, const YamlType<T>& type, std::type_identity_t<T> fallback) {
    return scalar(key, type, Need::optional).value_or(std::move(fallback));
  }
  // For a type without a default, or where absence means something.
  template <typename T>
  std::optional<T> optional(std::string_view key, const YamlType<T>& type) {
    return scalar(key, type, Need::optional);
  }

  template <typename T, std::size_t N>
  T required(std::string_view key, const YamlWord<T> (&words)[N]) {
    return word<T>(key, words, Need::required).value_or(words[0].value);
  }
  template <typename T, std::size_t N>
  T optional(std::string_view key, const YamlWord<T> (&words)[N],
             std::type_identity_t<T> fallback) {
    return word<T>(key, words, Need::optional).value_or(fallback);
  }

  // A list of scalars, [] or absent for none. One scalar is not a list.
  template <typename T>
  std::vector<T> list(std::string_view key, const YamlType<T>& type) {
    std::vector<T> values;
    for (const YamlNode& item : list_of(key)) {
      if (auto value = convert(key, item, type)) values.push_back(std::move(*value));
    }
    return values;
  }

  // The map under `key`; an empty one when it is absent, so that its optional keys keep their
  // fallbacks and its required ones are missed.
  YamlMap child(std::string_view key);
  // The maps in the list under `key`; none when it is absent.
  std::vector<YamlMap> children(std::string_view key);
  // Each key of the map under `key` is a name of the writer's own choice; empty when absent.
  std::span<const YamlEntry> named(std::string_view key);
  // The node as it stands, or null: for a value of more than one shape.
  const YamlNode* node(std::string_view key);

  // For a rule between values, or a value this class has no type for.
  void complain(const YamlNode& at, std::string what, std::string way_out = {});
  void complain(std::string_view key, std::string what, std::string way_out = {});
  // Every key that no getter asked for is unknown; its nearest relative is named.
  void finish();

  std::string_view file() const noexcept { return file_; }
  std::string_view path() const noexcept { return path_; }
  const YamlNode& self() const noexcept { return *node_; }

 private:
  enum class Need : std::uint8_t { optional, required };

  const YamlNode* present(std::string_view key, Need need);
  std::span<const YamlNode> list_of(std::string_view key);
  const YamlNode* want(std::string_view key, YamlKind kind, std::string_view expected);
  void refuse(std::string_view key, const YamlNode& at, std::string_view expected);
  std::string path_of(std::string_view key) const;

  template <typename T>
  std::optional<T> convert(std::string_view key, const YamlNode& at, const YamlType<T>& type) {
    std::optional<T> value;
    if (at.kind == YamlKind::scalar) value = type.parse(at.text);
    if (!value) refuse(key, at, type.expected);
    return value;
  }
  template <typename T>
  std::optional<T> scalar(std::string_view key, const YamlType<T>& type, Need need) {
    const YamlNode* at = present(key, need);
    return at == nullptr ? std::nullopt : convert(key, *at, type);
  }
  template <typename T>
  std::optional<T> word(std::string_view key, std::span<const YamlWord<T>> words, Need need) {
    const YamlNode* at = present(key, need);
    if (at == nullptr) return std::nullopt;
    std::vector<std::string_view> known;
    for (const YamlWord<T>& one : words) {
      if (at->kind == YamlKind::scalar && at->text == one.word) return one.value;
      known.push_back(one.word);
    }
    refuse_word(key, *at, known);
    return std::nullopt;
  }
  void refuse_word(std::string_view key, const YamlNode& at,
                   const std::vector<std::string_view>& known);

  std::string file_;
  const YamlNode* node_;
  std::string path_;
  std::vector<Complaint>* complaints_;
  std::vector<std::string> asked_;
};

}  // namespace sekimori
