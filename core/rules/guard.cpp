#include "core/rules/guard.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <optional>
#include <utility>

namespace sekimori {
namespace {

using Node = CompiledRule::Node;
using Kind = FieldTest::Kind;

std::string folded(std::string text) {
  for (char& one : text) {
    if (one >= 'A' && one <= 'Z') one = static_cast<char>(one - 'A' + 'a');
  }
  return text;
}

std::optional<RuleKey> text_key(FieldId field, const Pattern& pattern) {
  std::string head = folded(pattern.head());
  head.resize(std::min(head.size(), kKeyBytes));
  if (pattern.is_plain()) return RuleKey{field, KeyKind::equal, std::move(head)};
  std::string tail = folded(pattern.tail());
  std::reverse(tail.begin(), tail.end());
  tail.resize(std::min(tail.size(), kKeyBytes));
  if (head.empty() && tail.empty()) return std::nullopt;
  if (head.size() < tail.size()) return RuleKey{field, KeyKind::tail, std::move(tail)};
  return RuleKey{field, KeyKind::head, std::move(head)};
}

// What every match of an expression that begins with ^ begins with.
std::optional<RuleKey> expression_key(FieldId field, const re2::RE2& expression) {
  std::string least;
  std::string most;
  if (!expression.PossibleMatchRange(&least, &most, kKeyBytes)) return std::nullopt;
  const auto end = std::mismatch(least.begin(), least.end(), most.begin(), most.end()).first;
  if (end == least.begin()) return std::nullopt;
  return RuleKey{field, KeyKind::head, folded({least.begin(), end})};
}

void append_network_keys(FieldId field, const Network& network, std::vector<RuleKey>& keys) {
  constexpr unsigned kNibble = 4;
  const std::string all{nibbles(network.address()).view()};
  const unsigned bits = network.prefix_length();
  const std::string whole = all.substr(0, 1 + bits / kNibble);
  if (bits % kNibble == 0) {
    keys.push_back({field, KeyKind::network, whole});
    return;
  }
  const auto first = static_cast<unsigned>(all[whole.size()]);
  for (unsigned next = first; next < first + (1U << (kNibble - bits % kNibble)); ++next) {
    keys.push_back({field, KeyKind::network, whole + static_cast<char>(next)});
  }
}

// Of a test for all of its values, each alone is needed: the longest key is the rarest.
std::vector<RuleKey> longest_of(std::vector<RuleKey> keys) {
  const auto longest = std::max_element(keys.begin(), keys.end(), [](const auto& a, const auto& b) {
    return a.bytes.size() < b.bytes.size();
  });
  if (longest == keys.end()) return keys;
  std::vector<RuleKey> one;
  one.push_back(std::move(*longest));
  return one;
}

// The keys of all that a test asks for. Of a test for all of its values one that has a key is
// enough; of any other each must have one.
template <typename Wanted, typename KeyOf>
std::vector<RuleKey> keys_of_each(const FieldTest& test, const Wanted& wanted, KeyOf key_of) {
  std::vector<RuleKey> keys;
  for (const auto& one : wanted) {
    if (auto key = key_of(one)) {
      keys.push_back(std::move(*key));
    } else if (!test.every) {
      return {};
    }
  }
  return test.every ? longest_of(std::move(keys)) : keys;
}

// Empty: the test can hold of values that no key finds.
std::vector<RuleKey> keys_of(const FieldTest& test) {
  std::vector<RuleKey> keys;
  if (test.negated || test.or_absent || test.order != FieldTest::Order::equal ||
      test.part != TimePart::none || !test.searched.empty()) {
    return keys;
  }
  if (test.kind == Kind::patterns) {
    return keys_of_each(test, test.patterns,
                        [&](const Pattern& one) { return text_key(test.field, one); });
  }
  if (test.kind == Kind::expressions) {
    return keys_of_each(test, test.expressions,
                        [&](const auto& one) { return expression_key(test.field, *one); });
  }
  if (test.kind == Kind::numbers) {
    for (const RuleNumber& number : test.numbers) {
      keys.push_back({test.field, KeyKind::equal, number_key(number.real)});
    }
  } else if (test.kind == Kind::networks) {
    for (const Network& network : test.networks) append_network_keys(test.field, network, keys);
  }
  return keys;
}

std::size_t shortest(const std::vector<RuleKey>& keys) noexcept {
  std::size_t size = kKeyBytes;
  for (const RuleKey& key : keys) size = std::min(size, key.bytes.size());
  return size;
}

class GuardFinder {
 public:
  explicit GuardFinder(const CompiledRule& rule) : rule_{rule} {}

