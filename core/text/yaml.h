#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/complaint.h"

namespace sekimori {

enum class YamlKind : std::uint8_t { null, scalar, list, map };

struct YamlEntry;

// One node of a document, owned, with the place where a person finds it.
struct YamlNode {
  YamlKind kind = YamlKind::null;
  std::uint32_t line = 0;       // from 1
  std::uint32_t column = 0;     // from 1, in bytes
  bool quoted = false;          // written in quotes or as a block: text, even where it looks like 5
  std::string text;             // of a scalar
  std::vector<YamlNode> items;  // of a list
  std::vector<YamlEntry> entries;  // of a map, in the order of the file; no key twice

  const YamlNode* find(std::string_view key) const noexcept;  // null when not there
};

struct YamlEntry {
  std::string key;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  YamlNode value;
};

struct YamlDocument {
  std::string file;  // as complaints name it
  YamlNode root;
};

// Bytes. The longest file of ours is a tenth of it; a longer one is not meant for us.
inline constexpr std::size_t kYamlSizeLimit = std::size_t{1} << 20U;
// Levels of lists and maps in each other. A Sigma condition's selections need six.
inline constexpr std::size_t kYamlDepthLimit = 32;
// Scalars, lists and maps: what the size limit could hold would cost 100 MB.
inline constexpr std::size_t kYamlNodeLimit = 50'000;

// One document of YAML 1.2 as people write configuration: UTF-8, spaces for indentation. Refused,
// because a reader could mistake them: a key twice, anchors and aliases (a small file grows without
// bound), tags, several documents, keys that are no scalars, a file that ends inside quotes. Tells
// of every fault up to the first that makes the rest unreadable. Never throws.
LoadedAll<YamlDocument> read_yaml(std::string_view file, std::string_view text);

// Bytes of a file of several documents; each keeps to the limits above.
inline constexpr std::size_t kYamlFileLimit = std::size_t{16} << 20U;

// The documents that `---` tells apart, each as read_yaml() reads it, with its lines in the file;
// empty ones are left out. Tells of the faults of all.
LoadedAll<std::vector<YamlDocument>> read_yaml_documents(std::string_view file,
                                                         std::string_view text);

// One document from a file; `-` is a file of that name. What cannot be opened is a complaint.
LoadedAll<YamlDocument> read_yaml_file(const std::string& path);

}  // namespace sekimori
