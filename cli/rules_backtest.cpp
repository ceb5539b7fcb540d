#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/rules_json.h"
#include "cli/rules_pack.h"
#include "collector/store/sqlite_store.h"
#include "core/record/field.h"
#include "core/rules/inline_record.h"
#include "core/rules/json_record.h"
#include "core/rules/rule_matcher.h"

namespace sekimori {
namespace {

struct BacktestOptions {
  RulesOptions rules;
  std::string against;
  std::string records;
};

constexpr std::size_t kExamples = 3;

struct Change {
  std::string title, file;
  bool in_shadow = false;
  std::uint64_t matches = 0, fresh = 0, gone = 0;
  std::vector<std::string> fresh_examples, gone_examples;  // event.id
};

// Asks the pack, and the one of before, about one record after the other.
class Backtest {
 public:
  Backtest(std::shared_ptr<const RulePack> pack, std::shared_ptr<const RulePack> against)
      : matcher_{std::move(pack)}, schema_{matcher_.pack().schemas().of(Category::session)} {
    if (against) against_.emplace(std::move(against));
    for (const std::size_t index : matcher_.pack().of(Category::session)) {
      const CompiledRule& rule = matcher_.pack().rules()[index];
      Change& change = changes_[rule.facts().id];
      change.title = rule.facts().title;
      change.file = rule.file();
      change.in_shadow = rule.facts().in_shadow();
      if (asks_payload(rule)) blind_.insert(rule.facts().id);
    }
  }

  // `before`: ids of the rules that matched when the record was made, where there is no other pack;
  // of JSON lines without those in shadow, so that nothing can be said about what they changed.
  void ask(const FieldReader& reader, std::set<std::string> before, bool has_shadow) {
    ++records_;
    const std::set<std::string> now = matched(matcher_, reader);
    if (against_) before = matched(*against_, reader);
    const std::string id = event_id(reader);
    for (const std::string& rule : now) {
      Change& change = changes_[rule];
      ++change.matches;
      const bool known = has_shadow || against_ || !change.in_shadow;
      if (known && !before.contains(rule)) note(change.fresh, change.fresh_examples, id);
    }
    for (const std::string& rule : before) {
      if (now.contains(rule) || blind_.contains(rule)) continue;
      Change& change = changes_[rule];
      if (change.title.empty()) change.title = "(no longer in the pack)";
      note(change.gone, change.gone_examples, id);
    }
  }

  std::uint64_t records() const noexcept { return records_; }
  const std::map<std::string, Change>& changes() const noexcept { return changes_; }
  // Rules that ask for payload, which no store keeps.
  const std::set<std::string>& blind() const noexcept { return blind_; }

 private:
  bool asks_payload(const CompiledRule& rule) const {
    const auto asked = rule.asks();
    return std::any_of(asked.begin(), asked.end(), [&](FieldId field) {
      return schema_[field].name.starts_with("sekimori.payload.");
    });
  }
  std::set<std::string> matched(RuleMatcher& matcher, const FieldReader& reader) const {
    std::set<std::string> ids;
    for (const RuleUnit rule : matcher.match(Category::session, reader).rules) {
      const std::string& id = matcher.pack().rules()[rule].facts().id;
      if (!blind_.contains(id)) ids.insert(id);
    }
    return ids;
  }
  std::string event_id(const FieldReader& reader) const {
    FieldScratch scratch;
    const FieldValue value = reader(*find_field(schema_, "event.id"), scratch);
    const auto* const text = std::get_if<std::string_view>(&value);
    return text == nullptr ? std::string{} : std::string{*text};
  }
  static void note(std::uint64_t& count, std::vector<std::string>& examples,
                   const std::string& id) {
    if (++count <= kExamples) examples.push_back(id);
  }

  RuleMatcher matcher_;
  std::optional<RuleMatcher> against_;
  std::span<const FieldSpec> schema_;
  std::map<std::string, Change> changes_;  // by id
  std::set<std::string> blind_;
  std::uint64_t records_ = 0;
};

// The ids in sekimori.signatures.
std::set<std::string> signatures_of(const FieldReader& reader, std::span<const FieldSpec> schema) {
  FieldScratch scratch;
  const FieldValue value = reader(*find_field(schema, "sekimori.signatures"), scratch);
  std::set<std::string> ids;
  if (const auto* const list = std::get_if<std::span<const SignatureMatch>>(&value)) {
    for (const SignatureMatch& one : *list) ids.emplace(one.id.view());
  }
  return ids;
}

bool ask_lines(std::istream& lines, const std::string& file, Backtest& backtest) {
  bool good = true;
  std::uint32_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto entries = read_json_record(file, number, line);
    const auto record = entries ? InlineRecord::read(file, *entries, sensor_fields())
                                : LoadedAll<InlineRecord>{tl::unexpected{entries.error()}};
    if (!record) {
      for (const Complaint& one : record.error()) complain(one);
      good = false;
      continue;
    }
    backtest.ask(record->reader(), signatures_of(record->reader(), sensor_fields()), false);
  }
  return good;
}

bool ask_store(const std::string& path, Backtest& backtest) {
  StoreSettings settings;
  settings.path = path;
  auto store = SqliteStore::open(settings);
  if (!store) {
    complain(store.error());
    return false;
  }
  const auto done = (*store)->sessions_since(
      Timestamp{}, Timestamp::max(), [&](Timestamp, const SessionRecord& record) {
        const FieldReader reader = session_reader(record);
        backtest.ask(reader, signatures_of(reader, sensor_fields()), true);
      });
  if (!done) complain(done.error());
  return done.has_value();
}

bool is_store(const std::string& path) {
  constexpr std::string_view magic{"SQLite format 3"};
  std::array<char, magic.size()> head{};
  std::ifstream file{path, std::ios::binary};
  return file.read(head.data(), head.size()) && std::string_view{head.data(), head.size()} == magic;
}

bool ask_all(const std::string& path, Backtest& backtest) {
  if (path == "-") return ask_lines(std::cin, "standard input", backtest);
  if (is_store(path)) return ask_store(path, backtest);
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    complain({path, 0, 0, "cannot be read",
              "give lines of sekimori replay --sessions, or a collector's store"});
    return false;
  }
  return ask_lines(file, path, backtest);
}

