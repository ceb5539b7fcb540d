#include "core/rules/field_table.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>

namespace sekimori {
namespace {

constexpr char lower(char one) noexcept {
  return one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one;
}

}  // namespace

FieldTable::FieldTable(std::vector<Entry> entries) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> equals;
  std::vector<PrefixTree::Entry> heads;
  std::vector<PrefixTree::Entry> tails;
  std::vector<PrefixTree::Entry> networks;
  for (Entry& one : entries) {
    switch (one.key.kind) {
      case KeyKind::equal:
        equals.emplace_back(hash_of(one.key.bytes), one.value);
        break;
      case KeyKind::head:
        heads.push_back({std::move(one.key.bytes), one.value});
        break;
      case KeyKind::tail:
        tails.push_back({std::move(one.key.bytes), one.value});
        break;
      case KeyKind::network:
        networks.push_back({std::move(one.key.bytes), one.value});
        break;
    }
  }
  build_buckets(std::move(equals));
  heads_ = PrefixTree{std::move(heads)};
  tails_ = PrefixTree{std::move(tails)};
  networks_ = PrefixTree{std::move(networks)};
}

void FieldTable::build_buckets(std::vector<std::pair<std::uint64_t, std::uint32_t>> equals) {
  if (equals.empty()) return;
  std::sort(equals.begin(), equals.end());
  buckets_.resize(std::bit_ceil(2 * equals.size()));
  const std::size_t mask = buckets_.size() - 1;
  for (std::size_t at = 0; at < equals.size();) {
    const std::uint64_t hash = equals[at].first;
    const auto first = static_cast<std::uint32_t>(equal_values_.size());
    for (; at < equals.size() && equals[at].first == hash; ++at) {
      equal_values_.push_back(equals[at].second);
    }
    std::size_t place = hash & mask;
    while (buckets_[place].first != buckets_[place].end) place = (place + 1) & mask;
    buckets_[place] = {hash, first, static_cast<std::uint32_t>(equal_values_.size())};
  }
}

// Two texts of one hash only find each other's rules, which are then asked in full.
std::uint64_t FieldTable::hash_of(std::string_view bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint64_t FieldTable::hash_of_number(double number) noexcept {
  const double plain = number == 0 ? 0.0 : number;
  return XXH3_64bits(&plain, sizeof plain);
}

FieldTable::Folded FieldTable::fold(std::string_view text) noexcept {
  Folded folded;
  folded.size = std::min(text.size(), kKeyBytes);
  std::transform(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(folded.size),
                 folded.bytes.begin(), lower);
  return folded;
}

FieldTable::Folded FieldTable::fold_backwards(std::string_view text) noexcept {
  Folded folded;
  folded.size = std::min(text.size(), kKeyBytes);
  std::transform(text.rbegin(), text.rbegin() + static_cast<std::ptrdiff_t>(folded.size),
                 folded.bytes.begin(), lower);
  return folded;
}

}  // namespace sekimori
