#include "core/rules/rule_matcher.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace sekimori {
namespace {

std::size_t units_of(const RulePack& pack) noexcept {
  return pack.indices().back().end_class();
}

}  // namespace

RuleCounters::RuleCounters(const RulePack& pack) : pack_{&pack}, matched_(pack.rules().size()) {
  std::size_t cells = 0;
  const auto add = [&](std::size_t rule) {
    first_.push_back(static_cast<std::uint32_t>(cells));
    cells += pack.rules()[rule].asks().size();
  };
  for (std::size_t rule = 0; rule < pack.rules().size(); ++rule) add(rule);
  for (const RuleIndex& index : pack.indices()) {
    for (RuleUnit unit = index.first_class(); unit < index.end_class(); ++unit) {
      add(index.representative(unit));
    }
  }
  undecided_ = std::vector<Tally>(cells);
}

void RuleCounters::count(const RuleIndex& index, RuleUnit unit, Answer answer) noexcept {
  if (answer.truth == Truth::yes && !index.has_class(unit)) ++matched_[unit];
  if (answer.truth == Truth::unknown) ++cell(index, unit, answer.missing);
}

void RuleCounters::take_back(const RuleIndex& index, RuleUnit unit, Answer answer) noexcept {
  --cell(index, unit, answer.missing);
}

Tally& RuleCounters::cell(const RuleIndex& index, RuleUnit unit, FieldId missing) noexcept {
  const auto asks = pack_->rules()[index.representative(unit)].asks();
  const auto found = std::lower_bound(asks.begin(), asks.end(), missing);
  return undecided_[first_[unit] + static_cast<std::size_t>(found - asks.begin())];
}

// Members of a class ask for the same fields, so the places are the same.
std::vector<std::uint64_t> RuleCounters::undecided(std::size_t rule) const {
  const CompiledRule& one = pack_->rules()[rule];
  std::vector<std::uint64_t> sums(one.asks().size(), 0);
  const RuleIndex& index = pack_->index(one.facts().category);
  for (auto unit = static_cast<RuleUnit>(rule); unit != kNoUnit; unit = index.class_of(unit)) {
    for (std::size_t place = 0; place < sums.size(); ++place) {
      sums[place] += undecided_[first_[unit] + place];
    }
  }
  return sums;
}

RuleMatcher::RuleMatcher(std::shared_ptr<const RulePack> pack)
    : pack_{std::move(pack)}, counters_{*pack_} {
  const std::size_t units = units_of(*pack_);
  std::size_t slots = 0;
  for (const RuleIndex& index : pack_->indices()) slots = std::max(slots, index.slots().size());
  const std::size_t fields =
      std::max(pack_->schemas().session.size(), pack_->schemas().claim.size());
  slots_.resize(slots);
  found_in_.resize(units);
  stead_in_.resize(units);
  stead_at_.resize(units);
  missing_in_.resize(fields);
  found_.reserve(units);
  steads_.reserve(units);
  matches_.reserve(pack_->rules().size());
  missing_.reserve(fields);
}

RuleMatcher::Found RuleMatcher::match(Category category, const FieldReader& reader) {
  counts_ = true;
  return run(pack_->index(category), reader);
}

RuleMatcher::Found RuleMatcher::match_names(const FieldReader& reader) {
  counts_ = false;
  return run(pack_->naming_index(), reader);
}

RuleMatcher::Found RuleMatcher::run(const RuleIndex& index, const FieldReader& reader) {
  index_ = &index;
  reader_ = reader;
  begin();
  if (!index.nodes().empty()) {
    visit(0);
    std::sort(found_.begin(), found_.end());
    ask_rules(index.nodes().front().always);
    for (const Stead& stead : steads_) {
      if (stead.left > 0) note_missing(stead.answer.missing);
    }
  }
  return {matches_, missing_};
}