  void find(const Node& node, std::vector<Guard>& guards) const {
    if (node.kind == Node::Kind::all) {
      for (std::uint32_t at = 0; at < node.count; ++at) find(rule_.child(node, at), guards);
      return;
    }
    Guard guard;
    if (!collect(node, guard)) return;
    guard.field = guard.keys.front().field;
    guard.of_one_field = rests_on(node, guard.field);
    guards.push_back(std::move(guard));
  }

 private:
  // Whether the node is no when none of the guard's keys is found.
  bool collect(const Node& node, Guard& guard) const {
    if (node.kind == Node::Kind::test) {
      std::vector<RuleKey> keys = keys_of(rule_.field_tests()[node.first]);
      if (keys.empty()) return false;
      guard.tests.push_back(node.first);
      std::move(keys.begin(), keys.end(), std::back_inserter(guard.keys));
      return true;
    }
    if (node.kind == Node::Kind::any) {
      for (std::uint32_t at = 0; at < node.count; ++at) {
        if (!collect(rule_.child(node, at), guard)) return false;
      }
      return true;
    }
    return node.kind == Node::Kind::all && collect_one(node, guard);
  }

  // Of an `all`, one part is enough; the one with the longest keys.
  bool collect_one(const Node& node, Guard& guard) const {
    std::optional<Guard> best;
    for (std::uint32_t at = 0; at < node.count; ++at) {
      Guard one;
      if (!collect(rule_.child(node, at), one)) continue;
      if (!best || shortest(one.keys) > shortest(best->keys)) best = std::move(one);
    }
    if (!best) return false;
    std::move(best->keys.begin(), best->keys.end(), std::back_inserter(guard.keys));
    guard.tests.insert(guard.tests.end(), best->tests.begin(), best->tests.end());
    return true;
  }

  bool rests_on(const Node& node, FieldId field) const {
    if (node.kind == Node::Kind::test) {
      const FieldTest& test = rule_.field_tests()[node.first];
      return test.field == field && is_unknown_when_absent(test);
    }
    for (std::uint32_t at = 0; at < node.count; ++at) {
      if (!rests_on(rule_.child(node, at), field)) return false;
    }
    return true;
  }

  const CompiledRule& rule_;
};

template <typename T>
void append_bytes(std::string& identity, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  const auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
  identity.append(bytes.data(), bytes.size());
}

void append_text(std::string& identity, std::string_view text) {
  append_bytes(identity, text.size());
  identity += text;
}

}  // namespace

std::string number_key(double number) {
  std::string key;
  append_bytes(key, number == 0 ? 0.0 : number);  // no negative zero
  return key;
}

InlineText<33> nibbles(const IpAddress& address) noexcept {
  InlineText<33> text;
  text.push_back(address.is_v4() ? '4' : '6');
  for (const std::uint8_t byte : address.bytes()) {
    text.push_back(static_cast<char>(byte >> 4U));
    text.push_back(static_cast<char>(byte & 0xfU));
  }
  return text;
}

std::vector<Guard> guards_of(const CompiledRule& rule) {
  std::vector<Guard> guards;
  GuardFinder{rule}.find(rule.root(), guards);
  return guards;
}

bool is_unknown_when_absent(const FieldTest& test) noexcept {
  return test.kind != Kind::presence && test.kind != Kind::other_field && !test.or_absent &&
         test.searched.empty();
}

std::string identity_of(const FieldTest& test) {
  std::string identity;
  append_bytes(identity, test.field);
  append_bytes(identity, test.other);
  append_bytes(identity, test.kind);
  append_bytes(identity, test.order);
  append_bytes(identity, test.part);
  append_bytes(identity, test.anchor);
  append_bytes(identity, test.letters);
  append_bytes(identity, test.searched.size());
  for (const bool flag : {test.every, test.negated, test.or_absent, test.wanted}) {
    identity.push_back(flag ? '1' : '0');
  }
  for (const Pattern& pattern : test.patterns) append_text(identity, pattern.identity());
  for (const auto& expression : test.expressions) append_text(identity, expression->pattern());
  for (const RuleNumber& number : test.numbers) {
    append_bytes(identity, number.real);
    append_bytes(identity, number.whole);
    identity.push_back(number.is_whole ? '1' : '0');
  }
  for (const Timestamp moment : test.moments) {
    append_bytes(identity, moment.time_since_epoch().count());
  }
  for (const bool flag : test.flags) identity.push_back(flag ? '1' : '0');
  for (const Network& network : test.networks) {
    identity += nibbles(network.address()).view();
    append_bytes(identity, network.prefix_length());
  }
  return identity;
}

}  // namespace sekimori
