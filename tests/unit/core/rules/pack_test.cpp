#include "core/rules/rule_matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace sekimori {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr FieldSpec kSession[] = {{"name", FieldType::text}};
constexpr FieldSpec kClaim[] = {{"name", FieldType::text}, {"country", FieldType::text}};
const PackSchemas kSchemas{kSession, kClaim};

std::string rule(std::string_view id_tail, std::string_view category = "session",
                 std::string_view status = "test", std::string_view item = "name: x") {
  return "title: t\nid: 0f8fad5b-d9cb-469f-a165-7086772895" + std::string{id_tail} +
         "\nstatus: " + std::string{status} +
         "\nlevel: low\nlogsource: {product: sekimori, category: " + std::string{category} +
         "}\ndetection: {s: {" + std::string{item} + "}, condition: s}\n";
}

class Pack : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::path{::testing::TempDir()} /
        ("pack_" + std::string{::testing::UnitTest::GetInstance()->current_test_info()->name()});
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "sub");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(std::string_view name, const std::string& text) {
    std::ofstream{folder_ / name} << text;
  }
  LoadedAll<RulePack> load(const Placeholders& placeholders = {}) {
    return load_pack(folder_.string(), kSchemas, placeholders);
  }
  std::vector<std::string> complaints() {
    std::vector<std::string> texts;
    const auto pack = load();
    if (pack) return texts;
    for (const Complaint& one : pack.error()) {
      const std::string text = one.text();
      const std::string prefix = folder_.string();
      texts.push_back(text.starts_with(prefix) ? text.substr(prefix.size()) : text);
    }
    return texts;
  }

  fs::path folder_;
};

TEST_F(Pack, OrdersRulesByIdWhateverTheirFiles) {
  write("z.yml", rule("01"));
  write("sub/a.yml", rule("03"));
  write("a.yml", rule("02", "claim"));
  write("notes.txt", "not a rule");
  const auto pack = load();
  ASSERT_TRUE(pack) << pack.error().front().text();
  std::vector<std::string> ids;
  for (const CompiledRule& one : pack->rules()) ids.push_back(one.facts().id.substr(34));
  EXPECT_THAT(ids, ElementsAre("01", "02", "03"));
  EXPECT_THAT(pack->of(Category::session), ElementsAre(0, 2));
  EXPECT_THAT(pack->of(Category::claim), ElementsAre(1));
  EXPECT_THAT(pack->of(Category::account), ElementsAre());
}

TEST_F(Pack, TellsOfEveryFileInOrderOfPath) {
  write("b.yml", rule("01", "session", "test", "nmae: x"));
  write("a.yml", "title: [\n");
  write("c.yaml", rule("02"));
  write("d.yml", rule("05"));
  write("e.yml", rule("05"));
  write("f.yml", rule("06", "account"));
  write("g.yml", rule("07", "session", "unsupported"));
  EXPECT_THAT(
      complaints(),
      ElementsAre(HasSubstr("/c.yaml: rules are *.yml files (rename it)"), HasSubstr("/a.yml:"),
                  HasSubstr("/b.yml:6:17: unknown field 'nmae' (did you mean 'name'?)"),
                  AllOf(HasSubstr("/e.yml: id 0f8fad5b"), HasSubstr("/d.yml too")),
                  HasSubstr("/f.yml: rules of category account are not supported"),
                  HasSubstr("/g.yml: its status says that it cannot be used")));
}

TEST_F(Pack, RefusesWhatEverybodyMayWrite) {
  write("a.yml", rule("01"));
  fs::permissions(folder_ / "a.yml", fs::perms::others_write, fs::perm_options::add);
  fs::permissions(folder_ / "sub", fs::perms::others_write, fs::perm_options::add);
  EXPECT_THAT(complaints(), ElementsAre("/sub: everybody may write this folder (chmod o-w)",
                                        "/a.yml: everybody may write this file (chmod o-w)"));
  EXPECT_THAT(load_pack("/nonexistent", kSchemas, {}).error().front().text(),
              HasSubstr("/nonexistent: "));
}

TEST_F(Pack, LeavesOutWhatIsNotRunHere) {
  write("a.yml", rule("01"));
  write("b.yml", rule("02", "session", "deprecated"));
  write("c.yml", rule("03", "claim", "test", "country: JP"));
  const auto pack = load_pack(folder_.string(), PackSchemas{kSession, {}}, {});
  ASSERT_TRUE(pack);
  EXPECT_EQ(pack->rules().size(), 1U);
}

TEST_F(Pack, HashNamesContentPathsAndPlaceholders) {
  write("a.yml", rule("01"));
  const std::string first = load()->hash();
  EXPECT_THAT(first, ::testing::MatchesRegex("[0-9a-f]{64}"));
  EXPECT_EQ(load()->hash(), first);
  EXPECT_NE(load({{"sea", {"VN"}}})->hash(), first);
  fs::rename(folder_ / "a.yml", folder_ / "b.yml");
  EXPECT_NE(load()->hash(), first);
  fs::rename(folder_ / "b.yml", folder_ / "a.yml");
  EXPECT_EQ(load()->hash(), first);
  write("a.yml", rule("01") + "# a comment\n");
  EXPECT_NE(load()->hash(), first);
}

