#include "cli/rules_capture.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "core/record/field.h"
#include "core/rules/inline_record.h"
#include "core/rules/pack_slot.h"
#include "sensor/capture/file_source.h"
#include "sensor/file_run.h"
#include "sensor/finisher.h"

namespace sekimori {
namespace {

Truth truth_of(Expectation expectation) noexcept {
  return expectation == Expectation::match      ? Truth::yes
         : expectation == Expectation::no_match ? Truth::no
                                                : Truth::unknown;
}

// Whether each field of `wanted` has the same value in `record`. Lists are compared by no test.
bool is_meant(const InlineRecord& wanted, const std::vector<FieldId>& fields,
              const FieldReader& record) {
  return std::all_of(fields.begin(), fields.end(), [&](FieldId field) {
    FieldScratch left;
    FieldScratch right;
    const FieldValue want = wanted.reader()(field, left);
    const FieldValue have = record(field, right);
    return std::visit(
        [&have](const auto& value) {
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, std::span<const AlpnName>> ||
                        std::is_same_v<T, std::span<const SignatureMatch>>) {
            return false;
          } else {
            return std::holds_alternative<T>(have) && std::get<T>(have) == value;
          }
        },
        want);
  });
}

}  // namespace

Loaded<const CaptureTests::Records*> CaptureTests::records_of(const std::string& path) {
  const auto known = read_.find(path);
  if (known != read_.end()) return &known->second;
  auto source = FileSource::open(path);
  if (!source) return tl::unexpected{source.error()};
  SensorConfig config;
  auto finishers = make_finishers(config, std::make_shared<PackSlot>(pack_), nullptr);
  if (!finishers) return tl::unexpected{finishers.error().front()};
  Records records;
  FileRun run{config.run, *finishers, [&](std::span<const SessionRecord* const> some, Timestamp) {
                for (const SessionRecord* record : some) {
                  if (record->type == EventType::end) records.push_back(*record);
                }
                return true;
              }};
  run.read(**source, [] { return true; });
  run.finish();
  if (!(*source)->complaint().what.empty()) return tl::unexpected{(*source)->complaint()};
  return &read_.emplace(path, std::move(records)).first->second;
}

std::vector<Complaint> CaptureTests::run(const CompiledRule& rule, const RuleTest& test) {
  const auto fail = [&](std::string what, std::string way_out) {
    return std::vector{Complaint{rule.file(), test.line, 0,
                                 "test '" + test.name + "': " + std::move(what),
                                 std::move(way_out)}};
  };
  if (rule.facts().category != Category::session) {
    return fail("a capture holds no claims", "write out a record, or use sekimori replay --claims");
  }
  const auto schema = pack_->schemas().of(Category::session);
  const auto where = InlineRecord::read(rule.file(), test.where, schema);
  if (!where) return where.error();
  std::vector<FieldId> fields;
  for (const YamlEntry& entry : test.where) fields.push_back(*find_field(schema, entry.key));
  const auto path = std::filesystem::path{rule.file()}.parent_path() / test.capture;
  const auto records = records_of(path.string());
  if (!records) return fail(records.error().text(), "captures are relative to the rule's file");
  std::uint64_t meant = 0;
  std::uint64_t right = 0;
  for (const SessionRecord& record : **records) {
    if (!is_meant(*where, fields, session_reader(record))) continue;
    ++meant;
    right += rule.evaluate(session_reader(record)).truth == truth_of(test.expectation) ? 1U : 0U;
  }
  if (meant == 0 && test.count != std::optional<std::uint64_t>{0}) {
    return fail("none of its " + std::to_string((*records)->size()) + " sessions is meant",
                "look at them with sekimori replay --sessions -");
  }
  const std::uint64_t wanted = test.count.value_or(meant);
  if (right == wanted) return {};
  return fail("as expected of " + std::to_string(right) + " of " + std::to_string(meant) +
                  " sessions, not of " + std::to_string(wanted),
              "");
}

std::vector<Complaint> CaptureTests::run(const CompiledRule& rule) {
  std::vector<Complaint> failures;
  for (const RuleTest& test : rule.tests()) {
    if (test.capture.empty()) continue;
    const auto some = run(rule, test);
    failures.insert(failures.end(), some.begin(), some.end());
  }
  return failures;
}

}  // namespace sekimori
