#include "core/rules/modifier.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace sekimori {
namespace {

// What a modifier says about the comparison. Of those that choose one there may be one only.
enum class Role : std::uint8_t {
  none,
  anchor,   // where the value lies in the text
  compare,  // what is compared, or how
  encode,   // the value is changed before
  part      // of a moment
};

struct Row {
  std::string_view word;
  Modifier modifier;
  Role role = Role::none;
};
constexpr std::array<Row, 31> kRows{{{"contains", Modifier::contains, Role::anchor},
                                     {"startswith", Modifier::startswith, Role::anchor},
                                     {"endswith", Modifier::endswith, Role::anchor},
                                     {"all", Modifier::all},
                                     {"cased", Modifier::cased},
                                     {"exists", Modifier::exists, Role::compare},
                                     {"cidr", Modifier::cidr, Role::compare},
                                     {"gt", Modifier::gt, Role::compare},
                                     {"gte", Modifier::gte, Role::compare},
                                     {"lt", Modifier::lt, Role::compare},
                                     {"lte", Modifier::lte, Role::compare},
                                     {"neq", Modifier::neq},
                                     {"fieldref", Modifier::fieldref, Role::compare},
                                     {"re", Modifier::re, Role::compare},
                                     {"i", Modifier::i},
                                     {"m", Modifier::m},
                                     {"s", Modifier::s},
                                     {"expand", Modifier::expand},
                                     {"windash", Modifier::windash, Role::encode},
                                     {"base64", Modifier::base64, Role::encode},
                                     {"base64offset", Modifier::base64offset, Role::encode},
                                     {"utf16le", Modifier::utf16le, Role::encode},
                                     {"utf16be", Modifier::utf16be, Role::encode},
                                     {"utf16", Modifier::utf16, Role::encode},
                                     {"wide", Modifier::wide, Role::encode},
                                     {"minute", Modifier::minute, Role::part},
                                     {"hour", Modifier::hour, Role::part},
                                     {"day", Modifier::day, Role::part},
                                     {"week", Modifier::week, Role::part},
                                     {"month", Modifier::month, Role::part},
                                     {"year", Modifier::year, Role::part}}};

const Row& row_of(Modifier modifier) noexcept {
  return *std::find_if(kRows.begin(), kRows.end(),
                       [&](const Row& row) { return row.modifier == modifier; });
}

// Whether the modifier means something for the type. `parts`: it is compared by a part of a moment.
bool suits(Modifier modifier, FieldType type, bool parts) noexcept {
  const Role role = row_of(modifier).role;
  if (role == Role::anchor || role == Role::encode) return is_text(type);
  if (role == Role::part) return type == FieldType::moment;
  switch (modifier) {
    case Modifier::all:
    case Modifier::cased:
    case Modifier::re:
    case Modifier::i:
    case Modifier::m:
    case Modifier::s:
      return is_text(type);
    case Modifier::cidr:
      return type == FieldType::ip;
    case Modifier::gt:
    case Modifier::gte:
    case Modifier::lt:
    case Modifier::lte:
      return is_number(type) || type == FieldType::moment;
    case Modifier::fieldref:
      return type != FieldType::texts && type != FieldType::signatures && !parts;
    case Modifier::expand:
      return is_text(type) || is_number(type) || type == FieldType::ip || parts;
    default:
      return true;
  }
}

class ModifierCheck {
 public:
  ModifierCheck(const std::vector<Modifier>& modifiers, FieldType type, bool keywords,
                std::size_t values)
      : modifiers_{modifiers}, type_{type}, keywords_{keywords}, values_{values} {}

  std::vector<ModifierFault> faults() {
    check_types();
    check_pairs();
    check_lists();
    check_encodings();
    if (keywords_) check_keywords();
    return std::move(faults_);
  }

 private:
  bool has(Modifier modifier) const noexcept {
    return std::find(modifiers_.begin(), modifiers_.end(), modifier) != modifiers_.end();
  }
  std::size_t count(Role role) const noexcept {
    return static_cast<std::size_t>(
        std::count_if(modifiers_.begin(), modifiers_.end(),
                      [&](Modifier one) { return row_of(one).role == role; }));
  }
  void complain(std::string what, std::string way_out = {}) {
    faults_.push_back({std::move(what), std::move(way_out)});
  }

  void check_types() {
    const bool parts = count(Role::part) > 0;
    for (const Modifier one : modifiers_) {
      if (suits(one, type_, parts)) continue;
      complain("modifier '" + std::string{word_of(one)} + "' means nothing for " +
               std::string{type_name(type_)});
    }
  }

  void check_pairs() {
    const std::size_t compares = count(Role::compare);
    const std::size_t anchors = count(Role::anchor);
    if (compares > 1 || anchors > 1 || count(Role::part) > 1 ||
        (anchors > 0 && compares > 0 && !has(Modifier::fieldref))) {
      complain("these modifiers exclude each other");
    }
    if (has(Modifier::exists) && modifiers_.size() > 1) {
      complain("'exists' takes no other modifier");
    }
    const bool flags = has(Modifier::i) || has(Modifier::m) || has(Modifier::s);
    if (flags && !has(Modifier::re)) complain("'i', 'm' and 's' belong to 're'");
    if (has(Modifier::re) && has(Modifier::cased)) complain("'re' is case-sensitive already");
    const bool plain = (compares == 0 || has(Modifier::fieldref)) && anchors == 0;
    if (has(Modifier::neq) && (!plain || has(Modifier::all))) {
      complain("'neq' goes with 'cased', 'expand', 'fieldref' and times only",
               "use a selection and 'not' in the condition");
    }
  }

