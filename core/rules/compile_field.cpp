#include "core/rules/compile_field.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "core/net/yaml_types.h"
#include "core/rules/modifier.h"
#include "core/rules/value_transform.h"
#include "core/text/yaml_map.h"

namespace sekimori {
namespace {

using Kind = FieldTest::Kind;

std::optional<RuleNumber> number_of(std::string_view text) {
  if (const auto whole = kYamlCount.parse(text)) {
    return RuleNumber{static_cast<double>(*whole), *whole, true};
  }
  if (const auto real = kYamlReal.parse(text)) return RuleNumber{*real, 0, false};
  return std::nullopt;
}

// Values of one field, after placeholders: more are a list for a database. Bytes of a text in a
// rule: no field holds more, but for what a claim may bring.
constexpr std::size_t kValueLimit = 65'536;
constexpr std::size_t kPatternLimit = 1024;

class FieldCompiler {
 public:
  FieldCompiler(const FieldMatch& match, const CompileContext& context)
      : match_{match}, context_{context} {}

  FieldTest compile() {
    if (keywords()) {
      test_.searched = searched_fields();
      if (test_.searched.empty()) complain("there is no text to look in");
    } else {
      const auto field = context_.find(match_.field, match_.line, match_.column);
      if (!field) return test_;
      test_.field = *field;
      type_ = context_.schema[*field].type;
    }
    const std::size_t before = context_.complaints.size();
    for (ModifierFault& fault :
         modifier_faults(match_.modifiers, type_, keywords(), match_.values.size())) {
      complain(std::move(fault.what), std::move(fault.way_out));
    }
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
  bool keywords() const noexcept { return match_.field.empty(); }
  std::string name() const { return keywords() ? "keywords" : "'" + match_.field + "'"; }

  // What a person wrote or a program sent as text. Not hashes of the record itself, nor bytes.
  std::vector<FieldId> searched_fields() {
    std::vector<FieldId> fields;
    for (std::size_t at = 0; at < context_.schema.size(); ++at) {
      const FieldSpec& spec = context_.schema[at];
      const bool text = spec.type == FieldType::text || spec.type == FieldType::texts;
      const bool made = spec.name == "event.id" || spec.name == "network.community_id" ||
                        spec.name.starts_with("sekimori.payload.");
      if (text && !made) fields.push_back(static_cast<FieldId>(at));
    }
    if (!fields.empty()) test_.field = fields.front();
    return fields;
  }

  bool has(Modifier modifier) const noexcept {
    return std::find(match_.modifiers.begin(), match_.modifiers.end(), modifier) !=
           match_.modifiers.end();
  }
  void complain(std::string what, std::string way_out = {}) const {
    context_.complain(match_.line, match_.column, name() + ": " + what, std::move(way_out));
  }
  void complain(const YamlNode& at, std::string what, std::string way_out = {}) const {
    context_.complain(at.line, at.column, name() + ": " + what, std::move(way_out));
  }

  void apply_modifiers() {
    test_.every = has(Modifier::all);
    test_.negated = has(Modifier::neq);
    test_.letters = has(Modifier::cased) ? Case::kept : Case::ignored;
    if (has(Modifier::lt)) test_.order = FieldTest::Order::less;
    if (has(Modifier::lte)) test_.order = FieldTest::Order::less_equal;
    if (has(Modifier::gt)) test_.order = FieldTest::Order::greater;
    if (has(Modifier::gte)) test_.order = FieldTest::Order::greater_equal;
    for (const Modifier one : match_.modifiers) {
      if (time_part_of(one) != TimePart::none) test_.part = time_part_of(one);
    }
    test_.anchor = anchor();
    test_.kind = kind();
    const bool one = test_.kind == Kind::presence || test_.kind == Kind::other_field ||
                     test_.order != FieldTest::Order::equal;
    if (one && match_.values.size() > 1) complain("takes one value, not a list");
  }

  Kind kind() const noexcept {
    if (has(Modifier::exists)) return Kind::presence;
    if (has(Modifier::fieldref)) return Kind::other_field;
    if (has(Modifier::re)) return Kind::expressions;
    if (is_number(type_) || test_.part != TimePart::none) return Kind::numbers;
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

  // Replaces the placeholders of `rest`, the leftmost first, by each of their values. As deep as
  // the value has placeholders, and no further once there are too many.
  void expand(const YamlNode& value, std::string_view rest, std::string done) {
    if (full_) return;
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
    if (full_) return;
    if (++values_ > kValueLimit) {
      complain(at, "more than " + std::to_string(kValueLimit) + " values");
      full_ = true;
      return;
    }
    switch (test_.kind) {
      case Kind::patterns:
        add_patterns(at, text);
        return;
      case Kind::expressions:
        add_expression(at, text);
        return;
      case Kind::numbers:
        add_number(at, text);
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

  void add_patterns(const YamlNode& at, std::string_view text) {
    const auto texts = transformed(text, match_.modifiers);
    if (!texts) return complain(at, texts.error());
    for (const std::string& one : *texts) {
      if (one.size() > kPatternLimit) {
        return complain(at, "longer than " + std::to_string(kPatternLimit) + " bytes");
      }
      test_.patterns.emplace_back(one, test_.anchor, test_.letters);
    }
  }

  void add_number(const YamlNode& at, std::string_view text) {
    if (test_.part == TimePart::none) {
      keep(test_.numbers, number_of(text), at, text, "a number");
      return;
    }
    const auto [least, most] = range_of(test_.part);
    const auto whole = kYamlCount.parse(text);
    const bool fits = whole && *whole >= least && *whole <= most;
    keep(test_.numbers,
         fits ? std::optional{RuleNumber{static_cast<double>(*whole), *whole, true}} : std::nullopt,
         at, text, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }

  Anchor anchor() const noexcept {
    if (keywords() || has(Modifier::contains)) return Anchor::anywhere;
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
    if (keywords() || test_.kind == Kind::presence || test_.kind == Kind::other_field ||
        test_.negated || test_.every || test_.order != FieldTest::Order::equal) {
      complain("null does not go with these modifiers", "use 'exists'");
    }
  }

  const FieldMatch& match_;
  const CompileContext& context_;
  FieldTest test_;
  FieldType type_ = FieldType::text;
  bool expanded_ = false;
  bool full_ = false;
  std::size_t values_ = 0;
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
