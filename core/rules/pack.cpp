#include "core/rules/pack.h"

#include <openssl/evp.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <system_error>

#include "core/rules/rule_reader.h"
#include "core/text/yaml.h"
#include "core/text/yaml_map.h"

namespace sekimori {
namespace {

namespace fs = std::filesystem;

// SHA-256 over parts that cannot run into each other: each is preceded by its length.
class PackHash {
 public:
  PackHash() : context_{EVP_MD_CTX_new(), &EVP_MD_CTX_free} {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }
  void add(std::string_view part) {
    const std::string length = std::to_string(part.size()) + ":";
    EVP_DigestUpdate(context_.get(), length.data(), length.size());
    EVP_DigestUpdate(context_.get(), part.data(), part.size());
  }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (const unsigned char byte : std::span{digest}.first(size)) {
      hex.push_back(kDigits[byte >> 4U]);
      hex.push_back(kDigits[byte & 0xfU]);
    }
    return hex;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

bool anybody_may_write(const fs::file_status& status) noexcept {
  return (status.permissions() & fs::perms::others_write) != fs::perms::none;
}

class PackLoader {
 public:
  PackLoader(const PackSchemas& schemas, const Placeholders& placeholders)
      : schemas_{schemas}, placeholders_{placeholders} {}

  void load(const fs::path& folder) {
    for (const fs::path& path : files_of(folder)) load_file(folder, path);
    for (const auto& [name, values] : placeholders_) {
      hash_.add(name);
      for (const std::string& value : values) hash_.add(value);
    }
  }

  std::vector<CompiledRule> rules;
  std::vector<Complaint> complaints;
  std::string hash() { return hash_.hex(); }

 private:
  void complain(const fs::path& path, std::string what, std::string way_out = {}) {
    complaints.push_back({path.string(), 0, 0, std::move(what), std::move(way_out)});
  }

  std::vector<fs::path> files_of(const fs::path& folder) {
    std::error_code error;
    const fs::file_status status = fs::status(folder, error);
    if (!fs::is_directory(status)) {
      complain(folder, error ? "cannot be read: " + error.message() : "is not a folder of rules");
      return {};
    }
    check_folder(folder, status);
    std::vector<fs::path> files;
    fs::recursive_directory_iterator at{folder, error};
    for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
      const fs::path& path = at->path();
      const fs::file_status one = fs::status(path, error);
      if (fs::is_directory(one)) check_folder(path, one);
      if (!fs::is_regular_file(one)) continue;
      if (path.extension() == ".yaml") complain(path, "rules are *.yml files", "rename it");
      if (path.extension() == ".yml") files.push_back(path);
    }
    if (error) complain(folder, "cannot be read: " + error.message());
    if (files.size() > kPackFileLimit) {
      complain(folder, "more than " + std::to_string(kPackFileLimit) + " rules");
      return {};
    }
    // By generic text, so that the order and the hash do not depend on the locale or the disk.
    std::sort(files.begin(), files.end(), [](const fs::path& left, const fs::path& right) {
      return left.generic_string() < right.generic_string();
    });
    return files;
  }

  // Who may write a folder may replace the files in it.
  void check_folder(const fs::path& folder, const fs::file_status& status) {
    if (anybody_may_write(status)) {
      complain(folder, "everybody may write this folder", "chmod o-w");
    }
  }

  void load_file(const fs::path& folder, const fs::path& path) {
    std::error_code error;
    if (anybody_may_write(fs::status(path, error))) {
      complain(path, "everybody may write this file", "chmod o-w");
      return;
    }
    std::ifstream stream{path, std::ios::binary};
    if (!stream) {
      complain(path, "cannot be opened");
      return;
    }
    const std::string text{std::istreambuf_iterator<char>{stream}, {}};
    hash_.add(path.lexically_relative(folder).generic_string());
    hash_.add(text);
    const auto document = read_yaml(path.string(), text);
    if (!document) return complain_all(document.error());
    const auto rule = read_rule(*document);
    if (!rule) return complain_all(rule.error());
    compile(*rule);
  }

