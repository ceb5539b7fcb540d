#include "core/record/ecs_json.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/unit/core/record/sample_record.h"

namespace sekimori {
namespace {

std::string json_of(const SessionRecord& record) {
  std::string out;
  append_json(out, session_fields(), session_reader(record));
  return out;
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(EcsJson, NestsNamesAtTheirDots) {
  const nlohmann::json parsed = nlohmann::json::parse(json_of(sample_record()));
  EXPECT_EQ(parsed["@timestamp"], "2024-03-26T01:02:04.956789Z");
  EXPECT_EQ(parsed["client"]["geo"]["location"]["lat"], 40.125);
  EXPECT_EQ(parsed["client"]["as"]["organization"]["name"], "Example Telecom");
  EXPECT_EQ(parsed["client"]["port"], 50123);
  EXPECT_EQ(parsed["tls"]["client"]["alpn"], nlohmann::json::parse(R"(["h2","http/1.1"])"));
  EXPECT_EQ(parsed["tls"]["server"]["ja3s"], "eb1d94daa7e0344597e756a1fb6e7054");
  EXPECT_EQ(parsed["sekimori"]["geo"]["vpn"], false);
  EXPECT_EQ(parsed["sekimori"]["signatures"][1], nlohmann::json::parse(R"(
      {"id":"5e0e7a52-0b6c-4d5e-9c1f-7d3b3a1c0002","title":"OpenVPN","level":"high","shadow":true})"));
  EXPECT_EQ(parsed["sekimori"]["loss"]["unseen_bytes"], 77);
}

TEST(EcsJson, HoldsEachPresentFieldOnceInTheSchemasOrder) {
  const std::string line = json_of(sample_record());
  const nlohmann::ordered_json parsed = nlohmann::ordered_json::parse(line);
  EXPECT_EQ(parsed.dump(), line);  // a repeated key would be gone, a changed order kept
  EXPECT_EQ(parsed.begin().key(), "@timestamp");
  EXPECT_EQ(parsed["sekimori"].begin().key(), "vantage");
}

TEST(EcsJson, LeavesOutWhatIsAbsent) {
  EXPECT_EQ(json_of(SessionRecord{}),
            R"({"@timestamp":"1970-01-01T00:00:00.000000Z","event":{)"
            R"("id":"00000000000000000000000000000000","type":"end",)"
            R"("start":"1970-01-01T00:00:00.000000Z","end":"1970-01-01T00:00:00.000000Z",)"
            R"("duration":0},"network":{"transport":"0"},"client":{"bytes":0,"packets":0},)"
            R"("server":{"bytes":0,"packets":0},"sekimori":{"vantage":"edge","path":"undeclared")"
            R"(}})");
}

TEST(EcsJson, DoublesAreShortestAndFinite) {
  SessionRecord record;
  const auto location = [&record](double latitude) {
    record.client.geo.latitude = latitude;
    const std::string line = json_of(record);
    const std::size_t at = line.find("\"lat\":");
    return at == std::string::npos ? "" : line.substr(at + 6, line.find('}', at) - at - 6);
  };
  EXPECT_EQ(location(0.1), "0.1");
  EXPECT_EQ(location(-0.0), "-0");
  EXPECT_EQ(location(35.68950000000001), "35.68950000000001");
  EXPECT_EQ(location(1e-9), "1e-09");
  EXPECT_EQ(location(std::numeric_limits<double>::quiet_NaN()), "");
  EXPECT_EQ(location(std::numeric_limits<double>::infinity()), "");
}

// RFC 8259, section 7; RFC 3629, section 4.
TEST(EcsJson, StringsAreValidWhateverTheyHold) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"plain", "\"plain\""},
      {"a\"b\\c", R"("a\"b\\c")"},
      {{"\0\n\r\t\x1f", 5}, R"("\u0000\u000a\u000d\u0009\u001f")"},
      {"\x7f", R"("\u007f")"},
      {"\xe9\x96\xa2\xe5\xae\x88", "\"\xe9\x96\xa2\xe5\xae\x88\""},  // 関守
      {"\xf0\x9f\x9a\xa7", "\"\xf0\x9f\x9a\xa7\""},                  // U+1F6A7
      {"\xc2\x9b"
       "31m",
       R"("\u009b31m")"},                                 // CSI
      {"\xe2\x80\xa8\xe2\x80\xa9", R"("\u2028\u2029")"},  // line, paragraph separator
      {"\xe2\x80\xae", R"("\u202e")"},                    // right-to-left override
      {"\xff", "\"\xef\xbf\xbd\""},
      {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                  // overlong
      {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},  // surrogate
      {"\xe0\x80\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},  // overlong
      {"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
      {"\xe9\x96", "\"\xef\xbf\xbd\xef\xbf\xbd\""},  // cut
      {"\xe9\"", "\"\xef\xbf\xbd\\\"\""},  // the quote is not eaten by the lead byte before it
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(quoted(text), expected);
}

TEST(EcsJson, AnyServerNameIsOneValidLine) {
  std::mt19937 random{20240326};
  std::uniform_int_distribution<int> byte{0, 255};
  for (int round = 0; round < 5000; ++round) {
    SessionRecord record = sample_record();
    record.tls.server_name.clear();
    record.tls.alpn.clear();
    AlpnName name;
    for (int at = byte(random); at > 0; --at) {
      record.tls.server_name.push_back(static_cast<char>(byte(random)));
      name.push_back(static_cast<char>(byte(random)));
    }
    record.tls.alpn.push_back(name);
    const std::string line = json_of(record);
    ASSERT_TRUE(nlohmann::json::accept(line)) << line;
    for (const char one : line) ASSERT_GE(static_cast<unsigned char>(one), 0x20);
  }
}

}  // namespace
}  // namespace sekimori