  void check_lists() {
    if (!has(Modifier::all)) return;
    if (values_ < 2) complain("'all' wants a list of two or more values");
    const bool whole = count(Role::anchor) == 0 && !has(Modifier::re);
    if (whole && type_ == FieldType::text && !keywords_) {
      complain("one text cannot equal all of several values", "add 'contains'");
    }
  }

  // Fields hold text, in which no byte of UTF-16 stands as it is: only its base64 can be met.
  void check_encodings() {
    if (count(Role::encode) == 0) return;
    if (has(Modifier::re) || has(Modifier::fieldref)) {
      complain("an encoding goes with neither 're' nor 'fieldref'");
    }
    const auto coded = std::count_if(modifiers_.begin(), modifiers_.end(), [](Modifier one) {
      return one == Modifier::base64 || one == Modifier::base64offset;
    });
    const auto wide = std::count_if(modifiers_.begin(), modifiers_.end(), is_utf16);
    if (coded > 1 || wide > 1) complain("these encodings exclude each other");
    const auto first_wide = std::find_if(modifiers_.begin(), modifiers_.end(), is_utf16);
    const auto then_coded = std::find_if(first_wide, modifiers_.end(), [](Modifier one) {
      return one == Modifier::base64 || one == Modifier::base64offset;
    });
    if (wide > 0 && then_coded == modifiers_.end()) {
      complain("no field holds UTF-16", "go on with 'base64' or 'base64offset'");
    }
    if (has(Modifier::base64offset) && !has(Modifier::contains) && !keywords_) {
      complain("'base64offset' is a part of a text", "add 'contains'");
    }
  }

  void check_keywords() {
    for (const Modifier one : modifiers_) {
      const bool whole = one == Modifier::startswith || one == Modifier::endswith ||
                         one == Modifier::exists || one == Modifier::fieldref ||
                         one == Modifier::neq;
      if (!whole) continue;
      complain("'" + std::string{word_of(one)} + "' wants a field",
               "keywords are looked for anywhere in every text");
    }
  }

  static bool is_utf16(Modifier one) noexcept {
    return one == Modifier::utf16 || one == Modifier::utf16le || one == Modifier::utf16be ||
           one == Modifier::wide;
  }

  const std::vector<Modifier>& modifiers_;
  FieldType type_;
  bool keywords_;
  std::size_t values_;
  std::vector<ModifierFault> faults_;
};

}  // namespace

std::optional<Modifier> modifier_of(std::string_view word) noexcept {
  const auto found =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.word == word; });
  if (found == kRows.end()) return std::nullopt;
  return found->modifier;
}

std::string_view word_of(Modifier modifier) noexcept {
  return row_of(modifier).word;
}

std::vector<std::string_view> modifier_words() {
  std::vector<std::string_view> words;
  for (const Row& row : kRows) words.push_back(row.word);
  return words;
}

bool is_text(FieldType type) noexcept {
  return type == FieldType::text || type == FieldType::texts || type == FieldType::signatures;
}
bool is_number(FieldType type) noexcept {
  return type == FieldType::integer || type == FieldType::real;
}

std::string_view type_name(FieldType type) noexcept {
  switch (type) {
    case FieldType::text:
      return "text";
    case FieldType::integer:
      return "a whole number";
    case FieldType::real:
      return "a number";
    case FieldType::boolean:
      return "true or false";
    case FieldType::ip:
      return "an IP address";
    case FieldType::moment:
      return "a moment";
    case FieldType::texts:
      return "a list of texts";
    case FieldType::signatures:
      return "a list of rule ids";
  }
  return "";
}

TimePart time_part_of(Modifier modifier) noexcept {
  switch (modifier) {
    case Modifier::minute:
      return TimePart::minute;
    case Modifier::hour:
      return TimePart::hour;
    case Modifier::day:
      return TimePart::day;
    case Modifier::week:
      return TimePart::week;
    case Modifier::month:
      return TimePart::month;
    case Modifier::year:
      return TimePart::year;
    default:
      return TimePart::none;
  }
}

TimePartRange range_of(TimePart part) noexcept {
  switch (part) {
    case TimePart::minute:
      return {0, 59};
    case TimePart::hour:
      return {0, 23};
    case TimePart::day:
      return {1, 31};
    case TimePart::week:
      return {1, 53};
    case TimePart::month:
      return {1, 12};
    case TimePart::year:
    case TimePart::none:
      break;
  }
  return {1678, 2261};  // what a Timestamp holds
}

std::uint64_t read_part(Timestamp time, TimePart part) noexcept {
  using namespace std::chrono;
  const auto days = floor<std::chrono::days>(time);
  const year_month_day date{days};
  const auto of_day = time - days;
  switch (part) {
    case TimePart::minute:
      return static_cast<std::uint64_t>(floor<minutes>(of_day).count() % 60);
    case TimePart::hour:
      return static_cast<std::uint64_t>(floor<hours>(of_day).count());
    case TimePart::day:
      return static_cast<unsigned>(date.day());
    case TimePart::week: {
      // A week belongs to the year in which its Thursday lies.
      const auto monday = days - (weekday{days} - Monday);
      const auto thursday = monday + std::chrono::days{3};
      const auto year = year_month_day{thursday}.year();
      return static_cast<std::uint64_t>((thursday - sys_days{year / January / 1}).count() / 7 + 1);
    }
    case TimePart::month:
      return static_cast<unsigned>(date.month());
    case TimePart::year:
    case TimePart::none:
      break;
  }
  return static_cast<std::uint64_t>(static_cast<int>(date.year()));
}

std::vector<ModifierFault> modifier_faults(const std::vector<Modifier>& modifiers, FieldType type,
                                           bool keywords, std::size_t values) {
  return ModifierCheck{modifiers, type, keywords, values}.faults();
}

}  // namespace sekimori
