#include "core/rules/compile_field.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "core/net/yaml_types.h"
#include "core/text/yaml_map.h"

namespace sekimori {
namespace {

using Kind = FieldTest::Kind;

struct ModifierRule {
  Modifier modifier;
  std::string_view word;
  bool shapes;  // says what the comparison is: at most one of these
};
constexpr std::array<ModifierRule, 18> kRules{{{Modifier::contains, "contains", true},
                                               {Modifier::startswith, "startswith", true},
                                               {Modifier::endswith, "endswith", true},
                                               {Modifier::all, "all", false},
                                               {Modifier::cased, "cased", false},
                                               {Modifier::exists, "exists", true},
                                               {Modifier::cidr, "cidr", true},
                                               {Modifier::gt, "gt", true},
                                               {Modifier::gte, "gte", true},
                                               {Modifier::lt, "lt", true},
                                               {Modifier::lte, "lte", true},
                                               {Modifier::neq, "neq", false},
                                               {Modifier::fieldref, "fieldref", true},
                                               {Modifier::re, "re", true},
                                               {Modifier::i, "i", false},
                                               {Modifier::m, "m", false},
                                               {Modifier::s, "s", false},
                                               {Modifier::expand, "expand", false}}};

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

// Whether the modifier means something for the type.
bool suits(Modifier modifier, FieldType type) noexcept {
  switch (modifier) {
    case Modifier::exists:
      return true;
    case Modifier::contains:
    case Modifier::startswith:
    case Modifier::endswith:
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
      return type != FieldType::texts && type != FieldType::signatures;
    case Modifier::neq:
      return true;
    case Modifier::expand:
      return is_text(type) || is_number(type) || type == FieldType::ip;
  }
  return false;
}

std::optional<RuleNumber> number_of(std::string_view text) {
  if (const auto whole = kYamlCount.parse(text)) {
    return RuleNumber{static_cast<double>(*whole), *whole, true};
  }
  if (const auto real = kYamlReal.parse(text)) return RuleNumber{*real, 0, false};
  return std::nullopt;
}

class FieldCompiler {
 public:
  FieldCompiler(const FieldMatch& match, const CompileContext& context)
      : match_{match}, context_{context} {}

  FieldTest compile() {
    const auto field = context_.find(match_.field, match_.line, match_.column);
    if (!field) return test_;
    test_.field = *field;
    type_ = context_.schema[*field].type;
    const std::size_t before = context_.complaints.size();
    check_modifiers();
    if (context_.complaints.size() > before) return test_;
    apply_modifiers();
    for (const YamlNode& value : match_.values) add(value);
    check_null();
    if (has(Modifier::expand) && !expanded_ && context_.complaints.size() == before) {
      complain("'expand' finds no %name%");
    }
    return test_;
  }

 private:
  bool has(Modifier modifier) const noexcept {
    return std::find(match_.modifiers.begin(), match_.modifiers.end(), modifier) !=
           match_.modifiers.end();
  }
  void complain(std::string what, std::string way_out = {}) const {
    context_.complain(match_.line, match_.column, "'" + match_.field + "': " + what,
                      std::move(way_out));
  }
  void complain(const YamlNode& at, std::string what, std::string way_out = {}) const {
    context_.complain(at.line, at.column, "'" + match_.field + "': " + what, std::move(way_out));
  }

  void check_modifiers() const {
    std::size_t shapes = 0;
    for (const ModifierRule& rule : kRules) {
      if (!has(rule.modifier)) continue;
      if (rule.shapes) ++shapes;
      if (!suits(rule.modifier, type_)) {
        complain("modifier '" + std::string{rule.word} + "' means nothing for " +
                 std::string{type_name(type_)});
      }
    }
    if (shapes > 1) complain("these modifiers exclude each other");
    if (has(Modifier::exists) && match_.modifiers.size() > 1) {
      complain("'exists' takes no other modifier");
    }
    const bool flags = has(Modifier::i) || has(Modifier::m) || has(Modifier::s);
    if (flags && !has(Modifier::re)) complain("'i', 'm' and 's' belong to 're'");
    if (has(Modifier::re) && has(Modifier::cased)) complain("'re' is case-sensitive already");
    if (has(Modifier::all) && match_.values.size() < 2) {
      complain("'all' wants a list of two or more values");
    }
    const bool compares = shapes == 1 && !has(Modifier::fieldref);
    if (has(Modifier::neq) && (compares || has(Modifier::all))) {
      complain("'neq' goes with 'cased', 'expand' and 'fieldref' only",
               "use a selection and 'not' in the condition");
    }
    if (has(Modifier::all) && (shapes == 0 || has(Modifier::fieldref)) &&
        type_ == FieldType::text) {
      complain("one text cannot equal all of several values", "add 'contains'");
    }
  }

