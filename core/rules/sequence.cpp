#include "core/rules/sequence.h"

#include <algorithm>
#include <utility>

namespace sekimori {
namespace {

const YamlNode* value_of(const YamlNode& record, std::string_view field) noexcept {
  const YamlNode* const node = record.find(field);
  return node != nullptr && node->kind == YamlKind::scalar ? node : nullptr;
}

std::optional<Complaint> run(const std::shared_ptr<const RulePack>& pack, std::uint32_t number,
                             const RuleTest& test) {
  const Correlation& correlation = pack->correlations()[number];
  Sequence sequence{pack};
  std::uint64_t held = 0;
  std::string_view missing;
  for (const YamlNode& record : test.sequence) {
    const auto steps = sequence.tell(correlation.file, record);
    if (!steps) return steps.error().front();
    bool holds = false;
    for (const CorrelationStep& step : *steps) {
      if (step.correlation != number) continue;
      holds = holds || step.truth == Truth::yes;
      if (step.truth == Truth::unknown) missing = step.missing;
    }
    held += holds ? 1 : 0;
  }
  const Expectation found = held > 0           ? Expectation::match
                            : !missing.empty() ? Expectation::undecided
                                               : Expectation::no_match;
  constexpr std::string_view kWords[] = {"match", "no_match", "undecided"};
  const auto refuse = [&](std::string what) {
    return Complaint{correlation.file, test.line, 0, "test '" + test.name + "': " + std::move(what),
                     ""};
  };
  if (found != test.expectation) {
    return refuse(
        "expected " + std::string{kWords[static_cast<std::size_t>(test.expectation)]} +
        ", the correlation says " + std::string{kWords[static_cast<std::size_t>(found)]} +
        (found == Expectation::undecided ? ", for want of '" + std::string{missing} + "'" : ""));
  }
  if (test.count && *test.count != held) {
    return refuse("expected " + std::to_string(*test.count) +
                  " records to complete the correlation, " + std::to_string(held) + " did");
  }
  return std::nullopt;
}

}  // namespace

Category sequence_category(const YamlNode& record) noexcept {
  const bool claim =
      std::any_of(record.entries.begin(), record.entries.end(),
                  [](const YamlEntry& entry) { return entry.key.starts_with("claim."); });
  return claim ? Category::claim : Category::session;
}

std::optional<Timestamp> sequence_time(const YamlNode& record) noexcept {
  const bool claim = sequence_category(record) == Category::claim;
  const YamlNode* const node = value_of(record, claim ? "claim.time" : "event.start");
  return node == nullptr ? std::nullopt : parse_rfc3339(node->text);
}

Sequence::Sequence(std::shared_ptr<const RulePack> pack)
    : pack_{std::move(pack)}, matcher_{pack_}, correlator_{pack_} {}

LoadedAll<std::span<const CorrelationStep>> Sequence::tell(const std::string& file,
                                                           const YamlNode& record) {
  const Category category = sequence_category(record);
  const auto read = InlineRecord::read(file, record.entries, pack_->schemas().of(category));
  if (!read) return tl::unexpected{read.error()};
  const auto time = sequence_time(record);
  if (!time) {
    return tl::unexpected{std::vector{Complaint{file, record.line, record.column,
                                                "a record of a sequence needs its time",
                                                "write claim.time, or event.start for a session"}}};
  }
  const auto found = matcher_.match(category, read->reader());
  matched_.assign(found.rules.begin(), found.rules.end());
  const YamlNode* const id =
      value_of(record, category == Category::claim ? "claim.id" : "event.id");
  const std::string own = "record " + std::to_string(++told_);
  return correlator_.observe(
      {category, id == nullptr ? own : id->text, *time, *time, read->reader(), matched_});
}

std::vector<Complaint> run_sequence_tests(const RulePack& pack) {
  // Borrowed for the length of this call.
  const std::shared_ptr<const RulePack> borrowed{std::shared_ptr<const RulePack>{}, &pack};
  std::vector<Complaint> failures;
  for (std::uint32_t number = 0; number < pack.correlations().size(); ++number) {
    for (const RuleTest& test : pack.correlations()[number].tests) {
      if (auto failure = run(borrowed, number, test)) failures.push_back(std::move(*failure));
    }
  }
  return failures;
}

}  // namespace sekimori
