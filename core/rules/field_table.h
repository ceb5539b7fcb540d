#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/record/field.h"
#include "core/rules/guard.h"
#include "core/rules/prefix_tree.h"

namespace sekimori {

// Values by the keys of one field: equality by hash, prefixes, suffixes and networks by tree. Finds
// at least the values whose key the field's value has. Immutable once built.
class FieldTable {
 public:
  struct Entry {
    RuleKey key;
    std::uint32_t value;
  };

  FieldTable() = default;
  explicit FieldTable(std::vector<Entry> entries);

  // Calls visit(value), the same value more than once when more than one of its keys is there.
  // `value` is present. No allocation.
  template <typename Visit>
  void visit(const FieldValue& value, Visit&& visit) const {
    if (const auto* text = std::get_if<std::string_view>(&value)) {
      visit_text(*text, visit);
    } else if (const auto* names = std::get_if<std::span<const AlpnName>>(&value)) {
      for (const AlpnName& name : *names) visit_text(name.view(), visit);
    } else if (const auto* ids = std::get_if<std::span<const SignatureMatch>>(&value)) {
      for (const SignatureMatch& match : *ids) visit_text(match.id.view(), visit);
    } else if (const auto* whole = std::get_if<std::uint64_t>(&value)) {
      visit_equal(hash_of_number(static_cast<double>(*whole)), visit);
    } else if (const auto* real = std::get_if<double>(&value)) {
      visit_equal(hash_of_number(*real), visit);
    } else if (const auto* ip = std::get_if<IpAddress>(&value)) {
      if (!networks_.empty()) networks_.visit(nibbles(*ip), visit);
    }
  }

 private:
  struct Bucket {
    std::uint64_t hash = 0;
    std::uint32_t first = 0;
    std::uint32_t end = 0;  // first == end: nothing is here
  };
  // Up to kKeyBytes of a text, in lower case.
  struct Folded {
    std::array<char, kKeyBytes> bytes;
    std::size_t size;
    std::string_view view() const noexcept { return {bytes.data(), size}; }
  };

  static std::uint64_t hash_of(std::string_view bytes) noexcept;
  static std::uint64_t hash_of_number(double number) noexcept;
  static Folded fold(std::string_view text) noexcept;
  // Its last bytes, from the last on.
  static Folded fold_backwards(std::string_view text) noexcept;
  void build_buckets(std::vector<std::pair<std::uint64_t, std::uint32_t>> equals);

  template <typename Visit>
  void visit_text(std::string_view text, Visit&& visit) const {
    if (!buckets_.empty() || !heads_.empty()) {
      const Folded folded = fold(text);
      if (!buckets_.empty()) visit_equal(hash_of(folded.view()), visit);
      heads_.visit(folded.view(), visit);
    }
    if (!tails_.empty()) tails_.visit(fold_backwards(text).view(), visit);
  }

  template <typename Visit>
  void visit_equal(std::uint64_t hash, Visit&& visit) const {
    if (buckets_.empty()) return;
    const std::size_t mask = buckets_.size() - 1;
    for (std::size_t at = hash & mask; buckets_[at].first != buckets_[at].end;
         at = (at + 1) & mask) {
      if (buckets_[at].hash != hash) continue;
      for (std::uint32_t place = buckets_[at].first; place < buckets_[at].end; ++place) {
        visit(equal_values_[place]);
      }
      return;
    }
  }

  std::vector<Bucket> buckets_;  // a power of two, at most half full, so that a search ends
  std::vector<std::uint32_t> equal_values_;
  PrefixTree heads_, tails_, networks_;
};

}  // namespace sekimori