  void apply_modifiers() {
    test_.every = has(Modifier::all);
    test_.negated = has(Modifier::neq);
    test_.letters = has(Modifier::cased) ? Case::kept : Case::ignored;
    if (has(Modifier::lt)) test_.order = FieldTest::Order::less;
    if (has(Modifier::lte)) test_.order = FieldTest::Order::less_equal;
    if (has(Modifier::gt)) test_.order = FieldTest::Order::greater;
    if (has(Modifier::gte)) test_.order = FieldTest::Order::greater_equal;
    test_.kind = kind();
    const bool one = test_.kind == Kind::presence || test_.kind == Kind::other_field ||
                     test_.order != FieldTest::Order::equal;
    if (one && match_.values.size() > 1) complain("takes one value, not a list");
  }

  Kind kind() const noexcept {
    if (has(Modifier::exists)) return Kind::presence;
    if (has(Modifier::fieldref)) return Kind::other_field;
    if (has(Modifier::re)) return Kind::expressions;
    if (is_number(type_)) return Kind::numbers;
    if (type_ == FieldType::moment) return Kind::moments;
    if (type_ == FieldType::boolean) return Kind::flags;
    if (type_ == FieldType::ip) return Kind::networks;
    return Kind::patterns;
  }

  void add(const YamlNode& value) {
    if (value.kind == YamlKind::null) {
      test_.or_absent = true;
      return;
    }
    if (has(Modifier::expand)) {
      expand(value, value.text, "");
      return;
    }
    if (is_known_placeholder(value.text)) {
      complain(value, "'" + value.text + "' is a placeholder that is not expanded",
               "write '" + match_.field + "|expand'");
      return;
    }
    add(value, value.text);
  }

  bool is_known_placeholder(const std::string& text) const {
    const bool shaped = text.size() > 2 && text.starts_with('%') && text.ends_with('%');
    return shaped && context_.placeholders.contains(text.substr(1, text.size() - 2));
  }

  // Replaces the placeholders of `rest`, the leftmost first, by each of their values.
  void expand(const YamlNode& value, std::string_view rest, std::string done) {
    const std::size_t start = rest.find('%');
    if (start != std::string_view::npos && start > 0 && rest[start - 1] == '\\') {
      done.append(rest.substr(0, start - 1)).push_back('%');
      expand(value, rest.substr(start + 1), std::move(done));
      return;
    }
    const std::size_t end = start == std::string_view::npos ? start : rest.find('%', start + 1);
    if (end == std::string_view::npos) {
      add(value, done.append(rest));
      return;
    }
    const std::string_view name = rest.substr(start + 1, end - start - 1);
    const auto found = context_.placeholders.find(name);
    if (found == context_.placeholders.end()) {
      unknown_placeholder(value, name);
      return;
    }
    expanded_ = true;
    done.append(rest.substr(0, start));
    for (const std::string& one : found->second) {
      if (rest.substr(end + 1).find('%') == std::string_view::npos) {
        add(value, done + one + std::string{rest.substr(end + 1)});
      } else {
        expand(value, rest.substr(end + 1), done + one);
      }
    }
  }

  void unknown_placeholder(const YamlNode& value, std::string_view name) const {
    std::vector<std::string_view> known;
    for (const auto& [one, values] : context_.placeholders) known.push_back(one);
    const std::string_view nearest = nearest_name(name, known);
    complain(value, "unknown placeholder '%" + std::string{name} + "%'",
             nearest.empty() ? "" : "did you mean '%" + std::string{nearest} + "%'?");
  }

  template <typename T>
  void keep(std::vector<T>& values, std::optional<T> value, const YamlNode& at,
            std::string_view text, std::string_view expected) const {
    if (value) {
      values.push_back(std::move(*value));
    } else {
      complain(at, "expected " + std::string{expected} + ", not '" + std::string{text} + "'");
    }
  }

