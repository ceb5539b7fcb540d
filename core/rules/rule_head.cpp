#include "core/rules/rule_head.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace sekimori {
namespace {

constexpr YamlWord<RuleStatus> kStatuses[] = {{"stable", RuleStatus::stable},
                                              {"test", RuleStatus::test},
                                              {"experimental", RuleStatus::experimental},
                                              {"deprecated", RuleStatus::deprecated},
                                              {"unsupported", RuleStatus::unsupported}};
constexpr YamlWord<Category> kCategories[] = {
    {"session", Category::session}, {"claim", Category::claim}, {"account", Category::account}};
// Words that are kept as they are.
constexpr YamlWord<std::string_view> kProducts[] = {{"sekimori", "sekimori"}};
constexpr YamlWord<std::string_view> kLevels[] = {{"informational", "informational"},
                                                  {"low", "low"},
                                                  {"medium", "medium"},
                                                  {"high", "high"},
                                                  {"critical", "critical"}};
constexpr YamlWord<std::string_view> kTaxonomies[] = {{"sekimori", "sekimori"}, {"sigma", "sigma"}};
constexpr YamlWord<std::string_view> kRelations[] = {{"derived", "derived"},
                                                     {"obsolete", "obsolete"},
                                                     {"merged", "merged"},
                                                     {"renamed", "renamed"},
                                                     {"similar", "similar"}};

bool all_of(std::string_view text, std::string_view letters) noexcept {
  return text.find_first_not_of(letters) == std::string_view::npos;
}

constexpr std::string_view kDigits = "0123456789";

}  // namespace

// RFC 9562, section 4.
const YamlType<std::string> kUuid{
    [](std::string_view text) -> std::optional<std::string> {
      if (text.size() != 36) return std::nullopt;
      std::string uuid{text};
      for (std::size_t at = 0; at < uuid.size(); ++at) {
        const bool hyphen = at == 8 || at == 13 || at == 18 || at == 23;
        if (uuid[at] >= 'A' && uuid[at] <= 'F') uuid[at] = static_cast<char>(uuid[at] - 'A' + 'a');
        if (hyphen ? uuid[at] != '-' : !all_of({&uuid[at], 1}, "0123456789abcdef")) {
          return std::nullopt;
        }
      }
      return uuid;
    },
    "a UUID such as those of 'uuidgen'"};
namespace {

constexpr std::size_t kSessionTitle = 96;  // bytes: as much as a session record carries
constexpr std::size_t kLongestTitle = 256;
const YamlType<std::string> kTitle{[](std::string_view text) -> std::optional<std::string> {
                                     if (text.empty() || text.size() > kLongestTitle)
                                       return std::nullopt;
                                     return std::string{text};
                                   },
                                   "a title of at most 256 bytes"};
// Not one that could be taken for an id, and nothing that another reader splits or quotes.
const YamlType<std::string> kName{
    [](std::string_view text) -> std::optional<std::string> {
      constexpr std::size_t kLongest = 256;
      if (text.empty() || text.size() > kLongest || kUuid.parse(text)) return std::nullopt;
      const bool shaped = std::all_of(text.begin(), text.end(), [](char one) {
        return static_cast<unsigned char>(one) > 0x20 && one != '"' && one != '\'';
      });
      return shaped ? std::optional{std::string{text}} : std::nullopt;
    },
    "a name of at most 256 bytes without spaces and quotes, and not a UUID"};
const YamlType<std::string> kDate{
    [](std::string_view text) -> std::optional<std::string> {
      const bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-' &&
                          all_of(text.substr(0, 4), kDigits) &&
                          all_of(text.substr(5, 2), kDigits) && all_of(text.substr(8), kDigits);
      if (!shaped || text.substr(5, 2) > "12" || text.substr(8) > "31") return std::nullopt;
      return std::string{text};
    },
    "a date such as 2024-03-26"};
const YamlType<std::string> kTag{
    [](std::string_view text) -> std::optional<std::string> {
      const std::size_t dot = text.find('.');
      const bool shaped = dot != 0 && dot != std::string_view::npos && !text.ends_with('.') &&
                          all_of(text, "abcdefghijklmnopqrstuvwxyz0123456789_-.");
      return shaped ? std::optional{std::string{text}} : std::nullopt;
    },
    "a tag with its namespace, such as attack.t1090"};
// SPDX license expressions: identifiers, AND, OR, WITH and brackets.
const YamlType<std::string> kLicense{
    [](std::string_view text) -> std::optional<std::string> {
      const bool shaped =
          !text.empty() && all_of(text,
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.-+:() ");
      return shaped ? std::optional{std::string{text}} : std::nullopt;
    },
    "an SPDX licence such as MIT or DRL-1.1"};
const YamlType<std::string> kScope{[](std::string_view text) {
                                     return text.size() < 2 ? std::nullopt
                                                            : std::optional{std::string{text}};
                                   },
                                   "a text of two bytes or more"};

// One text, or a list of them.
void read_texts(YamlMap& top, std::string_view key) {
  const YamlNode* const node = top.node(key);
  if (node != nullptr && node->kind == YamlKind::scalar) {
    top.optional(key, kYamlText);
  } else {
    top.list(key, kYamlText);
  }
}

}  // namespace

void read_title(YamlMap& top, RuleFacts& facts) {
  facts.title = top.required("title", kTitle);
  facts.name = top.optional("name", kName, "");
  if (top.has("action")) {
    top.node("action");
    top.complain("action", "Sigma 2 has no rule collections", "write each rule out, after '---'");
  }
}

void read_metadata(YamlMap& top, RuleFacts& facts) {
  top.optional("description", kYamlText);
  facts.has_references = !top.list("references", kYamlText).empty();
  top.optional("author", kYamlText);
  top.optional("date", kDate);
  top.optional("modified", kDate);
  top.optional("license", kLicense);
  top.optional("taxonomy", kTaxonomies, "sekimori");
  top.list("tags", kTag);
  top.list("scope", kScope);
  facts.has_falsepositives = top.has("falsepositives");
  read_texts(top, "falsepositives");
  for (YamlMap& one : top.children("related")) {
    one.required("id", kUuid);
    one.required("type", kRelations);
    one.finish();
  }
  // Attributes of a pack's own: any, but in one place, so that a misspelt key is still seen.
  top.named("custom");
}

void read_status(YamlMap& top, RuleFacts& facts) {
  facts.status = top.optional("status", kStatuses, RuleStatus::test);
  facts.level = top.optional("level", kLevels, "informational");
}

void read_logsource(YamlMap& top, RuleFacts& facts) {
  YamlMap logsource = top.child("logsource");
  logsource.required("product", kProducts);
  facts.category = logsource.required("category", kCategories);
  logsource.optional("definition", kYamlText);
  if (logsource.has("service")) {
    logsource.node("service");
    logsource.complain("service", "sekimori has categories only");
  }
  logsource.finish();
  if (facts.category == Category::session && facts.title.size() > kSessionTitle) {
    top.complain("title", "longer than " + std::to_string(kSessionTitle) +
                              " bytes, which is what a session record carries");
  }
}

}  // namespace sekimori
