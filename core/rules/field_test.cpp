#include "core/rules/field_test.h"

#include <re2/re2.h>

#include <algorithm>
#include <compare>
#include <span>
#include <string_view>
#include <variant>

namespace sekimori {
namespace {

using Order = FieldTest::Order;

bool stands(Order order, std::partial_ordering found) noexcept {
  switch (order) {
    case Order::equal:
      return found == 0;
    case Order::less:
      return found < 0;
    case Order::less_equal:
      return found <= 0;
    case Order::greater:
      return found > 0;
    case Order::greater_equal:
      return found >= 0;
  }
  return false;
}

std::partial_ordering compare(const FieldValue& value, const RuleNumber& number) noexcept {
  if (const auto* whole = std::get_if<std::uint64_t>(&value)) {
    if (number.is_whole) return *whole <=> number.whole;
    return static_cast<double>(*whole) <=> number.real;
  }
  if (const auto* real = std::get_if<double>(&value)) return *real <=> number.real;
  return std::partial_ordering::unordered;
}

bool is_text(std::string_view value, const Pattern& pattern) noexcept {
  return pattern.matches(value);
}
bool is_text(std::string_view value, const std::shared_ptr<const re2::RE2>& expression) noexcept {
  return re2::RE2::PartialMatch(re2::StringPiece{value.data(), value.size()}, *expression);
}

// Of a list, one element is enough.
template <typename Wanted>
bool some_text(const FieldValue& value, const Wanted& wanted) noexcept {
  if (const auto* text = std::get_if<std::string_view>(&value)) return is_text(*text, wanted);
  if (const auto* names = std::get_if<std::span<const AlpnName>>(&value)) {
    return std::any_of(names->begin(), names->end(),
                       [&](const AlpnName& name) { return is_text(name.view(), wanted); });
  }
  if (const auto* matches = std::get_if<std::span<const SignatureMatch>>(&value)) {
    return std::any_of(matches->begin(), matches->end(), [&](const SignatureMatch& match) {
      return !match.shadow && is_text(match.id.view(), wanted);
    });
  }
  return false;
}

bool text_stands(const FieldTest& test, std::string_view text, std::string_view wanted) noexcept {
  const auto fold = [&](char one) {
    const bool upper = test.letters == Case::ignored && one >= 'A' && one <= 'Z';
    return upper ? static_cast<char>(one - 'A' + 'a') : one;
  };
  const auto same = [&](char one, char other) { return fold(one) == fold(other); };
  if (wanted.size() > text.size()) return false;
  switch (test.anchor) {
    case Anchor::whole:
      return std::equal(text.begin(), text.end(), wanted.begin(), wanted.end(), same);
    case Anchor::start:
      return std::equal(wanted.begin(), wanted.end(), text.begin(), same);
    case Anchor::end:
      return std::equal(wanted.rbegin(), wanted.rend(), text.rbegin(), same);
    case Anchor::anywhere:
      return wanted.empty() || std::search(text.begin(), text.end(), wanted.begin(), wanted.end(),
                                           same) != text.end();
  }
  return false;
}

// Both present, of types that compile_rule() found comparable.
bool same_value(const FieldTest& test, const FieldValue& left, const FieldValue& right) noexcept {
  const auto* left_text = std::get_if<std::string_view>(&left);
  const auto* right_text = std::get_if<std::string_view>(&right);
  if (left_text != nullptr && right_text != nullptr) {
    return text_stands(test, *left_text, *right_text);
  }
  if (const auto* whole = std::get_if<std::uint64_t>(&right)) {
    return compare(left, {static_cast<double>(*whole), *whole, true}) == 0;
  }
  if (const auto* real = std::get_if<double>(&right)) return compare(left, {*real, 0, false}) == 0;
  if (left.index() != right.index()) return false;
  if (const auto* ip = std::get_if<IpAddress>(&left)) return *ip == std::get<IpAddress>(right);
  if (const auto* flag = std::get_if<bool>(&left)) return *flag == std::get<bool>(right);
  if (const auto* time = std::get_if<Timestamp>(&left)) return *time == std::get<Timestamp>(right);
  return false;
}

template <typename List, typename Predicate>
bool holds_for(const FieldTest& test, const List& wanted, Predicate predicate) noexcept {
  return test.every ? std::all_of(wanted.begin(), wanted.end(), predicate)
                    : std::any_of(wanted.begin(), wanted.end(), predicate);
}

bool holds(const FieldTest& test, const FieldValue& value) noexcept {
  using Kind = FieldTest::Kind;
  switch (test.kind) {
    case Kind::patterns:
      return holds_for(test, test.patterns,
                       [&](const Pattern& wanted) { return some_text(value, wanted); });
    case Kind::expressions:
      return holds_for(test, test.expressions,
                       [&](const auto& wanted) { return some_text(value, wanted); });
    case Kind::numbers: {
      const auto* time = std::get_if<Timestamp>(&value);
      const FieldValue number = time == nullptr ? value : FieldValue{read_part(*time, test.part)};
      return holds_for(test, test.numbers, [&](const RuleNumber& wanted) {
        return stands(test.order, compare(number, wanted));
      });
    }
    case Kind::moments: {
      const auto* time = std::get_if<Timestamp>(&value);
      return time != nullptr && holds_for(test, test.moments, [&](Timestamp wanted) {
               return stands(test.order, *time <=> wanted);
             });
    }
    case Kind::flags: {
      const auto* flag = std::get_if<bool>(&value);
      return flag != nullptr &&
             holds_for(test, test.flags, [&](bool wanted) { return *flag == wanted; });
    }
    case Kind::networks: {
      const auto* ip = std::get_if<IpAddress>(&value);
      return ip != nullptr && holds_for(test, test.networks, [&](const Network& wanted) {
               return wanted.contains(*ip);
             });
    }
    case Kind::presence:
    case Kind::other_field:
      return false;
  }
  return false;
}

constexpr Truth truth_of(bool holds) noexcept {
  return holds ? Truth::yes : Truth::no;
}

}  // namespace

Answer FieldTest::ask(const FieldReader& reader) const noexcept {
  if (!searched.empty()) return ask_keywords(reader);
  FieldScratch scratch;
  const FieldValue value = reader(field, scratch);
  const bool absent = std::holds_alternative<std::monostate>(value);
  if (kind == Kind::presence) return {truth_of(absent != wanted), field};
  if (absent) return {or_absent ? Truth::yes : Truth::unknown, field};
  if (kind == Kind::other_field) {
    FieldScratch other_scratch;
    const FieldValue other_value = reader(other, other_scratch);
    if (std::holds_alternative<std::monostate>(other_value)) return {Truth::unknown, other};
    return {truth_of(same_value(*this, value, other_value) != negated), field};
  }
  return {truth_of(holds(*this, value) != negated), field};
}

Answer FieldTest::ask_keywords(const FieldReader& reader) const noexcept {
  bool present = false;
  const auto found = [&](const auto& keyword) {
    return std::any_of(searched.begin(), searched.end(), [&](FieldId one) {
      FieldScratch scratch;
      const FieldValue value = reader(one, scratch);
      present = present || !std::holds_alternative<std::monostate>(value);
      return some_text(value, keyword);
    });
  };
  const bool all = kind == Kind::expressions ? holds_for(*this, expressions, found)
                                             : holds_for(*this, patterns, found);
  return {present ? truth_of(all) : Truth::unknown, field};
}

std::uint64_t FieldTest::cost() const noexcept {
  constexpr std::uint64_t kExpression = 8;  // as measured beside a short pattern
  std::uint64_t steps = numbers.size() + moments.size() + flags.size() + networks.size() +
                        kExpression * expressions.size() + 1;
  for (const Pattern& pattern : patterns) steps += pattern.cost();
  // The other text is tried at every place of this one.
  constexpr std::uint64_t kLongText = 255;
  if (kind == Kind::other_field && anchor == Anchor::anywhere) steps += kLongText;
  return searched.empty() ? steps : steps * searched.size();
}

}  // namespace sekimori