  void add(const YamlNode& at, std::string_view text) {
    switch (test_.kind) {
      case Kind::patterns:
        test_.patterns.emplace_back(text, anchor(), test_.letters);
        return;
      case Kind::expressions:
        add_expression(at, text);
        return;
      case Kind::numbers:
        keep(test_.numbers, number_of(text), at, text, "a number");
        return;
      case Kind::moments:
        keep(test_.moments, parse_rfc3339(text), at, text, "a moment such as 2024-03-26T01:02:03Z");
        return;
      case Kind::flags:
        keep(test_.flags, kYamlBool.parse(text), at, text, kYamlBool.expected);
        return;
      case Kind::networks:
        add_network(at, text);
        return;
      case Kind::presence:
        if (const auto wanted = kYamlBool.parse(text)) {
          test_.wanted = *wanted;
        } else {
          complain(at, "'exists' wants true or false, not '" + std::string{text} + "'");
        }
        return;
      case Kind::other_field:
        add_other_field(at, text);
        return;
    }
  }

  Anchor anchor() const noexcept {
    if (has(Modifier::contains)) return Anchor::anywhere;
    if (has(Modifier::startswith)) return Anchor::start;
    return has(Modifier::endswith) ? Anchor::end : Anchor::whole;
  }

  void add_network(const YamlNode& at, std::string_view text) {
    if (has(Modifier::cidr)) {
      keep(test_.networks, kYamlNetwork.parse(text), at, text, kYamlNetwork.expected);
      return;
    }
    const auto address = IpAddress::parse(text);
    if (address) {
      test_.networks.emplace_back(*address, 128);
    } else {
      complain(
          at,
          "expected " + std::string{kYamlIpAddress.expected} + ", not '" + std::string{text} + "'",
          "for a network write '" + match_.field + "|cidr'");
    }
  }

  // A quiet RE2 in the dialect of Sigma; its automaton is bounded, so a rule cannot stall a sensor.
  void add_expression(const YamlNode& at, std::string_view text) {
    constexpr std::int64_t kMemory = std::int64_t{1} << 20U;
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMemory);
    std::string flags;
    if (has(Modifier::i)) flags += 'i';
    if (has(Modifier::m)) flags += 'm';
    if (has(Modifier::s)) flags += 's';
    const std::string whole = (flags.empty() ? "" : "(?" + flags + ")") + std::string{text};
    auto expression = std::make_shared<const re2::RE2>(whole, options);
    if (expression->ok()) {
      test_.expressions.push_back(std::move(expression));
    } else {
      complain(at, "regular expression: " + expression->error());
    }
  }

  void add_other_field(const YamlNode& at, std::string_view text) {
    const auto other = context_.find(text, at.line, at.column);
    if (!other) return;
    const FieldType type = context_.schema[*other].type;
    if (type == type_ || (is_number(type) && is_number(type_))) {
      test_.other = *other;
    } else {
      complain(at, "is " + std::string{type_name(type_)} + " and '" + std::string{text} + "' is " +
                       std::string{type_name(type)});
    }
  }

  void check_null() const {
    if (!test_.or_absent) return;
    if (test_.kind == Kind::presence || test_.kind == Kind::other_field || test_.negated ||
        test_.every || test_.order != FieldTest::Order::equal) {
      complain("null does not go with these modifiers", "use 'exists'");
    }
  }

  const FieldMatch& match_;
  const CompileContext& context_;
  FieldTest test_;
  FieldType type_ = FieldType::text;
  bool expanded_ = false;
};

}  // namespace

void CompileContext::complain(std::uint32_t line, std::uint32_t column, std::string what,
                              std::string way_out) const {
  complaints.push_back({std::string{file}, line, column, std::move(what), std::move(way_out)});
}

std::optional<FieldId> CompileContext::find(std::string_view name, std::uint32_t line,
                                            std::uint32_t column) const {
  if (const auto id = find_field(schema, name)) return id;
  std::vector<std::string_view> names;
  for (const FieldSpec& spec : schema) names.push_back(spec.name);
  const std::string_view nearest = nearest_name(name, names);
  complain(line, column, "unknown field '" + std::string{name} + "'",
           nearest.empty() ? "" : "did you mean '" + std::string{nearest} + "'?");
  return std::nullopt;
}

FieldTest compile_field(const FieldMatch& match, const CompileContext& context) {
  return FieldCompiler{match, context}.compile();
}

}  // namespace sekimori
