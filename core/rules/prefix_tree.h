#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sekimori {

// Which of many byte strings a text begins with, in time that grows with the text and with what is
// found, not with how many there are: a radix tree in three arrays. Immutable once built.
class PrefixTree {
 public:
  struct Entry {
    std::string prefix;  // not empty
    std::uint32_t value;
  };

  PrefixTree() = default;
  explicit PrefixTree(std::vector<Entry> entries);  // any order; a prefix may stand often

  bool empty() const noexcept { return nodes_.empty(); }

  // Calls visit(value) for each entry whose prefix the text begins with.
  template <typename Visit>
  void visit(std::string_view text, Visit&& visit) const {
    if (nodes_.empty()) return;
    const Node* node = nodes_.data();
    std::size_t at = 0;
    while ((node = child(*node, text, at)) != nullptr) {
      at += node->label_size;
      for (std::uint32_t value = node->first_value; value < node->end_value; ++value) {
        visit(values_[value]);
      }
    }
  }

 private:
  struct Node {
    std::uint32_t label = 0;  // into labels_
    std::uint32_t first_child = 0;
    std::uint32_t first_value = 0;
    std::uint32_t end_value = 0;
    std::uint16_t label_size = 0;
    std::uint16_t children = 0;
    char first = 0;  // of the label: what tells siblings apart
  };

  void build(std::span<const Entry> entries, std::size_t depth, std::size_t node);
  // The child whose whole label the text goes on with, or null.
  const Node* child(const Node& parent, std::string_view text, std::size_t at) const noexcept;

  std::vector<Node> nodes_;  // the root first; siblings stand together, in order of `first`
  std::vector<std::uint32_t> values_;
  std::string labels_;
};

}  // namespace sekimori
