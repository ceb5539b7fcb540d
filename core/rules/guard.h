#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes/inline_text.h"
#include "core/net/ip_address.h"
#include "core/record/field.h"
#include "core/rules/compile.h"

namespace sekimori {

// What a text is looked up by: ASCII letters folded, and no more than this many bytes of either
// end. A key may promise too much, for whoever it finds is asked in full; never too little.
inline constexpr std::size_t kKeyBytes = 255;

enum class KeyKind : std::uint8_t {
  equal,   // the folded text, or the bytes of a double
  head,    // the text begins so
  tail,    // the text ends so; bytes reversed
  network  // nibbles() of addresses in it begin so
};

// One way in which a test can hold: a test none of whose keys is found in its present field is no.
struct RuleKey {
  FieldId field = 0;
  KeyKind kind = KeyKind::equal;
  std::string bytes;
};

// The bytes of a number that an equality asks for, whole or not.
std::string number_key(double number);
// '4' or '6', then four bits a character. Prefixes of bits are prefixes of characters, but for
// those that end inside a nibble: they are several.
InlineText<33> nibbles(const IpAddress& address) noexcept;

// One conjunct of a rule by which the rule can be found.
struct Guard {
  std::vector<RuleKey> keys;
  std::vector<std::uint32_t> tests;  // those that the keys stand for
  // All of the conjunct asks for one field and is unknown when that is absent.
  bool of_one_field = false;
  FieldId field = 0;  // of the first key
};

// Every conjunct of the rule that has keys. A rule without any must be asked of every record.
std::vector<Guard> guards_of(const CompiledRule& rule);

// The same test has the same identity in every rule.
std::string identity_of(const FieldTest& test);

// Whether an absent field makes the test unknown, and nothing else matters then.
bool is_unknown_when_absent(const FieldTest& test) noexcept;

}  // namespace sekimori
