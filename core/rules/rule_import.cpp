#include "core/rules/rule_import.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "core/text/sha256.h"
#include "core/text/uuid.h"

namespace sekimori {
namespace {

// Values of one rule: well below what a rule may ask (signatures/README.md).
constexpr std::size_t kMostValues = 10'000;
constexpr std::size_t kLongestName =
    60;  // of a title that sensors show, with what stands around it
constexpr std::size_t kJa4Size = 36;

struct Source {
  std::string_view what;  // "JA3 of"
  std::string_view field;
  std::string_view origin;
  std::string_view reference;
  std::string_view falsepositive;
  std::string_view other;  // a value that is in no list
  bool names_application;
};
constexpr Source kSslbl{"JA3 of",
                        "tls.client.ja3",
                        "abuse.ch SSLBL",
                        "https://sslbl.abuse.ch/blacklist/ja3_fingerprints.csv",
                        "many programs share a JA3; abuse.ch says so of this list itself",
                        "00000000000000000000000000000000",
                        false};
constexpr Source kJa4Database{"JA4 of",
                              "tls.client.ja4",
                              "ja4db.com",
                              "https://ja4db.com/",
                              "programs of the same TLS library and settings share a JA4",
                              "t00d000000_000000000000_000000000000",
                              true};

using Values = std::map<std::string, std::set<std::string>>;  // by what they are of

bool is_hex(std::string_view text, std::size_t size) {
  return text.size() == size &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& one : out) {
    if (one >= 'A' && one <= 'Z') one = static_cast<char>(one - 'A' + 'a');
  }
  return out;
}

// FoxIO, "JA4: TLS client fingerprint": t13d1516h2_8daaf6152771_b186095e22b6.
bool is_ja4(std::string_view text) {
  if (text.size() != kJa4Size || text[10] != '_' || text[23] != '_') return false;
  if (text[0] != 't' && text[0] != 'q' && text[0] != 'd') return false;
  return is_hex(text.substr(11, 12), 12) && is_hex(text.substr(24), 12) &&
         std::all_of(text.begin(), text.begin() + 10, [](char one) {
           return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') ||
                  (one >= '0' && one <= '9');
         });
}

// Printable ASCII of one line, cut to what a title has room for; empty: nothing is left.
std::string name_of(std::string_view text) {
  std::string name;
  for (const char one : text) {
    if (name.size() == kLongestName) break;
    if (one >= ' ' && one <= '~') name += one;
  }
  const std::size_t first = name.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return name.substr(first, name.find_last_not_of(' ') + 1 - first);
}

// RFC 9562, section 5.8: 122 bits of our own choice, here of SHA-256.
std::string id_of(const Source& source, std::string_view name, std::size_t part) {
  const std::string text = std::string{source.origin} + "\n" + std::string{source.field} + "\n" +
                           std::string{name} + "\n" + std::to_string(part);
  const Sha256 digest = sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  std::array<std::uint8_t, 16> bytes{};
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  return uuid_of(bytes, 8);
}

// network.application's letters.
std::string word_of(std::string_view name) {
  std::string word;
  for (const char one : lower(name)) {
    const bool plain = (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9');
    if (plain) {
      word += one;
    } else if (!word.empty() && word.back() != '_') {
      word += '_';
    }
  }
  while (word.ends_with('_')) word.pop_back();
  return word.substr(0, 32);
}

void write_rule(const Source& source, const std::string& name, std::span<const std::string> values,
                std::size_t part, std::string& out) {
  const std::string more = part == 0 ? "" : " (" + std::to_string(part + 1) + ")";
  if (!out.empty()) out += "---\n";
  out += "title: " + yaml_quoted(std::string{source.what} + " " + name + more) + "\n";
  out += "id: " + id_of(source, name, part) + "\n";
  out += "status: experimental\n";
  out += "description: " + yaml_quoted("Imported from " + std::string{source.origin} + ".") + "\n";
  out += "references:\n  - " + std::string{source.reference} + "\n";
  out += "author: " + std::string{source.origin} + "\n";
  out += "tags: [evidence.fingerprint]\n";
  out += "logsource: {product: sekimori, category: session}\n";
  out += "detection:\n  listed:\n    " + std::string{source.field} + ":\n";
  for (const std::string& value : values)
    out += "      - " + yaml_quoted(std::string{value}) + "\n";
  out += "  condition: listed\n";
  out += "falsepositives:\n  - " + yaml_quoted(std::string{source.falsepositive}) + "\n";
  out += "level: low\nsekimori:\n";
  const std::string word = word_of(name);
  if (source.names_application && !word.empty())
    out += "  names: {application: " + yaml_quoted(word) + "}\n";
  const auto test = [&](std::string_view what, std::string_view value, std::string_view expected) {
    out += "    - name: " + std::string{what} + "\n      record: {" + std::string{source.field} +
           ": " + yaml_quoted(std::string{value}) + "}\n      expect: " + std::string{expected} +
           "\n";
  };
  out += "  tests:\n";
  test("one of the list", values.front(), "match");
  test("another", source.other, "no_match");
}

Loaded<ImportedRules> write_rules(const Source& source, std::string_view file, const Values& values,
                                  ImportedRules imported) {
  for (const auto& [name, set] : values) {
    const std::vector<std::string> all{set.begin(), set.end()};
    for (std::size_t first = 0; first < all.size(); first += kMostValues) {
      const std::size_t count = std::min(kMostValues, all.size() - first);
      write_rule(source, name, std::span{all}.subspan(first, count), first / kMostValues,
                 imported.yaml);
      ++imported.rules;
    }
    imported.values += all.size();
  }
  if (imported.rules > 0) return imported;
  std::string why = imported.left_out.empty() ? "" : "; first: " + imported.left_out.front().what;
  return tl::unexpected{Complaint{std::string{file}, 0, 0,
                                  "holds no fingerprint that can be used" + why,
                                  "is it the list that it should be?"}};
}

void leave_out(ImportedRules& imported, std::string_view file, std::size_t line, std::string what) {
  ++imported.left_out_count;
  if (imported.left_out.size() == ImportedRules::kMostTold) return;
  imported.left_out.push_back(
      {std::string{file}, static_cast<std::uint32_t>(line), 0, std::move(what), "left out"});
}

Loaded<bool> check_size(std::string_view file, std::string_view text) {
  if (text.size() <= kImportLimit) return true;
  return tl::unexpected{Complaint{std::string{file}, 0, 0, "is larger than 64 MiB",
                                  "is it the list that it should be?"}};
}

}  // namespace

Loaded<ImportedRules> import_sslbl_ja3(std::string_view file, std::string_view text) {
  if (const auto fits = check_size(file, text); !fits) return tl::unexpected{fits.error()};
  Values values;
  ImportedRules imported;
  std::size_t line = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view row = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++line;
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (row.empty() || row.front() == '#') continue;
    // The last column is free text and may hold commas.
    std::array<std::string_view, 4> columns;
    std::size_t count = 0;
    while (count < 3 && row.find(',') != std::string_view::npos) {
      columns[count++] = row.substr(0, row.find(','));
      row.remove_prefix(row.find(',') + 1);
    }
    columns[count] = row;
    std::string_view reason = columns[3];
    if (reason.size() >= 2 && reason.front() == '"' && reason.back() == '"') {
      reason = reason.substr(1, reason.size() - 2);
    }
    const std::string ja3 = lower(columns[0]);
    const std::string name = name_of(reason);
    if (count < 3 || !is_hex(ja3, 32) || name.empty()) {
      leave_out(imported, file, line, "is not 'ja3_md5,Firstseen,Lastseen,Listingreason'");
      continue;
    }
    values[name].insert(ja3);
  }
  return write_rules(kSslbl, file, values, std::move(imported));
}

