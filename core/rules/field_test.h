#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/net/ip_address.h"
#include "core/record/field.h"
#include "core/rules/modifier.h"
#include "core/rules/pattern.h"
#include "core/text/timestamp.h"

namespace re2 {
class RE2;
}

namespace sekimori {

// Kleene's three values, in the order in which `and` takes the least and `or` the greatest.
enum class Truth : std::uint8_t { no, unknown, yes };

struct Answer {
  Truth truth = Truth::no;
  FieldId missing = 0;  // when unknown: an absent field without which it stays unknown
};

// A number of a rule: exact where it is whole, so that 64-bit counters compare exactly.
struct RuleNumber {
  double real = 0;
  std::uint64_t whole = 0;
  bool is_whole = false;
};

// One `field|modifiers: values` ready to be asked. Immutable once compiled.
struct FieldTest {
  enum class Kind : std::uint8_t {
    patterns,
    expressions,
    numbers,
    moments,
    flags,
    networks,
    presence,
    other_field
  };
  enum class Order : std::uint8_t { equal, less, less_equal, greater, greater_equal };

  FieldId field = 0;
  Kind kind = Kind::patterns;
  Order order = Order::equal;
  TimePart part = TimePart::none;  // numbers: of a moment's part
  Anchor anchor = Anchor::whole;   // other_field: where its text lies in the field's
  Case letters = Case::ignored;
  bool every = false;      // all values, not any
  bool negated = false;    // neq: none of the values
  bool or_absent = false;  // null stands among the values
  bool wanted = true;      // presence: exists or not
  FieldId other = 0;
  // Keywords: where they are looked for. The test is unknown when all of these are absent, and what
  // is absent is not looked in.
  std::vector<FieldId> searched;

  std::vector<Pattern> patterns;
  std::vector<std::shared_ptr<const re2::RE2>> expressions;
  std::vector<RuleNumber> numbers;
  std::vector<Timestamp> moments;
  std::vector<bool> flags;
  std::vector<Network> networks;

  // An absent field makes it unknown, but where the rule asks for absence.
  Answer ask(const FieldReader& reader) const noexcept;

  // How many steps asking takes at most, for each byte of the field's text.
  std::uint64_t cost() const noexcept;

 private:
  Answer ask_keywords(const FieldReader& reader) const noexcept;
};

}  // namespace sekimori