void RuleMatcher::begin() {
  found_.clear();
  steads_.clear();
  matches_.clear();
  missing_.clear();
  if (++epoch_ != 0) return;
  // Once in four thousand million records the epochs begin anew, and what was noted in the first
  // of them must not count.
  epoch_ = 1;
  for (Slot& slot : slots_) slot.epoch = 0;
  for (auto* epochs : {&found_in_, &missing_in_, &stead_in_}) {
    std::fill(epochs->begin(), epochs->end(), 0U);
  }
}

const FieldValue& RuleMatcher::value_of(std::uint32_t slot) {
  Slot& one = slots_[slot];
  if (one.epoch != epoch_) {
    one.epoch = epoch_;
    one.value = reader_(index_->slots()[slot], one.scratch);
  }
  return one.value;
}

// As deep as the longest chain of absent fields, each of which a rule asks for.
void RuleMatcher::visit(std::uint32_t number) {
  const RuleIndex::Node& node = index_->nodes()[number];
  for (const RuleIndex::Table& table : node.tables) {
    const FieldValue& value = value_of(table.slot);
    if (!std::holds_alternative<std::monostate>(value)) {
      table.values.visit(value, [this](RuleUnit unit) {
        if (found_in_[unit] == epoch_) return;
        found_in_[unit] = epoch_;
        found_.push_back(unit);
      });
    } else if (table.when_absent != RuleIndex::kNowhere) {
      visit(table.when_absent);
    }
  }
  for (const RuleIndex::Several& several : node.several) ask_several(several);
  if (number == 0) return;  // rules, which are asked in order with those that are found
  for (const RuleUnit unit : node.always) ask(unit);
}

void RuleMatcher::ask_several(const RuleIndex::Several& several) {
  const auto absent = [this](std::uint32_t slot) {
    return std::holds_alternative<std::monostate>(value_of(slot));
  };
  if (std::none_of(several.slots.begin(), several.slots.end(), absent)) return;
  const CompiledRule& rule = pack_->rules()[index_->representative(several.unit)];
  const Answer answer = rule.evaluate(rule.root(), [&](std::uint32_t place) {
    const FieldTest& test = rule.field_tests()[place];
    if (!several.by_key[place]) return test.ask(reader_);
    FieldScratch scratch;
    const bool unknown = std::holds_alternative<std::monostate>(reader_(test.field, scratch));
    return Answer{unknown ? Truth::unknown : Truth::no, test.field};
  });
  if (answer.truth != Truth::unknown) return;
  if (counts_) counters_.count(*index_, several.unit, answer);
  stead_in_[several.unit] = epoch_;
  stead_at_[several.unit] = static_cast<std::uint32_t>(steads_.size());
  steads_.push_back({several.unit, answer, several.members});
}

// In order of id: the rules that must always be asked and those that were found, then classes.
void RuleMatcher::ask_rules(std::span<const RuleUnit> always) {
  auto next = always.begin();
  for (const RuleUnit unit : found_) {
    while (next != always.end() && *next < unit) ask(*next++);
    take_out_of_stead(unit);
    ask(unit);
  }
  while (next != always.end()) ask(*next++);
}

void RuleMatcher::take_out_of_stead(RuleUnit unit) {
  const RuleUnit its_class = index_->class_of(unit);
  if (its_class == kNoUnit || stead_in_[its_class] != epoch_) return;
  Stead& stead = steads_[stead_at_[its_class]];
  --stead.left;
  if (counts_) counters_.take_back(*index_, unit, stead.answer);
}

void RuleMatcher::ask(RuleUnit unit) {
  note(unit, pack_->rules()[index_->representative(unit)].evaluate(reader_));
}

void RuleMatcher::note(RuleUnit unit, Answer answer) {
  if (counts_) counters_.count(*index_, unit, answer);
  if (answer.truth == Truth::yes && !index_->has_class(unit)) matches_.push_back(unit);
  if (answer.truth == Truth::unknown) note_missing(answer.missing);
}

void RuleMatcher::note_missing(FieldId field) {
  if (missing_in_[field] == epoch_) return;
  missing_in_[field] = epoch_;
  missing_.push_back(field);
}

}  // namespace sekimori