Loaded<ImportedRules> import_ja4_database(std::string_view file, std::string_view text,
                                          bool unverified) {
  if (const auto fits = check_size(file, text); !fits) return tl::unexpected{fits.error()};
  // A list of objects of plain values: what lies deeper is not this list.
  const auto shallow = [](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) {
    return depth <= 3;
  };
  const auto document = nlohmann::json::parse(text, shallow, false);
  if (!document.is_array()) {
    return tl::unexpected{Complaint{std::string{file}, 0, 0, "is not a JSON list",
                                    "give the database as it is downloaded"}};
  }
  const auto word = [](const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  Values values;
  ImportedRules imported;
  std::size_t number = 0;
  for (const nlohmann::json& object : document) {
    ++number;
    if (!object.is_object()) {
      leave_out(imported, file, 0, "entry " + std::to_string(number) + " is not an object");
      continue;
    }
    const std::string ja4 = word(object, "ja4_fingerprint");
    if (ja4.empty()) continue;  // an entry of another method
    const auto verified = object.find("verified");
    const bool trusted =
        verified != object.end() && verified->is_boolean() && verified->get<bool>();
    std::string name = name_of(word(object, "application"));
    if (name.empty()) name = name_of(word(object, "library"));
    if (!is_ja4(ja4) || name.empty() || (!trusted && !unverified)) {
      leave_out(imported, file, 0,
                "entry " + std::to_string(number) +
                    (!is_ja4(ja4)   ? " has no JA4 as its fingerprint"
                     : name.empty() ? " names neither application nor library"
                                    : " is not verified"));
      continue;
    }
    values[name].insert(ja4);
  }
  return write_rules(kJa4Database, file, values, std::move(imported));
}

}  // namespace sekimori