TEST_F(Pack, CountsMatchesAndWhatWasMissing) {
  write("a.yml", rule("01", "claim", "test", "name: x, country: JP"));
  write("b.yml", rule("02", "claim", "test", "country: JP"));
  auto pack = load();
  ASSERT_TRUE(pack);
  RuleMatcher matcher{std::make_shared<const RulePack>(std::move(*pack))};
  const std::string name = "x";
  // A subject of which only the name is known.
  const FieldReader reader{&name, [](const void* subject, FieldId id, FieldScratch&) noexcept {
                             const auto* text = static_cast<const std::string*>(subject);
                             return id == 0 ? FieldValue{std::string_view{*text}} : FieldValue{};
                           }};
  EXPECT_THAT(matcher.match(Category::claim, reader).rules, ElementsAre());
  EXPECT_THAT(matcher.match(Category::session, reader).rules, ElementsAre());
  const RuleCounters& counters = matcher.counters();
  EXPECT_THAT(counters.undecided(0), ElementsAre(0, 1));
  EXPECT_THAT(counters.undecided(1), ElementsAre(1));
  EXPECT_EQ(counters.matched(0), 0U);
}

TEST_F(Pack, ReadsSeveralRulesOfAFile) {
  write("a.yml", "---\n" + rule("01") + "---\n" + rule("02") + "---\n" + rule("02") + "---\n" +
                     rule("03", "session", "test", "nmae: x") + "---\n");
  write("b.yml", "# nothing\n---\n");
  EXPECT_THAT(complaints(), ElementsAre(HasSubstr("/a.yml twice (make another with 'uuidgen')"),
                                        HasSubstr("/a.yml:28:17: unknown field 'nmae'"),
                                        HasSubstr("/b.yml: holds no rule")));
  write("a.yml", rule("01") + "---\n" + rule("02"));
  write("b.yml", rule("03"));
  EXPECT_EQ(load()->rules().size(), 3U);
}

std::string filter(std::string_view rules, std::string_view item = "country: JP") {
  return "title: The office\nlogsource: {product: sekimori, category: claim}\nfilter: {rules: [" +
         std::string{rules} + "], office: {" + std::string{item} + "}, condition: office}\n";
}

TEST_F(Pack, TakesFiltersOutOfTheRulesTheyName) {
  write("a.yml", "name: base\n" + rule("01", "claim"));
  write("b.yml", rule("02", "claim"));
  write("c.yml", filter("base") + "---\n" +
                     filter("0F8FAD5B-d9cb-469f-a165-708677289501, base", "country: VN"));
  auto pack = load();
  ASSERT_TRUE(pack) << pack.error().front().text();
  EXPECT_THAT(pack->rules()[0].facts().filters,
              ElementsAre("The office", "The office", "The office"));
  EXPECT_THAT(pack->rules()[1].facts().filters, ElementsAre());
  struct Subject {
    std::string_view name, country;
  };
  const auto asked = [&](const Subject& subject) {
    const FieldReader reader{&subject, [](const void* self, FieldId id, FieldScratch&) noexcept {
                               const auto& one = *static_cast<const Subject*>(self);
                               const std::string_view text = id == 0 ? one.name : one.country;
                               return text.empty() ? FieldValue{} : FieldValue{text};
                             }};
    return pack->rules()[0].evaluate(reader).truth;
  };
  EXPECT_EQ(asked({"x", "KR"}), Truth::yes);
  EXPECT_EQ(asked({"x", "JP"}), Truth::no);
  EXPECT_EQ(asked({"x", "VN"}), Truth::no);
  EXPECT_EQ(asked({"x", ""}), Truth::unknown);  // it may be the exception
}

TEST_F(Pack, TellsWhatAFilterCannotBeFor) {
  write("a.yml", "name: base\n" + rule("01", "claim") + "---\nname: other\n" + rule("02"));
  write("b.yml", filter("bse, other") + "---\n" + filter("base", "contry: JP"));
  EXPECT_THAT(complaints(),
              ElementsAre(HasSubstr("/b.yml:3:18: no rule has the id or name 'bse' (did you mean "
                                    "'base'?)"),
                          HasSubstr("'other' is a rule of another category"),
                          HasSubstr("/b.yml:7:34: unknown field 'contry'")));
}

TEST_F(Pack, ReadsPlaceholders) {
  write("regions.yml", "regions:\n  china: [CN, HK]\n  russia: [RU]\n");
  const auto placeholders = load_placeholders((folder_ / "regions.yml").string());
  ASSERT_TRUE(placeholders);
  EXPECT_THAT(placeholders->at("china"), ElementsAre("CN", "HK"));
  write("regions.yml", "regions:\n  china: CN\n  x: [[1]]\nmore: 1\n");
  EXPECT_EQ(load_placeholders((folder_ / "regions.yml").string()).error().size(), 3U);
}

}  // namespace
}  // namespace sekimori
