#include "core/rules/json_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/record/ecs_json.h"
#include "core/rules/inline_record.h"
#include "tests/unit/core/record/sample_record.h"

namespace sekimori {
namespace {

using ::testing::HasSubstr;

std::string json_of(const FieldReader& reader) {
  std::string json;
  append_json(json, session_fields(), reader);
  return json;
}

TEST(JsonRecord, ReadsEveryFieldOfARecord) {
  const std::string line = json_of(session_reader(sample_record()));
  const auto entries = read_json_record("f", 7, line);
  ASSERT_TRUE(entries);
  const auto record = InlineRecord::read("f", *entries, session_fields());
  ASSERT_TRUE(record) << record.error().front().text();
  for (std::size_t at = 0; at < session_fields().size(); ++at) {
    const FieldSpec& spec = session_fields()[at];
    FieldScratch scratch, other;
    const FieldValue got = record->reader()(static_cast<FieldId>(at), scratch);
    const FieldValue want = session_reader(sample_record())(static_cast<FieldId>(at), other);
    ASSERT_EQ(got.index(), want.index()) << spec.name;
    if (spec.type == FieldType::signatures) {
      // Only what a rule sees: the one that is not in shadow.
      const auto matches = std::get<std::span<const SignatureMatch>>(got);
      ASSERT_EQ(matches.size(), 1U);
      EXPECT_EQ(matches[0].id, "5e0e7a52-0b6c-4d5e-9c1f-7d3b3a1c0001"sv);
    }
  }
  // The rest reads the same when it is written again; the sample's moments are shown in µs.
  std::string again = json_of(record->reader());
  std::string want = line;
  const auto cut = [](std::string& text) {
    const auto from = text.find("\"signatures\":[");
    text.erase(from, text.find(']', from) - from);
  };
  cut(again);
  cut(want);
  EXPECT_EQ(again, want);
}

TEST(JsonRecord, NoPrefixIsARecord) {
  const std::string line = json_of(session_reader(sample_record()));
  for (std::size_t size = 0; size < line.size(); ++size) {
    const auto entries = read_json_record("f", 7, line.substr(0, size));
    ASSERT_FALSE(entries) << size;
    EXPECT_EQ(entries.error().front().line, 7U);
    EXPECT_THAT(entries.error().front().text(), HasSubstr("is no JSON object"));
  }
}

TEST(JsonRecord, SaysWhatItCannotTake) {
  const std::pair<std::string, std::string> cases[] = {
      {"[]", "is no JSON object"},
      {"{\"a\":1}{}", "is no JSON object"},
      {R"({"client":{"port":1},"client.port":2})", "'client.port' stands twice"},
      {R"({"sekimori":{"signatures":[{"title":"t"}]}})", "an object without an id"},
      {R"({"tls":{"client":{"alpn":[1]}}})", "neither a text nor a signature"},
      {R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}})", "deeper than any field"},
      {std::string(kJsonRecordLimit + 1, ' '), "is longer than"},
  };
  for (const auto& [text, words] : cases) {
    const auto entries = read_json_record("f", 3, text);
    ASSERT_FALSE(entries) << text;
    EXPECT_THAT(entries.error().front().text(), HasSubstr(words));
  }
  EXPECT_TRUE(read_json_record("f", 3, R"({"client":{"port":null}})")->empty());
}

}  // namespace
}  // namespace sekimori
