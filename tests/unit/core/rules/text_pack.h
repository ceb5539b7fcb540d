#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>

#include "core/rules/pack.h"

namespace sekimori {

// A pack of one file of that text, by way of a folder, as every pack comes.
inline LoadedAll<RulePack> load_text(std::string_view text, const PackSchemas& schemas,
                                     const Placeholders& placeholders = {}) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("text_pack_" + std::to_string(::getpid()));
  fs::remove_all(folder);
  fs::create_directories(folder);
  std::ofstream{folder / "r.yml"} << text;
  auto pack = load_pack(folder.string(), schemas, placeholders);
  fs::remove_all(folder);
  return pack;
}

// A detection rule over one field, with a name and an id that ends in two digits.
inline std::string named_rule(std::string_view name, std::string_view id_tail,
                              std::string_view category, std::string_view selection,
                              std::string_view more = "") {
  return "title: " + std::string{name} + "\nid: 0f8fad5b-d9cb-469f-a165-7086772895" +
         std::string{id_tail} + "\nname: " + std::string{name} +
         "\nlogsource: {product: sekimori, category: " + std::string{category} +
         "}\ndetection: {s: {" + std::string{selection} + "}, condition: s}\n" + std::string{more} +
         "---\n";
}

}  // namespace sekimori
