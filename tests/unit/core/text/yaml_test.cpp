#include "core/text/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace sekimori {
namespace {

using ::testing::HasSubstr;

YamlDocument read(std::string_view text) {
  auto document = read_yaml("a.yaml", text);
  EXPECT_TRUE(document) << (document ? "" : document.error().front().text());
  return document ? *document : YamlDocument{};
}

TEST(Yaml, KeepsOrderPlacesAndQuotes) {
  const YamlDocument document = read("b: 1\na: '2'\nlist:\n  - x\n  - {y: ~}\nblock: |\n  text\n");
  EXPECT_EQ(document.file, "a.yaml");
  const YamlNode& root = document.root;
  ASSERT_EQ(root.entries.size(), 4U);
  EXPECT_EQ(root.entries[0].key, "b");
  EXPECT_FALSE(root.entries[0].value.quoted);
  EXPECT_EQ(root.entries[1].key, "a");
  EXPECT_TRUE(root.find("a")->quoted);
  EXPECT_EQ(root.find("a")->text, "2");
  EXPECT_EQ(root.find("a")->line, 2U);
  EXPECT_EQ(root.find("a")->column, 4U);
  const YamlNode& list = *root.find("list");
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_EQ(list.items[0].line, 4U);
  EXPECT_EQ(list.items[1].find("y")->kind, YamlKind::null);
  EXPECT_EQ(list.items[1].find("y")->line, 5U);
  EXPECT_EQ(root.find("block")->text, "text\n");
  EXPECT_EQ(root.find("none"), nullptr);
}

TEST(Yaml, PlacesAMissingValueAtItsKey) {
  const YamlDocument document = read("a: 1\nempty:\nb: 2\n");
  EXPECT_EQ(document.root.find("empty")->kind, YamlKind::null);
  EXPECT_EQ(document.root.find("empty")->line, 2U);
}

TEST(Yaml, TakesAnEmptyFileAsNull) {
  EXPECT_EQ(read("").root.kind, YamlKind::null);
  EXPECT_EQ(read("# only a comment\n").root.kind, YamlKind::null);
  EXPECT_EQ(read("\xef\xbb\xbf"
                 "a: 1\n")
                .root.entries[0]
                .key,
            "a");
}

TEST(Yaml, RefusesWhatAReaderCouldMistake) {
  struct Case {
    std::string_view text;
    std::uint32_t line, column;
    std::string_view says;
  };
  const Case cases[] = {
      {"a: 1\nb: 2\na: 3\n", 3, 1, "key 'a' stands here twice"},
      {"a: &x 1\n", 1, 4, "anchors are not supported"},
      {"a: 1\nb: *x\n", 2, 4, "anchor is not defined"},
      {"a: &x [1]\nb: *x\n", 1, 4, "anchors are not supported"},
      {"a: !!int 4\n", 1, 4, "tags are not supported"},
      {"a: 1\n---\nb: 2\n", 2, 1, "a second document begins"},
      {"? [k]\n: v\n", 1, 3, "a key must be a word"},
      {"a: \"cut off\n", 1, 4, "the file ends inside quotes"},
      {"a: 'it''s cut off\n", 1, 4, "the file ends inside quotes"},
      {"a:\n\tb: 1\n", 2, 3, "line 2 is indented with a tab"},
      {"a: 1\n\tb: 1\n", 2, 1, "line 2 is indented with a tab"},
      {"a: [1, 2\n", 2, 1, "YAML: "},
      {"a: b\xff\n", 1, 5, "not UTF-8"},
      {"a: b\xc0\x80\n", 1, 5, "not UTF-8"},
      {"\xff\xfe"
       "a\0",
       1, 1, "not UTF-8"},
      {"a:\n  \x01\n", 2, 3, "control character"},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.text);
    const auto document = read_yaml("a.yaml", row.text);
    ASSERT_FALSE(document);
    const Complaint& first = document.error().front();
    EXPECT_EQ(first.file, "a.yaml");
    EXPECT_EQ(first.line, row.line);
    EXPECT_EQ(first.column, row.column);
    EXPECT_THAT(first.text(), HasSubstr(row.says));
  }
}

TEST(Yaml, TellsOfEveryFault) {
  const auto document = read_yaml("a.yaml", "a: &x 1\na: 2\nb: !t 3\n");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().size(), 3U);
}

