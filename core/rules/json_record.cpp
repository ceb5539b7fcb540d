#include "core/rules/json_record.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

namespace sekimori {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDepth = 8;  // objects in each other; the longest name of a field has five

class Flattener {
 public:
  Flattener(std::string_view file, std::uint32_t line) : file_{file}, line_{line} {}

  void object(const Json& object, const std::string& prefix, std::size_t depth) {
    if (depth == kDepth) return complain(prefix, "lies deeper than any field");
    for (const auto& [key, value] : object.items()) {
      const std::string name = prefix.empty() ? key : prefix + "." + key;
      if (value.is_object()) {
        this->object(value, name, depth + 1);
      } else if (!value.is_null()) {
        leaf(name, value);
      }
    }
  }

  std::vector<YamlEntry> entries;
  std::vector<Complaint> complaints;

 private:
  void complain(const std::string& name, std::string what) {
    complaints.push_back({std::string{file_}, line_, 0, "'" + name + "' " + std::move(what), ""});
  }

  YamlNode scalar(const Json& value) const {
    YamlNode node;
    node.kind = YamlKind::scalar;
    node.line = line_;
    node.quoted = value.is_string();
    node.text = value.is_string() ? value.get_ref<const std::string&>() : value.dump();
    return node;
  }

  void leaf(const std::string& name, const Json& value) {
    if (!names_.insert(name).second) return complain(name, "stands twice");
    YamlNode node;
    if (value.is_array()) {
      node.kind = YamlKind::list;
      node.line = line_;
      for (const Json& item : value) {
        if (!add_item(name, item, node)) return;
      }
    } else {
      node = scalar(value);
    }
    entries.push_back({name, line_, 0, std::move(node)});
  }

  bool add_item(const std::string& name, const Json& item, YamlNode& list) {
    if (item.is_object()) {
      const auto id = item.find("id");
      const auto shadow = item.find("shadow");
      if (id == item.end() || !id->is_string()) {
        complain(name, "holds an object without an id");
        return false;
      }
      if (shadow == item.end() || *shadow != true) list.items.push_back(scalar(*id));
      return true;
    }
    if (item.is_string()) {
      list.items.push_back(scalar(item));
      return true;
    }
    complain(name, "holds what is neither a text nor a signature");
    return false;
  }

  std::string_view file_;
  std::uint32_t line_;
  std::set<std::string> names_;
};

}  // namespace

LoadedAll<std::vector<YamlEntry>> read_json_record(std::string_view file, std::uint32_t line,
                                                   std::string_view text) {
  const auto refuse = [&](std::string what, std::string way_out) {
    return tl::unexpected{
        std::vector{Complaint{std::string{file}, line, 0, std::move(what), std::move(way_out)}}};
  };
  if (text.size() > kJsonRecordLimit) {
    return refuse("is longer than " + std::to_string(kJsonRecordLimit) + " bytes", "");
  }
  const Json record = Json::parse(text, nullptr, false);
  if (!record.is_object()) {
    return refuse("is no JSON object", "give lines of sekimori replay --sessions");
  }
  Flattener flattener{file, line};
  flattener.object(record, "", 0);
  if (!flattener.complaints.empty()) return tl::unexpected{std::move(flattener.complaints)};
  return std::move(flattener.entries);
}

}  // namespace sekimori