  void compile(const Rule& rule) {
    const RuleFacts& facts = rule.facts;
    const auto [known, fresh] = ids_.emplace(facts.id, rule.file);
    if (!fresh) {
      complain(rule.file, "id " + facts.id + " stands in " + known->second + " too",
               "make another with 'uuidgen'");
    }
    if (facts.status == RuleStatus::unsupported) {
      complain(rule.file, "its status says that it cannot be used", "remove it from the pack");
    }
    if (facts.category == Category::account) {
      complain(rule.file, "rules of category account are not supported");
      return;
    }
    const auto schema = schemas_.of(facts.category);
    if (schema.empty() || facts.status == RuleStatus::deprecated) return;
    auto compiled = compile_rule(rule, schema, placeholders_);
    if (!compiled) return complain_all(compiled.error());
    rules.push_back(std::move(*compiled));
  }

  void complain_all(const std::vector<Complaint>& some) {
    complaints.insert(complaints.end(), some.begin(), some.end());
  }

  const PackSchemas& schemas_;
  const Placeholders& placeholders_;
  PackHash hash_;
  std::map<std::string, std::string> ids_;  // id, file
};

}  // namespace

std::span<const FieldSpec> PackSchemas::of(Category category) const noexcept {
  switch (category) {
    case Category::session:
      return session;
    case Category::claim:
      return claim;
    case Category::account:
      return {};
  }
  return {};
}

LoadedAll<RulePack> load_pack(const std::string& folder, const PackSchemas& schemas,
                              const Placeholders& placeholders) {
  PackLoader loader{schemas, placeholders};
  loader.load(folder);
  if (!loader.complaints.empty()) return tl::unexpected{std::move(loader.complaints)};
  return RulePack{std::move(loader.rules), loader.hash(), schemas};
}

RulePack::RulePack(std::vector<CompiledRule> rules, std::string hash, const PackSchemas& schemas)
    : rules_{std::move(rules)}, hash_{std::move(hash)}, schemas_{schemas} {
  std::sort(rules_.begin(), rules_.end(), [](const CompiledRule& left, const CompiledRule& right) {
    return left.facts().id < right.facts().id;
  });
  std::vector<std::size_t> naming;
  for (std::size_t at = 0; at < rules_.size(); ++at) {
    const RuleFacts& facts = rules_[at].facts();
    by_category_[static_cast<std::size_t>(facts.category)].push_back(at);
    if (facts.names_something() && !facts.in_shadow()) naming.push_back(at);
  }
  auto next = static_cast<RuleUnit>(rules_.size());
  for (std::size_t at = 0; at < indices_.size(); ++at) {
    indices_[at] = RuleIndex{rules_, at < kCategoryCount ? by_category_[at] : naming, next};
    next = indices_[at].end_class();
  }
}

LoadedAll<Placeholders> load_placeholders(const std::string& path) {
  const auto document = read_yaml_file(path);
  if (!document) return tl::unexpected{document.error()};
  std::vector<Complaint> complaints;
  Placeholders placeholders;
  YamlMap top{*document, complaints};
  for (const YamlEntry& region : top.named("regions")) {
    std::vector<std::string>& values = placeholders[region.key];
    if (region.value.kind != YamlKind::list || region.value.items.empty()) {
      top.complain(region.value, "'" + region.key + "': expected a list of values");
      continue;
    }
    for (const YamlNode& item : region.value.items) {
      if (item.kind == YamlKind::scalar) {
        values.push_back(item.text);
      } else {
        top.complain(item, "'" + region.key + "': a value must be text");
      }
    }
  }
  if (placeholders.empty()) top.complain(top.self(), "missing key 'regions'");
  top.finish();
  if (!complaints.empty()) return tl::unexpected{std::move(complaints)};
  return placeholders;
}

}  // namespace sekimori