void tell(const Backtest& backtest, std::size_t claim_rules) {
  std::cout << "matches      new     gone  rule\n";
  std::uint64_t fresh = 0;
  std::uint64_t gone = 0;
  for (const auto& [id, change] : backtest.changes()) {
    fresh += change.fresh;
    gone += change.gone;
    if (change.matches + change.gone == 0) continue;
    const auto column = [](std::uint64_t number, std::size_t width) {
      const std::string text = std::to_string(number);
      return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
    };
    std::cout << column(change.matches, 7) << column(change.fresh, 9) << column(change.gone, 9)
              << "  " << change.title << (change.in_shadow ? " [in shadow]" : "") << '\n';
    const auto examples = [](std::string_view what, const std::vector<std::string>& ids) {
      for (const std::string& one : ids)
        std::cout << "                           " << what << ' ' << one << '\n';
    };
    examples("new ", change.fresh_examples);
    examples("gone", change.gone_examples);
  }
  std::cout << backtest.records() << " sessions, " << fresh << " matches new, " << gone
            << " gone\n";
  if (!backtest.blind().empty()) {
    std::cout << backtest.blind().size()
              << " rules ask for payload, which is never stored, and cannot be judged:\n";
    for (const std::string& id : backtest.blind()) {
      std::cout << "  " << backtest.changes().at(id).title << '\n';
    }
  }
  if (claim_rules > 0) {
    std::cout << claim_rules << " rules about claims are judged by sekimori replay --claims\n";
  }
}

void tell_json(const Backtest& backtest, std::size_t claim_rules) {
  const auto join = [](const std::vector<std::string>& ids) {
    std::string out;
    for (const std::string& id : ids) out += (out.empty() ? "" : " ") + id;
    return out;
  };
  JsonLine line;
  line.add("sessions", backtest.records());
  line.add("rules", backtest.changes(), [&](JsonLine& out, const auto& one) {
    const Change& change = one.second;
    out.add("id", one.first).add("title", change.title).add("file", change.file);
    out.add("matches", change.matches).add("new", change.fresh).add("gone", change.gone);
    out.add("new_events", join(change.fresh_examples))
        .add("gone_events", join(change.gone_examples));
  });
  line.add("not_judged", backtest.blind(), [](JsonLine& out, const std::string& id) {
    out.add("id", id).add("why", "asks for payload, which is never stored");
  });
  line.add("claim_rules", claim_rules);
  std::cout << line.text() << '\n';
}

int backtest(const BacktestOptions& options) {
  auto pack = load_rules(options.rules);
  if (!pack) return kUsage;
  std::shared_ptr<const RulePack> against;
  if (!options.against.empty()) {
    RulesOptions old = options.rules;
    old.folder = options.against;
    auto loaded = load_rules(old);
    if (!loaded) return kUsage;
    against = std::make_shared<const RulePack>(std::move(*loaded));
  }
  const std::size_t claim_rules = pack->of(Category::claim).size();
  Backtest run{std::make_shared<const RulePack>(std::move(*pack)), std::move(against)};
  const bool good = ask_all(options.records, run);
  if (good && run.records() == 0) complain({options.records, 0, 0, "holds no session", ""});
  (options.rules.json ? tell_json : tell)(run, claim_rules);
  return good && run.records() > 0 ? kDone : kUsage;
}

}  // namespace

void add_rules_backtest(CLI::App& rules, int& exit_code) {
  const auto options = std::make_shared<BacktestOptions>();
  CLI::App* const command = rules.add_subcommand(
      "backtest",
      "Say what a pack would have said of stored sessions, and what that changes: new matches,\n"
      "matches that are gone, and counts for each rule.\n"
      "\n"
      "  sekimori rules backtest signatures --records /var/lib/sekimori-collector/store.db\n"
      "  sekimori rules backtest new --against signatures --records monday.ndjson\n"
      "  zcat sessions.ndjson.gz | sekimori rules backtest signatures --records - --json\n"
      "\n"
      "Compared with the signatures that stand in the records, or with another pack. Of JSON "
      "lines, rules\n"
      "in shadow can only be compared with another pack. Rules that ask for payload cannot be "
      "judged:\n"
      "it is never stored. Exit code 1: a rule or a record cannot be read; the others are judged.");
  add_rules_folder(*command, options->rules);
  command
      ->add_option("--records", options->records,
                   "Sessions: a collector's store, or lines of sekimori replay --sessions;\n"
                   "- is standard input")
      ->required();
  command->add_option("--against", options->against, "Another folder of rules to compare with");
  command->add_flag(
      "--json", options->rules.json,
      "One JSON object: sessions, rules (id, title, file, matches, new, gone, and some\n"
      "events), not_judged, claim_rules");
  command->callback([options, &exit_code] { exit_code = backtest(*options); });
}

}  // namespace sekimori
