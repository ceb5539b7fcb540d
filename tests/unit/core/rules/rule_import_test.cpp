#include "core/rules/rule_import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <variant>

#include "core/record/field.h"
#include "core/rules/compile.h"
#include "core/rules/inline_record.h"
#include "core/rules/rule_reader.h"
#include "core/text/yaml.h"

namespace sekimori {
namespace {

using testing::HasSubstr;

std::string seed(const std::string& name) {
  std::ifstream file{"tests/fuzz/corpus/rule_import/" + name};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<CompiledRule> compiled(const std::string& yaml) {
  std::vector<CompiledRule> rules;
  const auto documents = read_yaml_documents("imported.yml", yaml);
  EXPECT_TRUE(documents);
  if (!documents) return rules;
  for (const YamlDocument& document : *documents) {
    auto read = read_sigma(document);
    EXPECT_TRUE(read);
    auto rule = compile_rule(std::get<Rule>(*read), sensor_fields(), {});
    EXPECT_TRUE(rule);
    rules.push_back(std::move(*rule));
  }
  return rules;
}

TEST(RuleImport, MakesOneRuleOfEachReasonOfSslbl) {
  const auto imported = import_sslbl_ja3("list.csv", seed("sslbl"));
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->rules, 2U);
  EXPECT_EQ(imported->values, 3U);
  EXPECT_EQ(imported->left_out_count, 0U);
  const auto rules = compiled(imported->yaml);
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].facts().title, "JA3 of Adware, or so");
  EXPECT_TRUE(rules[1].facts().in_shadow());
  EXPECT_TRUE(rules[1].facts().has_references && rules[1].facts().has_falsepositives);
  for (const CompiledRule& rule : rules) {
    EXPECT_THAT(run_rule_tests(rule, sensor_fields()), testing::IsEmpty());
    EXPECT_EQ(rule.tests().size(), 2U);
  }
  const auto again = import_sslbl_ja3("list.csv", seed("sslbl"));
  EXPECT_EQ(again->yaml, imported->yaml) << "the same list, the same ids";
}

TEST(RuleImport, TakesOfTheJa4DatabaseWhatSomebodyVerified) {
  const auto imported = import_ja4_database("ja4.json", seed("ja4db"), false);
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->rules, 1U);
  EXPECT_EQ(imported->left_out_count, 1U);
  const auto rules = compiled(imported->yaml);
  EXPECT_EQ(rules[0].facts().application, "anydesk");
  const auto all = import_ja4_database("ja4.json", seed("ja4db"), true);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->rules, 2U);
  EXPECT_EQ(compiled(all->yaml)[1].facts().application, "chromium_s_shell");
}

TEST(RuleImport, SaysWhatIsWrong) {
  EXPECT_FALSE(import_sslbl_ja3("list.csv", ""));
  EXPECT_FALSE(import_ja4_database("ja4.json", "{}", true));
  EXPECT_FALSE(import_ja4_database("ja4.json", "[1, null, {}]", true));
  const auto page = import_sslbl_ja3("list.csv", "<html>\n<body>\n");
  ASSERT_FALSE(page);
  EXPECT_THAT(page.error().text(), HasSubstr("holds no fingerprint"));
  const auto some = import_sslbl_ja3("list.csv", seed("sslbl") + "zz,1,2,x\n");
  ASSERT_TRUE(some);
  ASSERT_EQ(some->left_out.size(), 1U);
  EXPECT_EQ(some->left_out[0].line, 7U);
}

// A list that is cut anywhere gives what was whole of it, or a complaint.
TEST(RuleImport, EveryPrefix) {
  for (const std::string& text : {seed("sslbl"), seed("ja4db")}) {
    for (std::size_t size = 0; size <= text.size(); ++size) {
      const std::string_view part = std::string_view{text}.substr(0, size);
      for (const auto& imported :
           {import_sslbl_ja3("cut", part), import_ja4_database("cut", part, true)}) {
        if (!imported) continue;
        EXPECT_EQ(compiled(imported->yaml).size(), imported->rules);
      }
    }
  }
}

}  // namespace
}  // namespace sekimori