TEST(Yaml, BoundsDepthSizeAndNumber) {
  std::string laughs = "a: &a [x, x]\n";
  for (char name = 'b'; name < 'z'; ++name) {
    laughs += std::string{name} + ": &" + name + " [*" + static_cast<char>(name - 1) + ", *" +
              static_cast<char>(name - 1) + "]\n";
  }
  std::string many = "[";
  for (std::size_t i = 0; i < kYamlNodeLimit; ++i) many += "1,";
  many += "1]";
  struct Case {
    std::string text;
    std::string_view says;
  };
  const Case cases[] = {{std::string(100'000, '['), "32 deep"},
                        {std::string(33, '[') + std::string(33, ']'), "32 deep"},
                        {std::string(kYamlSizeLimit + 1, ' '), "longer than"},
                        {many, "more than 50000 values"},
                        {laughs, "anchors are not supported"}};
  for (const Case& row : cases) {
    const auto document = read_yaml("a.yaml", row.text);
    ASSERT_FALSE(document) << row.says;
    EXPECT_THAT(document.error().front().what, HasSubstr(row.says));
  }
  EXPECT_TRUE(read_yaml("a.yaml", std::string(32, '[') + std::string(32, ']')));
}

TEST(Yaml, EachPrefixIsReadOrRefusedInWords) {
  const std::string_view whole =
      "title: 'a'\nlist: [1, \"b\"]\nmap:\n  - k: {x: y}\n    z: |\n      t\n";
  ASSERT_TRUE(read_yaml("a.yaml", whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto document = read_yaml("a.yaml", whole.substr(0, size));
    if (!document) {
      EXPECT_FALSE(document.error().empty());
    } else {
      EXPECT_LE(document->root.entries.size(), 3U);
    }
  }
  // Inside brackets or quotes nothing is guessed.
  for (const std::size_t cut : {9U, 18U, 21U, 23U, 24U}) {
    EXPECT_FALSE(read_yaml("a.yaml", whole.substr(0, cut))) << whole.substr(0, cut);
  }
}

TEST(Yaml, ReadsSeveralDocuments) {
  const auto documents = read_yaml_documents(
      "a.yaml", "# head\n---\na: '---'\nb: |\n  x\n  ---\n---\t# empty\n--- {c: 1}\n---x: 2\n");
  ASSERT_FALSE(documents);  // "---x" goes on with the document before
  EXPECT_THAT(documents.error().front().text(), HasSubstr("a.yaml:9:"));

  const auto two = read_yaml_documents(
      "a.yaml",
      "\xef\xbb\xbf# head\r\n---\r\na: '---'\nb: |\n  x\n  ---\n---\t# empty\n--- {c: 1}\n...\n");
  ASSERT_TRUE(two) << two.error().front().text();
  ASSERT_EQ(two->size(), 2U);
  EXPECT_EQ((*two)[0].root.find("b")->text, "x\n---\n");
  EXPECT_EQ((*two)[0].root.find("b")->line, 4U);
  EXPECT_EQ((*two)[1].root.find("c")->line, 8U);
  EXPECT_EQ((*two)[1].root.find("c")->column, 9U);
  EXPECT_TRUE(read_yaml_documents("a.yaml", "")->empty());

  const auto faults = read_yaml_documents("a.yaml", "a: &x 1\n---\nb: [\n---\nc:\n\td: 1\n");
  ASSERT_FALSE(faults);
  std::vector<std::string> texts;
  for (const Complaint& one : faults.error()) texts.push_back(one.text());
  EXPECT_THAT(texts, ::testing::ElementsAre(HasSubstr("a.yaml:1:"), HasSubstr("a.yaml:4:"),
                                            HasSubstr("line 6 is indented with a tab")));
  EXPECT_THAT(
      read_yaml_documents("a.yaml", std::string(kYamlFileLimit + 1, '#')).error().front().what,
      HasSubstr("longer than"));
}

TEST(Yaml, NamesAFileThatCannotBeRead) {
  const auto none = read_yaml_file("/nonexistent/a.yaml");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().front().text(),
            "/nonexistent/a.yaml: cannot be opened: No such file or directory");
  const std::string folder = std::filesystem::temp_directory_path();
  EXPECT_THAT(read_yaml_file(folder).error().front().what, HasSubstr("a folder"));

  const std::string path = ::testing::TempDir() + "yaml_test.yaml";
  std::ofstream{path} << "a: 1\n";
  const auto document = read_yaml_file(path);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->file, path);
  EXPECT_EQ(document->root.find("a")->text, "1");
  std::remove(path.c_str());
}

}  // namespace
}  // namespace sekimori
