#include <openssl/evp.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

#include "core/rules/pack.h"
#include "core/rules/rule_names.h"
#include "core/rules/rule_reader.h"
#include "core/text/yaml.h"

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
    std::map<std::string, std::size_t> order;  // of files by path; what is no file comes first
    for (const fs::path& path : files_of(folder)) {
      order.emplace(path.string(), order.size() + 1);
      load_file(folder, path);
    }
    for (const auto& [name, values] : placeholders_) {
      hash_.add(name);
      for (const std::string& value : values) hash_.add(value);
    }
    for (const RuleFilter& filter : filters_) apply(filter);
    for (const Rule& rule : rules_) compile(rule);
    link();
    const auto place_of = [&](const Complaint& one) {
      const auto found = order.find(one.file);
      return std::pair{found == order.end() ? 0 : found->second, one.line};
    };
    std::stable_sort(complaints.begin(), complaints.end(), [&](const auto& one, const auto& other) {
      return place_of(one) < place_of(other);
    });
  }

  std::vector<CompiledRule> rules;
  LinkedCorrelations linked;
  std::vector<Complaint> complaints;
  std::string hash() { return hash_.hex(); }

 private:
  void complain(const fs::path& path, std::string what, std::string way_out = {}) {
    complaints.push_back({path.string(), 0, 0, std::move(what), std::move(way_out)});
  }

  std::vector<fs::path> files_of(const fs::path& folder) {
    std::error_code error;
    const fs::file_status status = fs::status(folder, error);
    if (fs::is_regular_file(status)) return {folder};
    if (!fs::is_directory(status)) {
      complain(folder, error ? "cannot be read: " + error.message() : "is not a folder of rules",
               "name the folder of the pack (rules:)");
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
    if (error) complain(folder, "cannot be read: " + error.message(), "let this account read it");
    if (files.size() > kPackFileLimit) {
      complain(folder, "more than " + std::to_string(kPackFileLimit) + " files");
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
    const auto documents = read_yaml_documents(path.string(), text);
    if (!documents) return complain_all(documents.error());
    if (documents->empty()) complain(path, "holds no rule");
    for (const YamlDocument& document : *documents) {
      auto read = read_sigma(document);
      if (!read) {
        complain_all(read.error());
        continue;
      }
      if (rules_.size() + filters_.size() + correlations_.size() == kPackRuleLimit) {
        complain(folder, "more than " + std::to_string(kPackRuleLimit) + " rules");
        return;
      }
      std::visit([this](auto& one) { keep(std::move(one)); }, *read);
    }
  }

  void keep(Rule rule) {
    names_.add(rule.facts, rule.file, RuleNames::Kind::rule, rules_.size());
    rules_.push_back(std::move(rule));
  }
  void keep(RuleFilter filter) {
    names_.add(filter.facts, filter.file, RuleNames::Kind::filter, filters_.size());
    filters_.push_back(std::move(filter));
  }
  void keep(CorrelationRule rule) {
    names_.add(rule.facts, rule.file, RuleNames::Kind::correlation, correlations_.size());
    correlations_.push_back(std::move(rule));
  }

  // Whatever is wrong with the filter is told in its own file, and then it is left out.
  void apply(const RuleFilter& filter) {
    const std::size_t before = complaints.size();
    const auto schema = schemas_.of(filter.facts.category);
    if (!schema.empty()) {
      Rule alone{filter.file, 0, filter.facts, filter.selections, filter.condition, {}, {}, {}};
      const auto compiled = compile_rule(alone, schema, placeholders_);
      if (!compiled) complain_all(compiled.error());
    }
    std::vector<std::size_t> named;
    for (const YamlNode& word : filter.rules) {
      if (const auto rule = find(filter, word)) named.push_back(*rule);
    }
    if (complaints.size() > before) return;
    for (const std::size_t rule : named) take_out(filter, rules_[rule]);
  }

  std::optional<std::size_t> find(const RuleFilter& filter, const YamlNode& word) {
    const RuleNames::Named* const named = names_.find(filter.file, word);
    if (named == nullptr) return std::nullopt;
    const auto refuse = [&](std::string what, std::string way_out) {
      complaints.push_back(
          {filter.file, word.line, word.column, std::move(what), std::move(way_out)});
      return std::nullopt;
    };
    if (named->kind == RuleNames::Kind::correlation) {
      return refuse("'" + word.text + "' is a correlation", "name the rules that it looks at");
    }
    if (rules_[named->index].facts.category != filter.facts.category) {
      return refuse("'" + word.text + "' is a rule of another category",
                    "write a filter of its own");
    }
    return named->index;
  }

  // From now on the rule is: the rule, and not the filter.
  static void take_out(const RuleFilter& filter, Rule& rule) {
    Condition exception{Condition::Kind::negation, 0, {filter.condition}};
    shift(exception, rule.selections.size());
    rule.selections.insert(rule.selections.end(), filter.selections.begin(),
                           filter.selections.end());
    Condition both{Condition::Kind::all, 0, {}};
    both.parts.push_back(std::move(rule.condition));
    both.parts.push_back(std::move(exception));
    rule.condition = std::move(both);
    rule.facts.filters.push_back(filter.facts.title);
    rule.definition += filter.definition;
  }

  static void shift(Condition& condition, std::size_t selections) {
    if (condition.kind == Condition::Kind::selection) condition.selection += selections;
    for (Condition& part : condition.parts) shift(part, selections);
  }

  void compile(const Rule& rule) {
    const RuleFacts& facts = rule.facts;
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

  // A program that does not run rules of category claim runs no correlations, but tells of faults.
  void link() {
    std::string values;
    for (const auto& [name, list] : placeholders_) {
      values += name + "=";
      for (const std::string& value : list) values += value + ",";
    }
    linked = link_correlations(correlations_, rules_, names_, schemas_, values, complaints);
    if (schemas_.claim.empty()) linked = {};
  }

  void complain_all(const std::vector<Complaint>& some) {
    complaints.insert(complaints.end(), some.begin(), some.end());
  }

  const PackSchemas& schemas_;
  const Placeholders& placeholders_;
  PackHash hash_;
  std::vector<Rule> rules_;
  std::vector<RuleFilter> filters_;
  std::vector<CorrelationRule> correlations_;
  RuleNames names_{complaints};
};

}  // namespace

LoadedAll<RulePack> load_pack(const std::string& folder, const PackSchemas& schemas,
                              const Placeholders& placeholders) {
  PackLoader loader{schemas, placeholders};
  loader.load(folder);
  if (!loader.complaints.empty()) return tl::unexpected{std::move(loader.complaints)};
  return RulePack{std::move(loader.rules), loader.hash(), schemas, std::move(loader.linked)};
}

}  // namespace sekimori
