#include "core/rules/prefix_tree.h"

#include <algorithm>
#include <limits>

namespace sekimori {
namespace {

unsigned char byte_of(char one) noexcept {
  return static_cast<unsigned char>(one);
}

std::size_t shared_size(std::string_view left, std::string_view right) noexcept {
  const auto end = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  return static_cast<std::size_t>(end.first - left.begin());
}

}  // namespace

PrefixTree::PrefixTree(std::vector<Entry> entries) {
  constexpr std::size_t kLongest = std::numeric_limits<std::uint16_t>::max();
  std::erase_if(
      entries, [](const Entry& one) { return one.prefix.empty() || one.prefix.size() > kLongest; });
  if (entries.empty()) return;
  std::sort(entries.begin(), entries.end(), [](const Entry& left, const Entry& right) {
    return std::pair{std::string_view{left.prefix}, left.value} <
           std::pair{std::string_view{right.prefix}, right.value};
  });
  nodes_.emplace_back();
  build(entries, 0, 0);
}

// The entries share their first `depth` bytes, are sorted, and belong below `node`. As deep as the
// longest prefix.
void PrefixTree::build(std::span<const Entry> entries, std::size_t depth, std::size_t node) {
  nodes_[node].first_value = static_cast<std::uint32_t>(values_.size());
  std::size_t at = 0;
  while (at < entries.size() && entries[at].prefix.size() == depth) {
    values_.push_back(entries[at++].value);
  }
  nodes_[node].end_value = static_cast<std::uint32_t>(values_.size());

  std::vector<std::span<const Entry>> groups;
  while (at < entries.size()) {
    const char first = entries[at].prefix[depth];
    std::size_t end = at;
    while (end < entries.size() && entries[end].prefix[depth] == first) ++end;
    groups.push_back(entries.subspan(at, end - at));
    at = end;
  }
  const std::size_t first_child = nodes_.size();
  nodes_[node].first_child = static_cast<std::uint32_t>(first_child);
  nodes_[node].children = static_cast<std::uint16_t>(groups.size());
  nodes_.resize(first_child + groups.size());
  for (std::size_t one = 0; one < groups.size(); ++one) {
    // Sorted, so what the first and the last share is shared by all.
    const std::string_view front = groups[one].front().prefix;
    const std::size_t end = shared_size(front, groups[one].back().prefix);
    Node& child = nodes_[first_child + one];
    child.first = front[depth];
    child.label = static_cast<std::uint32_t>(labels_.size());
    child.label_size = static_cast<std::uint16_t>(end - depth);
    labels_.append(front.substr(depth, end - depth));
    build(groups[one], end, first_child + one);
  }
}

const PrefixTree::Node* PrefixTree::child(const Node& parent, std::string_view text,
                                          std::size_t at) const noexcept {
  if (at >= text.size() || parent.children == 0) return nullptr;
  const Node* const begin = nodes_.data() + parent.first_child;
  const Node* const end = begin + parent.children;
  const Node* const found = std::lower_bound(
      begin, end, text[at],
      [](const Node& node, char wanted) { return byte_of(node.first) < byte_of(wanted); });
  if (found == end || found->first != text[at]) return nullptr;
  const std::string_view label{labels_.data() + found->label, found->label_size};
  return text.substr(at).starts_with(label) ? found : nullptr;
}

}  // namespace sekimori
