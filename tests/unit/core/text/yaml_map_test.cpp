#include "core/text/yaml_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

enum class Color : std::uint8_t { red, green };
constexpr YamlWord<Color> kColors[] = {{"red", Color::red}, {"green", Color::green}};

struct Document {
  explicit Document(std::string_view text) : document{*read_yaml("a.yaml", text)} {}
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const Complaint& one : complaints) all.push_back(one.text());
    return all;
  }
  YamlDocument document;
  std::vector<Complaint> complaints;
  YamlMap top{document, complaints};
};

TEST(YamlMap, ReadsEachType) {
  Document d{
      "text: hello\nyes: true\nport: 443\nwait: 10min\nsize: 64MiB\nlat: -35.5\n"
      "color: green\nports: [1, 65535]\nsite: {lon: 139.7}\nmany:\n  - n: 1\n  - n: 2\n"
      "free: {x: 1, y: 2}\n"};
  EXPECT_EQ(d.top.required("text", kYamlText), "hello");
  EXPECT_TRUE(d.top.required("yes", kYamlBool));
  EXPECT_EQ(d.top.required("port", kYamlPort), 443);
  EXPECT_EQ(d.top.optional("wait", kYamlDuration, 1s), 10min);
  EXPECT_EQ(d.top.optional("other", kYamlDuration, 200ms), 200ms);
  EXPECT_EQ(d.top.required("size", kYamlSize), 64U << 20U);
  EXPECT_EQ(d.top.optional("lat", kYamlLatitude), -35.5);
  EXPECT_EQ(d.top.optional("lon", kYamlLongitude), std::nullopt);
  EXPECT_EQ(d.top.required("color", kColors), Color::green);
  EXPECT_EQ(d.top.optional("colour", kColors, Color::red), Color::red);
  EXPECT_THAT(d.top.list("ports", kYamlPort), ElementsAre(1, 65535));
  YamlMap site = d.top.child("site");
  EXPECT_EQ(site.required("lon", kYamlLongitude), 139.7);
  site.finish();
  std::vector<std::uint64_t> numbers;
  for (YamlMap& one : d.top.children("many")) {
    numbers.push_back(one.required("n", kYamlCount));
    one.finish();
  }
  EXPECT_THAT(numbers, ElementsAre(1, 2));
  EXPECT_EQ(d.top.named("free").size(), 2U);
  EXPECT_TRUE(d.top.child("absent").self().entries.empty());
  d.top.finish();
  EXPECT_THAT(d.texts(), ElementsAre());
}

TEST(YamlMap, TellsOfEveryFaultWithItsPlace) {
  Document d{
      "porr: 443\nport: 0\nwait: 30\ncolor: gren\nsite: 5\nports: 80\nmany: [{m: 1}]\nnone:\n"};
  EXPECT_EQ(d.top.required("port", kYamlPort), 0);
  EXPECT_EQ(d.top.optional("wait", kYamlDuration, 7s), 7s);
  d.top.required("color", kColors);
  d.top.child("site").finish();
  d.top.list("ports", kYamlPort);
  for (YamlMap& one : d.top.children("many")) {
    one.required("n", kYamlCount);
    one.finish();
  }
  d.top.optional("none", kYamlText);
  d.top.required("name", kYamlText);
  d.top.finish();
  EXPECT_THAT(
      d.texts(),
      ElementsAre("a.yaml:2:7: 'port': expected a port from 1 to 65535, not '0'",
                  "a.yaml:3:7: 'wait': expected a duration such as 30s, 200ms or 10min "
                  "(ns, us, ms, s, min, h, d), not '30'",
                  "a.yaml:4:8: 'color': expected one of red, green, not 'gren' "
                  "(did you mean 'green'?)",
                  "a.yaml:5:7: 'site': expected a map of keys and values, not '5'",
                  "a.yaml:6:8: 'ports': expected a list, [...] or lines that begin with '- ', "
                  "not '80'",
                  "a.yaml:7:8: missing key 'many[0].n'", "a.yaml:7:9: unknown key 'many[0].m'",
                  "a.yaml:8:1: 'none': expected a text that is not empty, not nothing",
                  "a.yaml:1:1: missing key 'name'",
                  "a.yaml:1:1: unknown key 'porr' (did you mean 'port'?)"));
}

TEST(YamlMap, WantsAMapAtTheTop) {
  Document list{"- a\n"};
  EXPECT_THAT(list.texts(),
              ElementsAre("a.yaml:1:1: expected a map of keys and values, not a list"));
  Document empty{""};
  empty.top.required("a", kYamlText);
  EXPECT_THAT(empty.texts(), ElementsAre("a.yaml: missing key 'a'"));
}

TEST(YamlMap, MeasuresWithUnits) {
  struct Case {
    std::string_view text;
    std::optional<std::chrono::nanoseconds> expected;
  };
  const Case cases[] = {{"5ns", 5ns},
                        {"7us", 7us},
                        {"200ms", 200ms},
                        {"30s", 30s},
                        {"30 s", 30s},
                        {"10min", 10min},
                        {"2h", 2h},
                        {"3d", 72h},
                        {"0", 0ns},
                        {"30", std::nullopt},
                        {"", std::nullopt},
                        {"s", std::nullopt},
                        {"-1s", std::nullopt},
                        {"1.5s", std::nullopt},
                        {"10m", std::nullopt},
                        {"106752d", std::nullopt},  // over 2^63 ns
                        {"99999999999999999999s", std::nullopt}};
  for (const Case& row : cases) EXPECT_EQ(kYamlDuration.parse(row.text), row.expected) << row.text;
  EXPECT_EQ(kYamlSize.parse("1GiB"), 1073741824U);
  EXPECT_EQ(kYamlSize.parse("4 B"), 4U);
  EXPECT_EQ(kYamlSize.parse("1MB"), std::nullopt);
  EXPECT_EQ(kYamlSize.parse("9999999999GiB"), std::nullopt);
}

TEST(YamlMap, RefusesNumbersThatAreNone) {
  for (const std::string_view text : {"", "nan", "inf", "1e999", "1,5", "0x10", "1 "}) {
    EXPECT_EQ(kYamlReal.parse(text), std::nullopt) << text;
  }
  EXPECT_EQ(kYamlReal.parse("-1.5e2"), -150.0);
  EXPECT_EQ(kYamlLatitude.parse("90.1"), std::nullopt);
  EXPECT_EQ(kYamlLongitude.parse("-180.1"), std::nullopt);
  EXPECT_EQ(kYamlPort.parse("65536"), std::nullopt);
  EXPECT_EQ(kYamlBool.parse("yes"), std::nullopt);
  EXPECT_EQ(kYamlCount.parse("9223372036854775808"), std::nullopt);
}

}  // namespace
}  // namespace sekimori
