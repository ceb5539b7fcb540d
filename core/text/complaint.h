#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace sekimori {

// What is wrong with something a person wrote (configuration, rule, claim, database) and the way
// out. Text, because a person reads it; never made on the packet path, where a Defect is counted
// instead.
struct Complaint {
  std::string file;          // path or "<command line>", "<request>"; empty when there is none
  std::uint32_t line = 0;    // from 1; 0 when the whole file is meant
  std::uint32_t column = 0;  // from 1; 0 when the whole line is meant
  std::string what;          // one sentence without the final stop, lower case: "unknown key 'foo'"
  std::string way_out;       // one sentence: "did you mean 'for'?"; empty when nothing helps

  // "file:line:column: what (way out)", on one line whatever the parts contain.
  std::string text() const;

  friend bool operator==(const Complaint&, const Complaint&) = default;
};

// One value or the first complaint; the alias to use for everything that is loaded at start.
template <typename T>
using Loaded = tl::expected<T, Complaint>;

// One value or every complaint at once (rule packs, claim files).
template <typename T>
using LoadedAll = tl::expected<T, std::vector<Complaint>>;

// The candidate nearest to `word` by edit distance; empty when more than a third of its letters
// differ.
std::string_view nearest_name(std::string_view word,
                              const std::vector<std::string_view>& candidates);

}  // namespace sekimori
