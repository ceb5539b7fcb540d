#include "core/rules/pattern.h"

#include <algorithm>
#include <cstddef>

namespace sekimori {
namespace {

constexpr char fold(char one) noexcept {
  return one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one;
}

constexpr bool continues_character(char one) noexcept {
  return (static_cast<unsigned char>(one) & 0xc0U) == 0x80U;
}

}  // namespace

Pattern::Pattern(std::string_view sigma, Anchor anchor, Case letters) : letters_{letters} {
  if (anchor == Anchor::end || anchor == Anchor::anywhere) append(Kind::run, 0);
  for (std::size_t at = 0; at < sigma.size(); ++at) {
    const char one = sigma[at];
    const bool escapes = one == '\\' && at + 1 < sigma.size() &&
                         std::string_view{"\\*?"}.find(sigma[at + 1]) != std::string_view::npos;
    if (escapes) {
      append(Kind::literal, sigma[++at]);
    } else if (one == '*') {
      append(Kind::run, 0);
    } else if (one == '?') {
      append(Kind::one, 0);
    } else {
      append(Kind::literal, one);
    }
  }
  if (anchor == Anchor::start || anchor == Anchor::anywhere) append(Kind::run, 0);
}

void Pattern::append(Kind kind, char byte) {
  // Runs in a row are one run; kept apart they would cost time and say nothing.
  if (kind == Kind::run && !tokens_.empty() && tokens_.back().kind == Kind::run) return;
  tokens_.push_back({kind, letters_ == Case::ignored ? fold(byte) : byte});
}

bool Pattern::is_plain() const noexcept {
  return std::all_of(tokens_.begin(), tokens_.end(),
                     [](const Token& token) { return token.kind == Kind::literal; });
}

std::string Pattern::head() const {
  std::string head;
  for (const Token& token : tokens_) {
    if (token.kind != Kind::literal) break;
    head.push_back(token.byte);
  }
  return head;
}

std::string Pattern::tail() const {
  std::string tail;
  for (auto token = tokens_.rbegin(); token != tokens_.rend(); ++token) {
    if (token->kind != Kind::literal) break;
    tail.push_back(token->byte);
  }
  std::reverse(tail.begin(), tail.end());
  return tail;
}

std::uint64_t Pattern::cost() const noexcept {
  const auto run = std::find_if(tokens_.begin(), tokens_.end(),
                                [](const Token& token) { return token.kind == Kind::run; });
  if (run == tokens_.end() || run + 1 == tokens_.end()) return 1;
  return static_cast<std::uint64_t>(tokens_.end() - run);
}

std::string Pattern::identity() const {
  std::string identity(1, letters_ == Case::ignored ? 'i' : 'k');
  for (const Token& token : tokens_) {
    // A zero stands before what is no letter of the text, so the two cannot be taken for another.
    if (token.kind != Kind::literal || token.byte == 0) identity.push_back('\0');
    identity.push_back(token.kind == Kind::one ? '?' : token.kind == Kind::run ? '*' : token.byte);
  }
  return identity;
}

// Only the last run is ever tried again, so the time is at most text times pattern.
bool Pattern::matches(std::string_view text) const noexcept {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t at = 0;
  std::size_t token = 0;
  std::size_t run = kNone;
  std::size_t run_end = 0;
  while (at < text.size()) {
    const Kind kind = token < tokens_.size() ? tokens_[token].kind : Kind::literal;
    if (token < tokens_.size() && kind == Kind::run) {
      run = token++;
      run_end = at;
    } else if (token < tokens_.size() && kind == Kind::one) {
      ++token;
      ++at;
      while (at < text.size() && continues_character(text[at])) ++at;
    } else if (token < tokens_.size() &&
               tokens_[token].byte == (letters_ == Case::ignored ? fold(text[at]) : text[at])) {
      ++token;
      ++at;
    } else if (run != kNone) {
      token = run + 1;
      at = ++run_end;
    } else {
      return false;
    }
  }
  while (token < tokens_.size() && tokens_[token].kind == Kind::run) ++token;
  return token == tokens_.size();
}

}  // namespace sekimori
