#include "core/rules/inline_record.h"

#include <algorithm>
#include <utility>

#include "core/net/yaml_types.h"
#include "core/rules/compile_field.h"
#include "core/text/yaml_map.h"

namespace sekimori {
namespace {

std::string_view expected_of(FieldType type) noexcept {
  switch (type) {
    case FieldType::text:
      return "a text";
    case FieldType::integer:
      return kYamlCount.expected;
    case FieldType::real:
      return kYamlReal.expected;
    case FieldType::boolean:
      return kYamlBool.expected;
    case FieldType::ip:
      return kYamlIpAddress.expected;
    case FieldType::moment:
      return "a moment such as 2024-03-26T01:02:03Z";
    case FieldType::texts:
    case FieldType::signatures:
      return "a list of texts";
  }
  return "";
}

template <typename T>
bool assign(FieldValue& value, const std::optional<T>& parsed) {
  if (parsed) value = *parsed;
  return parsed.has_value();
}

Truth wanted_truth(Expectation expectation) noexcept {
  switch (expectation) {
    case Expectation::match:
      return Truth::yes;
    case Expectation::no_match:
      return Truth::no;
    case Expectation::undecided:
      return Truth::unknown;
  }
  return Truth::unknown;
}

std::string_view word_of(Truth truth) noexcept {
  switch (truth) {
    case Truth::yes:
      return "match";
    case Truth::no:
      return "no_match";
    case Truth::unknown:
      return "undecided";
  }
  return "";
}

}  // namespace

bool InlineRecord::fill(Slot& slot, const YamlNode& node) {
  const bool list = slot.type == FieldType::texts || slot.type == FieldType::signatures;
  if (node.kind != (list ? YamlKind::list : YamlKind::scalar)) return false;
  switch (slot.type) {
    case FieldType::text:
      slot.text = node.text;
      return true;
    case FieldType::integer:
      return assign(slot.value, kYamlCount.parse(node.text));
    case FieldType::real:
      return assign(slot.value, kYamlReal.parse(node.text));
    case FieldType::boolean:
      return assign(slot.value, kYamlBool.parse(node.text));
    case FieldType::ip:
      return assign(slot.value, IpAddress::parse(node.text));
    case FieldType::moment:
      return assign(slot.value, parse_rfc3339(node.text));
    case FieldType::texts:
      for (const YamlNode& item : node.items) slot.names.emplace_back(item.text);
      break;
    case FieldType::signatures:
      for (const YamlNode& item : node.items) {
        slot.matches.emplace_back().id.assign(item.text);
      }
      break;
  }
  return std::all_of(node.items.begin(), node.items.end(),
                     [](const YamlNode& item) { return item.kind == YamlKind::scalar; });
}

LoadedAll<InlineRecord> InlineRecord::read(std::string_view file,
                                           const std::vector<YamlEntry>& entries,
                                           std::span<const FieldSpec> schema) {
  std::vector<Complaint> complaints;
  const Placeholders none;
  const CompileContext context{file, schema, none, complaints};
  InlineRecord record;
  record.slots_.resize(schema.size());
  for (const YamlEntry& entry : entries) {
    const auto id = context.find(entry.key, entry.line, entry.column);
    if (!id) continue;
    Slot& slot = record.slots_[*id];
    slot.type = schema[*id].type;
    slot.present = true;
    if (!fill(slot, entry.value)) {
      context.complain(entry.value.line, entry.value.column,
                       "'" + entry.key + "': expected " + std::string{expected_of(slot.type)},
                       "leave an unknown field out");
    }
  }
  if (!complaints.empty()) return tl::unexpected{std::move(complaints)};
  return record;
}

FieldReader InlineRecord::reader() const noexcept {
  return {this, &InlineRecord::read_slot};
}

FieldValue InlineRecord::read_slot(const void* self, FieldId id, FieldScratch&) noexcept {
  const Slot& slot = static_cast<const InlineRecord*>(self)->slots_[id];
  if (!slot.present) return {};
  if (slot.type == FieldType::text) return std::string_view{slot.text};
  if (slot.type == FieldType::texts) return std::span<const AlpnName>{slot.names};
  if (slot.type == FieldType::signatures) return std::span<const SignatureMatch>{slot.matches};
  return slot.value;
}

std::vector<Complaint> run_rule_tests(const CompiledRule& rule, std::span<const FieldSpec> schema) {
  std::vector<Complaint> failures;
  for (const RuleTest& test : rule.tests()) {
    if (!test.capture.empty()) continue;
    const auto record = InlineRecord::read(rule.file(), test.record, schema);
    if (!record) {
      failures.insert(failures.end(), record.error().begin(), record.error().end());
      continue;
    }
    const Answer answer = rule.evaluate(record->reader());
    if (answer.truth == wanted_truth(test.expectation)) continue;
    std::string what = "test '" + test.name + "': expected " +
                       std::string{word_of(wanted_truth(test.expectation))} + ", the rule says " +
                       std::string{word_of(answer.truth)};
    if (answer.truth == Truth::unknown) {
      what += ", for want of '" + std::string{schema[answer.missing].name} + "'";
    }
    failures.push_back({rule.file(), test.line, 0, std::move(what), ""});
  }
  return failures;
}

}  // namespace sekimori
