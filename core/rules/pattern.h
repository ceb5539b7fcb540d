#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sekimori {

// Where a pattern must lie in the text: Sigma's startswith, endswith and contains, or all of it.
enum class Anchor : std::uint8_t { whole, start, end, anywhere };

enum class Case : std::uint8_t { ignored, kept };  // ASCII letters; others are compared as bytes

// A Sigma string (specification 2.1, "Wildcards" and "Escaping"): * any run, ? one character,
// a backslash makes a wildcard or a backslash plain.
class Pattern {
 public:
  Pattern(std::string_view sigma, Anchor anchor, Case letters);

  bool matches(std::string_view text) const noexcept;  // no allocation
  // No wildcard: a text matches only when it equals head().
  bool is_plain() const noexcept;
  // What every text that matches begins and ends with, up to the first and from the last wildcard;
  // ASCII letters are lower case unless case is kept.
  std::string head() const;
  std::string tail() const;
  // Steps that a match takes at most, for each byte of the text: one, or as many as the pattern has
  // bytes when a run of any length stands before other bytes.
  std::uint64_t cost() const noexcept;
  // The same pattern, written in one way only.
  std::string identity() const;

 private:
  enum class Kind : std::uint8_t { literal, one, run };
  struct Token {
    Kind kind;
    char byte;  // folded when letters are ignored
  };

  void append(Kind kind, char byte);

  std::vector<Token> tokens_;
  Case letters_;
};

}  // namespace sekimori
