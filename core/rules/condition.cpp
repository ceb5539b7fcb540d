#include "core/rules/condition.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/rules/pattern.h"
#include "core/text/complaint.h"

namespace sekimori {
namespace {

using Parsed = tl::expected<Condition, ConditionFault>;

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::array<std::string_view, 6> kKeywords{"and", "or", "not", "of", "all", "them"};

bool is_keyword(std::string_view word) noexcept {
  return std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end();
}

// Recursive descent, one function for each level of precedence.
class Parser {
 public:
  Parser(std::string_view text, std::span<const std::string> selections)
      : text_{text}, selections_{selections} {
    advance();
  }

  Parsed whole() {
    Parsed condition = any_of(0);
    if (!condition || word_.empty()) return condition;
    return refuse(word_ == ")" ? "')' without '('" : "expected 'and' or 'or' before " + shown());
  }

 private:
  Parsed any_of(std::size_t depth) { return joined("or", Condition::Kind::any, depth); }
  Parsed all_of(std::size_t depth) { return joined("and", Condition::Kind::all, depth); }

  Parsed joined(std::string_view keyword, Condition::Kind kind, std::size_t depth) {
    const auto next = [&] { return kind == Condition::Kind::any ? all_of(depth) : negated(depth); };
    Parsed first = next();
    if (!first || word_ != keyword) return first;
    Condition condition{kind, 0, {}};
    condition.parts.push_back(std::move(*first));
    while (word_ == keyword) {
      advance();
      Parsed part = next();
      if (!part) return part;
      condition.parts.push_back(std::move(*part));
    }
    return condition;
  }

  Parsed negated(std::size_t depth) {
    if (word_ != "not") return primary(depth);
    if (depth == kConditionDepth) return too_deep();
    advance();
    Parsed inner = negated(depth + 1);
    if (!inner) return inner;
    Condition condition{Condition::Kind::negation, 0, {}};
    condition.parts.push_back(std::move(*inner));
    return condition;
  }

  Parsed primary(std::size_t depth) {
    if (word_ == "(") return bracketed(depth);
    if (word_.empty()) return refuse("the condition ends where a selection is expected");
    if (word_ == "|") {
      return refuse("aggregations after '|' are not supported", "Sigma 2 has correlation rules");
    }
    if (next_word() == "of") return quantified();
    if (is_keyword(word_) || word_ == ")") return refuse("expected a selection, not " + shown());
    return selection();
  }

  Parsed bracketed(std::size_t depth) {
    if (depth == kConditionDepth) return too_deep();
    const std::size_t opened = start_;
    advance();
    Parsed inner = any_of(depth + 1);
    if (!inner) return inner;
    if (word_ != ")") {
      if (!word_.empty()) return refuse("expected 'and', 'or' or ')' before " + shown());
      return tl::unexpected{ConditionFault{opened, "'(' is never closed", ""}};
    }
    advance();
    return inner;
  }

  Parsed quantified() {
    const bool all = word_ == "all";
    if (!all && word_ != "1") {
      return refuse(shown() + " before 'of' is not supported", "write '1 of' or 'all of'");
    }
    advance();
    advance();
    if (word_.empty() || word_ == "(" || word_ == ")") {
      return refuse("expected 'them' or a pattern of names after 'of'");
    }
    const Pattern names{word_, Anchor::whole, Case::kept};
    Condition condition{all ? Condition::Kind::all : Condition::Kind::any, 0, {}};
    for (std::size_t at = 0; at < selections_.size(); ++at) {
      const bool named =
          word_ == "them" ? !selections_[at].starts_with('_') : names.matches(selections_[at]);
      if (named) condition.parts.push_back({Condition::Kind::selection, at, {}});
    }
    if (condition.parts.empty()) return refuse("no selection fits " + shown());
    advance();
    return condition;
  }

  Parsed selection() {
    const auto found = std::find(selections_.begin(), selections_.end(), word_);
    if (found == selections_.end()) {
      return refuse("no selection is called " + shown(), nearest());
    }
    advance();
    return Condition{
        Condition::Kind::selection, static_cast<std::size_t>(found - selections_.begin()), {}};
  }

  std::string nearest() const {
    for (const std::string_view keyword : kKeywords) {
      const Pattern same{keyword, Anchor::whole, Case::ignored};
      if (same.matches(word_)) return "write '" + std::string{keyword} + "' in lower case";
    }
    const std::string_view name = nearest_name(word_, {selections_.begin(), selections_.end()});
    return name.empty() ? "" : "did you mean '" + std::string{name} + "'?";
  }

  std::string shown() const { return "'" + std::string{word_} + "'"; }
  Parsed refuse(std::string what, std::string way_out = {}) const {
    return tl::unexpected{ConditionFault{start_, std::move(what), std::move(way_out)}};
  }
  Parsed too_deep() const {
    return refuse("more than " + std::to_string(kConditionDepth) + " levels deep");
  }

  // Sets word_ to the next word or bracket; empty at the end.
  void advance() {
    start_ = std::min(text_.find_first_not_of(kBlank, end_), text_.size());
    end_ = end_of_word(start_);
    word_ = text_.substr(start_, end_ - start_);
  }
  std::string_view next_word() const {
    const std::size_t start = std::min(text_.find_first_not_of(kBlank, end_), text_.size());
    return text_.substr(start, end_of_word(start) - start);
  }
  std::size_t end_of_word(std::size_t start) const {
    constexpr std::string_view kAlone = "()|";
    if (start == text_.size()) return start;
    if (kAlone.find(text_[start]) != std::string_view::npos) return start + 1;
    return std::min(text_.find_first_of(" \t\r\n()|", start), text_.size());
  }

  std::string_view text_;
  std::span<const std::string> selections_;
  std::string_view word_;
  std::size_t start_ = 0;
  std::size_t end_ = 0;
};

}  // namespace

Parsed parse_condition(std::string_view text, std::span<const std::string> selections) {
  if (text.size() > kConditionLimit) {
    return tl::unexpected{ConditionFault{
        kConditionLimit, "longer than " + std::to_string(kConditionLimit) + " bytes", ""}};
  }
  return Parser{text, selections}.whole();
}

}  // namespace sekimori
