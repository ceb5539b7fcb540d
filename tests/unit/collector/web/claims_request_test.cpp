#include "collector/web/claims_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekimori {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Timestamp kNow{std::chrono::seconds{1711414923}};

std::string line(const std::string& account) {
  return R"({"time":"2024-03-26T01:02:03Z","account":")" + account +
         R"(","country":"JP","ip":"192.0.2.1"})";
}

struct Sent {
  ApiAnswer answer;
  std::vector<std::string> accounts;
  std::vector<std::size_t> groups;
};

Sent send(std::string_view body, ClaimsBody type, std::size_t chunk = 100,
          const std::vector<Intake>& intakes = {}) {
  Sent sent;
  ClaimsRequest request{type, kNow, [&](const std::vector<Claim>& claims) {
                          const std::size_t at = sent.groups.size();
                          sent.groups.push_back(claims.size());
                          for (const Claim& claim : claims) {
                            EXPECT_EQ(claim.received, kNow);
                            sent.accounts.push_back(claim.account);
                          }
                          return at < intakes.size() ? intakes[at] : Intake::kept;
                        }};
  for (std::size_t at = 0; at < body.size(); at += chunk) {
    if (!request.feed(body.substr(at, chunk))) break;
  }
  sent.answer = request.finish();
  return sent;
}

TEST(ClaimsRequest, KnowsItsContentTypes) {
  EXPECT_EQ(claims_body("application/json"), ClaimsBody::json);
  EXPECT_EQ(claims_body("Application/JSON; charset=utf-8"), ClaimsBody::json);
  EXPECT_EQ(claims_body("application/x-ndjson"), ClaimsBody::json_lines);
  EXPECT_EQ(claims_body(" text/csv ; header=present"), ClaimsBody::csv);
  for (const std::string_view other :
       {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", ";"}) {
    EXPECT_FALSE(claims_body(other)) << other;
  }
}

TEST(ClaimsRequest, AnswersForAllSomeAndNone) {
  struct Case {
    std::string body;
    ClaimsBody type;
    int status;
    std::string answer;
  };
  const Case cases[] = {
      {line("a"), ClaimsBody::json, 200, R"({"accepted":1,"refused_count":0,"refused":[]})"},
      {"\n{\"account\": \"a\",\n \"time\": \"2024-03-26T01:02:03Z\",\n\"country\":\"JP\",\n"
       "\"ip\":\"192.0.2.1\"\n}\n",
       ClaimsBody::json, 200, R"({"accepted":1,"refused_count":0,"refused":[]})"},
      {line("a") + "\n" + line("b") + "\n", ClaimsBody::json, 200, R"({"accepted":2,)"},
      {line("a") + "\n{}\n" + line("b"), ClaimsBody::json_lines, 207,
       R"j({"accepted":2,"refused_count":1,"refused":[{"line":2,"reason":"'time' is missing )j"
       R"j((every claim needs it)"}]})j"},
      {"{}", ClaimsBody::json, 422,
       R"({"accepted":0,"refused_count":1,"refused":[{"line":1,"reason":"'time' is missing)"},
      {"[" + line("a") + "]", ClaimsBody::json, 422, "one JSON object per line"},
      {"", ClaimsBody::json, 422, "the request holds no claim"},
      {"\n\n", ClaimsBody::json_lines, 422, "the request holds no claim"},
      {"time,account,country,ip\n2024-03-26T01:02:03Z,a,JP,192.0.2.1\n", ClaimsBody::csv, 200,
       R"({"accepted":1,)"},
      {"time,acount,country,ip\n", ClaimsBody::csv, 422, "did you mean 'account'?"},
  };
  for (const Case& row : cases) {
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{10'000}}) {
      SCOPED_TRACE(row.body);
      const Sent sent = send(row.body, row.type, chunk);
      EXPECT_EQ(sent.answer.status, row.status);
      EXPECT_THAT(sent.answer.body, HasSubstr(row.answer));
    }
  }
}

TEST(ClaimsRequest, HandsOnInGroups) {
  std::string body;
  for (int at = 0; at < 2500; ++at) body += line(std::to_string(at)) + "\n";
  const Sent sent = send(body, ClaimsBody::json, 4096);
  EXPECT_EQ(sent.answer.status, 200);
  EXPECT_THAT(sent.groups, ElementsAre(1000, 1000, 500));
  EXPECT_EQ(sent.accounts.size(), 2500U);
}

TEST(ClaimsRequest, TellsTheSenderToComeBack) {
  std::string body;
  for (int at = 0; at < 2500; ++at) body += line(std::to_string(at)) + "\n";
  const Sent busy = send(body, ClaimsBody::json_lines, 4096, {Intake::kept, Intake::busy});
  EXPECT_EQ(busy.answer.status, 503);
  EXPECT_THAT(busy.answer.body, HasSubstr(R"("accepted":1000,)"));
  EXPECT_THAT(busy.groups, ElementsAre(1000, 1000));
  const Sent failed = send(line("a"), ClaimsBody::json, 100, {Intake::failed});
  EXPECT_EQ(failed.answer.status, 500);
  EXPECT_THAT(failed.answer.body, HasSubstr(R"("accepted":0,)"));
}

TEST(ClaimsRequest, NamesTheFirstHundredBadLines) {
  std::string body;
  for (int at = 0; at < 300; ++at) body += "x\n";
  const Sent sent = send(body, ClaimsBody::json_lines);
  EXPECT_EQ(sent.answer.status, 422);
  EXPECT_THAT(sent.answer.body, HasSubstr(R"("refused_count":300,)"));
  EXPECT_THAT(sent.answer.body, HasSubstr(R"({"line":100,)"));
  EXPECT_THAT(sent.answer.body, testing::Not(HasSubstr(R"({"line":101,)")));
  EXPECT_THAT(sent.groups, IsEmpty());
}

TEST(ClaimsRequest, AnswersInUtf8WhateverWasSent) {
  const Sent sent = send("time,account,country,ip,\xff\xfe\n", ClaimsBody::csv);
  EXPECT_EQ(sent.answer.status, 422);
  EXPECT_THAT(sent.answer.body, HasSubstr("\xef\xbf\xbd"));
}

}  // namespace
}  // namespace sekimori
