#include <cstdlib>
#include <set>

#include "core/text/yaml.h"

namespace {

using namespace sekimori;

std::size_t g_nodes = 0;

// Within the limits, no key twice, and one line lower than `twin` throughout.
void check(const YamlNode& node, const YamlNode& twin, std::size_t depth) {
  if (++g_nodes > kYamlNodeLimit || depth > kYamlDepthLimit) std::abort();
  if (node.kind != twin.kind || node.text != twin.text || node.column != twin.column) std::abort();
  if (node.items.size() != twin.items.size()) std::abort();
  if (node.entries.size() != twin.entries.size()) std::abort();
  if (node.line != twin.line + 1) std::abort();
  for (std::size_t at = 0; at < node.items.size(); ++at) {
    check(node.items[at], twin.items[at], depth + 1);
  }
  std::set<std::string> keys;
  for (std::size_t at = 0; at < node.entries.size(); ++at) {
    if (!keys.insert(node.entries[at].key).second) std::abort();
    if (node.entries[at].key != twin.entries[at].key) std::abort();
    check(node.entries[at].value, twin.entries[at].value, depth + 1);
  }
}

}  // namespace

// What is read keeps its limits, and a comment line above it moves it down by one line and changes
// nothing else; what is refused is refused in one line of words.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto document = sekimori::read_yaml("fuzz.yaml", text);
  if (!document) {
    for (const auto& complaint : document.error()) {
      if (complaint.text().find('\n') != std::string::npos) std::abort();
    }
    if (document.error().empty()) std::abort();
    return 0;
  }
  // One document is the only one of a file that may hold several.
  const auto all = sekimori::read_yaml_documents("fuzz.yaml", text);
  if (!all || all->size() > 1) std::abort();
  if (text.starts_with("\xef\xbb\xbf") || document->root.line == 0) return 0;
  const auto moved = sekimori::read_yaml("fuzz.yaml", "#\n" + std::string{text});
  if (!moved) std::abort();
  g_nodes = 0;
  check(moved->root, document->root, 1);
  return 0;
}
