#include "collector/receive/claim_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/receive/claim_writer.h"

namespace sekimori {
namespace {

using testing::HasSubstr;

constexpr std::string_view kLogin =
    R"({"time":"2024-03-26T01:02:03.456Z","account":"w-1041","country":"JP","ip":"203.0.113.9","port":50123,"event":"login"})";

// Seconds by `date -u -d 2024-03-26T01:02:03Z +%s`.
const Timestamp kLoginTime{std::chrono::seconds{1711414923} + std::chrono::milliseconds{456}};

std::string with(std::string_view more) {
  return R"({"time":"2024-03-26T01:02:03.456Z","account":"a","country":"JP","ip":"203.0.113.9",)" +
         std::string{more} + "}";
}

TEST(ClaimReader, ReadsTheLineOfTheDesign) {
  const auto claim = read_claim_json(kLogin, std::nullopt);
  ASSERT_TRUE(claim) << claim.error().text();
  EXPECT_EQ(claim->time, kLoginTime);
  EXPECT_EQ(claim->received, kLoginTime);
  EXPECT_EQ(claim->account, "w-1041");
  EXPECT_EQ(claim->country.text(), "JP");
  EXPECT_EQ(claim->ip.text(), "203.0.113.9");
  EXPECT_EQ(claim->port, 50123);
  EXPECT_EQ(claim->event, "login");
  EXPECT_FALSE(claim->server_ip || claim->server_port || claim->travel);
  // printf '19:17114149234560000006:w-10412:JP11:203.0.113.95:501230:0:5:login0:0:0:0:0:0:0:' |
  //   sha256sum | cut -c1-32
  EXPECT_EQ(claim->id, "385424c0d619f4b16c016505bca868fb");
}

TEST(ClaimReader, ReadsEveryField) {
  const auto claim = read_claim_json(
      with(
          R"("id":"c-1","received":"2024-03-26T10:02:04+09:00","port":1,"server_ip":"2001:db8::1",)"
          R"("server_port":65535,"event":"apply","user_agent":"Mozilla/5.0 \u2603",)"
          R"("time_zone":"Asia/Tokyo","language":"ja","travel":{"country":"vn","until":)"
          R"("2024-04-01T00:00:00Z"},"links":{"payout":"p","document":"d","phone":"t","email":"e"})"),
      std::nullopt);
  ASSERT_TRUE(claim) << claim.error().text();
  EXPECT_EQ(claim->id, "c-1");
  EXPECT_EQ(claim->received, Timestamp{std::chrono::seconds{1711414924}});
  EXPECT_EQ(claim->port, 1);
  ASSERT_TRUE(claim->server_ip);
  EXPECT_EQ(claim->server_ip->text(), "2001:db8::1");
  EXPECT_EQ(claim->server_port, 65535);
  EXPECT_EQ(claim->event, "apply");
  EXPECT_EQ(claim->user_agent, "Mozilla/5.0 \xe2\x98\x83");
  EXPECT_EQ(claim->time_zone, "Asia/Tokyo");
  EXPECT_EQ(claim->language, "ja");
  ASSERT_TRUE(claim->travel);
  EXPECT_EQ(claim->travel->country.text(), "VN");
  EXPECT_EQ(claim->travel->until, Timestamp{std::chrono::seconds{1711929600}});
  EXPECT_EQ(claim->links.payout, "p");
  EXPECT_EQ(claim->links.document, "d");
  EXPECT_EQ(claim->links.phone, "t");
  EXPECT_EQ(claim->links.email, "e");
}

TEST(ClaimReader, RefusesWithTheReason) {
  struct Case {
    std::string line;
    std::string_view reason;
  };
  const std::string longest(257, 'x');
  const Case cases[] = {
      {"", "not JSON"},
      {"null", "not a JSON object"},
      {"\"text\"", "not a JSON object"},
      {"[{}]", "an array"},
      {"{}", "'time' is missing"},
      {std::string{kLogin} + "x", "not JSON"},
      {R"({"time":"2024-03-26T01:02:03Z","contry":"JP"})", "did you mean 'country'?"},
      {R"({"time":"2024-03-26T01:02:03Z","time":"2024-03-26T01:02:03Z"})", "comes twice"},
      {R"({"time":"2024-03-26T01:02:03","account":"a","country":"JP","ip":"192.0.2.1"})",
       "'time' is not a moment"},
      {R"({"time":"1969-12-31T23:59:59Z","account":"a","country":"JP","ip":"192.0.2.1"})",
       "'time' is not between 1970 and 2200"},
      {R"({"time":"2200-01-01T00:00:00Z","account":"a","country":"JP","ip":"192.0.2.1"})",
       "'time' is not between 1970 and 2200"},
      {R"({"time":1711414923,"account":"a","country":"JP","ip":"192.0.2.1"})",
       "'time' is not text"},
      {R"({"time":"2024-03-26T01:02:03Z","account":1041,"country":"JP","ip":"192.0.2.1"})",
       "'account' is not text"},
      {R"({"time":"2024-03-26T01:02:03Z","account":"","country":"JP","ip":"192.0.2.1"})",
       "'account' is empty"},
      {R"({"time":"2024-03-26T01:02:03Z","account":"a","country":"JPN","ip":"192.0.2.1"})",
       "'country' is not a country"},
      {R"({"time":"2024-03-26T01:02:03Z","account":"a","country":"UK","ip":"192.0.2.1"})",
       "'country' is not a country"},
      {R"({"time":"2024-03-26T01:02:03Z","account":"a","country":"zz","ip":"192.0.2.1"})",
       "'country' is not a country"},
      {R"({"time":"2024-03-26T01:02:03Z","account":"a","country":null,"ip":"192.0.2.1"})",
       "'country' is missing"},
      {R"({"time":"2024-03-26T01:02:03Z","account":"a","country":"JP","ip":"192.0.2.1:80"})",
       "'ip' is not an IPv4 or IPv6 address"},
      {with(R"("port":0)"), "'port' is not a port"},
      {with(R"("port":65536)"), "'port' is not a port"},
      {with(R"("port":-1)"), "'port' is not a port"},
      {with(R"("port":80.5)"), "'port' is not a port"},
      {with(R"("port":"80")"), "'port' is not a port"},
      {with(R"("event":true)"), "'event' is not text"},
      {with(R"("event":{"a":1})"), "an object where a value belongs"},
      {with(R"("travel":5)"), "'travel' is not an object"},
      {with(R"("travel":{"country":"VN"})"), "'travel.until' is missing"},
      {with(R"("travel":{"country":"VN"},"travel":{})"), "comes twice"},
      {with(R"("travel":{"until":{"a":1}})"), "an object where a value belongs"},
      {with(R"("travel.country":"VN")"), "unknown key"},
      {with(R"("links":{"payot":"p"})"), "did you mean 'links.payout'?"},
      {with(R"("event":"a\u0000b")"), "'event' holds a control character"},
      {with("\"event\":\"\xff\""), "not JSON"},
      {with(R"("event":"\ud800")"), "not JSON"},
      {with(R"("event":")" + longest + R"(")"), "'event' is longer than 256 bytes"},
      {with(R"("id":"")"), "'id' is empty"},
      {with(R"("event":")" + std::string(kLongestClaimLine, 'x') + R"(")"), "longer than 65536"},
      {std::string(40000, '['), "an array"},
      {with(R"("links":)" + std::string(10000, '{')), "not JSON"},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.line.substr(0, 200));
    const auto claim = read_claim_json(row.line, std::nullopt);
    ASSERT_FALSE(claim);
    EXPECT_THAT(claim.error().text(), HasSubstr(row.reason));
  }
}

TEST(ClaimReader, NeverRepeatsAValue) {
  const auto claim = read_claim_json(with(R"("port":"SECRET")"), std::nullopt);
  ASSERT_FALSE(claim);
  EXPECT_THAT(claim.error().text(), testing::Not(HasSubstr("SECRET")));
}

TEST(ClaimReader, TakesTheArrivalUnlessTheClaimSaysWhenItWasReceived) {
  const Timestamp arrival = kLoginTime + std::chrono::hours{1};
  EXPECT_EQ(read_claim_json(kLogin, arrival)->received, arrival);
  EXPECT_EQ(read_claim_json(with(R"("received":"2024-03-26T01:02:04Z")"), arrival)->received,
            Timestamp{std::chrono::seconds{1711414924}});
}

TEST(ClaimReader, DerivesOneIdForOneClaim) {
  const std::string id = read_claim_json(kLogin, std::nullopt)->id;
  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(read_claim_json(kLogin, kLoginTime + std::chrono::hours{1})->id, id);
  for (const std::string_view more :
       {R"("port":2)", R"("server_ip":"192.0.2.1")", R"("server_port":2)", R"("event":"e")",
        R"("user_agent":"e")", R"("time_zone":"e")", R"("language":"e")",
        R"("travel":{"country":"VN","until":"2024-04-01T00:00:00Z"})", R"("links":{"payout":"e"})",
        R"("links":{"document":"e"})", R"("links":{"phone":"e"})", R"("links":{"email":"e"})"}) {
    SCOPED_TRACE(more);
    EXPECT_NE(read_claim_json(with(more), std::nullopt)->id,
              read_claim_json(with(R"("port":null)"), std::nullopt)->id);
  }
}

TEST(ClaimReader, NoPrefixIsAClaim) {
  for (std::size_t size = 0; size < kLogin.size(); ++size)
    EXPECT_FALSE(read_claim_json(kLogin.substr(0, size), std::nullopt)) << size;
  const auto columns = ClaimColumns::parse("time,account,ip,country");
  ASSERT_TRUE(columns);
  const std::string_view row = "2024-03-26T01:02:03Z,w-1041,203.0.113.9,\"JP\"";
  ASSERT_TRUE(columns->read_claim(row, std::nullopt));
  for (std::size_t size = 0; size < row.size(); ++size)
    EXPECT_FALSE(columns->read_claim(row.substr(0, size), std::nullopt)) << size;
}

TEST(ClaimColumns, ReadTheSameClaimAsJson) {
  const auto columns = ClaimColumns::parse("country,time,ip,port,account,event,links.payout");
  ASSERT_TRUE(columns) << columns.error().text();
  const auto claim = columns->read_claim(
      "JP,2024-03-26T01:02:03.456Z,203.0.113.9,50123,w-1041,login,", std::nullopt);
  ASSERT_TRUE(claim) << claim.error().text();
  EXPECT_EQ(write_claim_json(*claim), write_claim_json(*read_claim_json(kLogin, std::nullopt)));
}

TEST(ClaimColumns, UnquoteAsRfc4180Says) {
  const auto columns =
      ClaimColumns::parse("time,account,country,ip,\"event\",travel.country,travel.until");
  ASSERT_TRUE(columns) << columns.error().text();
  const auto claim = columns->read_claim(
      R"(2024-03-26T01:02:03Z,"a, ""b""",JP,192.0.2.1,"",VN,2024-04-01T00:00:00Z)", std::nullopt);
  ASSERT_TRUE(claim) << claim.error().text();
  EXPECT_EQ(claim->account, R"(a, "b")");
  EXPECT_EQ(claim->event, "");
  ASSERT_TRUE(claim->travel);
  EXPECT_EQ(claim->travel->country.text(), "VN");
}

TEST(ClaimColumns, RefuseWithTheReason) {
  struct Case {
    std::string header, row;
    std::string_view reason;
  };
  const std::string plain = "time,account,country,ip,port";
  const Case cases[] = {
      {"time,acount,country,ip", "", "did you mean 'account'?"},
      {"time;account;country;ip", "", "unknown column"},
      {"time,account,country", "", "no column 'ip'"},
      {"time,account,country,ip,ip", "", "comes twice"},
      {"\"time,account,country,ip", "", "does not end on its line"},
      {plain, "2024-03-26T01:02:03Z,a,JP,192.0.2.1", "4 cells, but the header names 5"},
      {plain, "2024-03-26T01:02:03Z,a,JP,192.0.2.1,80,", "6 cells"},
      {plain, "2024-03-26T01:02:03Z,\"a,JP,192.0.2.1,80", "does not end on its line"},
      {plain, "2024-03-26T01:02:03Z,\"a\"b,JP,192.0.2.1,80", "text after a quoted cell"},
      {plain, "2024-03-26T01:02:03Z,a\"b\",JP,192.0.2.1,80", "a quotation mark inside a cell"},
      {plain, "2024-03-26T01:02:03Z,a,JP,192.0.2.1,0x50", "'port' is not a port"},
      {plain, "2024-03-26T01:02:03Z,a,JP,192.0.2.1, 80", "'port' is not a port"},
      {plain, "2024-03-26T01:02:03Z,,JP,192.0.2.1,80", "'account' is missing"},
      {plain, "2024-03-26T01:02:03Z,\xc0\x80,JP,192.0.2.1,80", "'account' is not UTF-8"},
      {plain, "2024-03-26T01:02:03Z,\xed\xa0\x80,JP,192.0.2.1,80", "'account' is not UTF-8"},
      {plain, "2024-03-26T01:02:03Z,\xf4\x90\x80\x80,JP,192.0.2.1,80", "'account' is not UTF-8"},
      {plain, "2024-03-26T01:02:03Z,\xe2\x98,JP,192.0.2.1,80", "'account' is not UTF-8"},
      {plain, std::string("2024-03-26T01:02:03Z,a\0b,JP,192.0.2.1,80", 40), "control character"},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.header + " / " + row.row);
    const auto columns = ClaimColumns::parse(row.header);
    const std::string reason = columns ? columns->read_claim(row.row, std::nullopt).error().text()
                                       : columns.error().text();
    EXPECT_THAT(reason, HasSubstr(row.reason));
  }
}

}  // namespace
}  // namespace sekimori
