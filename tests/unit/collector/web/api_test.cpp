#include "collector/web/api.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <thread>

namespace sekimori {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kToken = "0123456789abcdef0123456789abcdef";
const std::string kClaim =
    R"({"time":"2024-03-26T01:02:03Z","account":"w-1","country":"JP","ip":"192.0.2.1"})";

class ApiTest : public testing::Test {
 protected:
  void SetUp() override {
    ApiHandlers handlers;
    handlers.take = [this](const std::vector<Claim>& claims) {
      const std::lock_guard lock{mutex_};
      if (intake_ == Intake::kept) kept_ += claims.size();
      return intake_;
    };
    handlers.verdicts = [this](const VerdictQuery& query) -> Loaded<std::vector<std::string>> {
      const std::lock_guard lock{mutex_};
      query_ = query;
      return std::vector<std::string>{R"({"claim":1})", R"({"claim":2})"};
    };
    handlers.now = [] { return Timestamp{std::chrono::seconds{1711414923}}; };
    auto started = Api::start({*IpAddress::parse("127.0.0.1"), 0, kToken}, handlers);
    ASSERT_TRUE(started) << started.error().text();
    api_ = std::move(*started);
  }

  // Sends the bytes as they are, and reads until the server closes.
  std::string exchange(std::string_view bytes) const {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(api_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    std::string answer;
    char buffer[4096];
    for (ssize_t size = 0; (size = ::recv(socket, buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(size));
    }
    ::close(socket);
    return answer;
  }

  std::string post(const std::string& body, const std::string& headers) const {
    return exchange("POST /v1/claims HTTP/1.1\r\nHost: x\r\n" + headers +
                    "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  std::string get(const std::string& target, const std::string& headers) const {
    return exchange("GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
  }

  const std::string json_ = "Content-Type: application/json\r\n";
  const std::string known_ = "Authorization: Bearer " + kToken + "\r\n";
  std::mutex mutex_;
  Intake intake_ = Intake::kept;
  std::size_t kept_ = 0;
  VerdictQuery query_;
  std::unique_ptr<Api> api_;
};

TEST_F(ApiTest, TakesAClaim) {
  EXPECT_THAT(post(kClaim, json_ + known_),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr(R"({"accepted":1,)"),
                    HasSubstr("Connection: close"), HasSubstr("Cache-Control: no-store")));
  EXPECT_EQ(kept_, 1U);
}

TEST_F(ApiTest, TakesAChunkedBody) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx", kClaim.size());
  EXPECT_THAT(
      exchange("POST /v1/claims HTTP/1.1\r\nHost: x\r\n" + json_ + known_ +
               "Transfer-Encoding: chunked\r\n\r\n" + size + "\r\n" + kClaim + "\r\n0\r\n\r\n"),
      StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(kept_, 1U);
}

TEST_F(ApiTest, ShowsNothingToStrangers) {
  for (const std::string& headers :
       {std::string{}, std::string{"Authorization: Bearer \r\n"},
        "Authorization: Bearer " + kToken + "x\r\n",
        "Authorization: Bearer " + kToken.substr(1) + "\r\n", "Authorization: " + kToken + "\r\n",
        "Authorization: Basic " + kToken + "\r\n", known_ + "Authorization: Bearer x\r\n",
        "Authorization: Bearer " + std::string(32, 'x') + "\r\n"}) {
    SCOPED_TRACE(headers);
    for (const std::string& answer : {post(kClaim, json_ + headers), get("/v1/verdicts", headers),
                                      get("/v1/verdicts?limit=x", headers), post("x", headers)}) {
      EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("WWW-Authenticate: Bearer"),
                                Not(HasSubstr(kToken)), Not(HasSubstr("claim\""))));
    }
  }
  EXPECT_EQ(kept_, 0U);
}

TEST_F(ApiTest, TakesTheSchemeInAnyCase) {
  EXPECT_THAT(get("/v1/verdicts", "authorization: bEARER " + kToken + "\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(ApiTest, RefusesAnotherContentType) {
  for (const std::string type :
       {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"}) {
    EXPECT_THAT(post(kClaim, "Content-Type: " + type + "\r\n" + known_),
                StartsWith("HTTP/1.1 415 "))
        << type;
  }
  EXPECT_EQ(kept_, 0U);
}

TEST_F(ApiTest, RefusesABodyThatIsTooLong) {
  const std::string body(kBodyLimit + 1, ' ');
  EXPECT_THAT(post(body, json_ + known_), StartsWith("HTTP/1.1 413 "));
  char size[16];
  std::snprintf(size, sizeof size, "%zx", body.size());
  EXPECT_THAT(
      exchange("POST /v1/claims HTTP/1.1\r\nHost: x\r\n" + json_ + known_ +
               "Transfer-Encoding: chunked\r\n\r\n" + size + "\r\n" + body + "\r\n0\r\n\r\n"),
      StartsWith("HTTP/1.1 413 "));
}

TEST_F(ApiTest, TakesABodyThatIsJustShortEnough) {
  const std::string line = kClaim + "\n";
  std::string body;
  while (body.size() + line.size() <= kBodyLimit) body += line;
  EXPECT_THAT(post(body, "Content-Type: application/x-ndjson\r\n" + known_),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(kept_, body.size() / line.size());
}

TEST_F(ApiTest, AsksASenderToComeBackWhenTooManyWait) {
  intake_ = Intake::busy;
  EXPECT_THAT(post(kClaim, json_ + known_),
              AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 2")));
  intake_ = Intake::failed;
  EXPECT_THAT(post(kClaim, json_ + known_), StartsWith("HTTP/1.1 500 "));
}

TEST_F(ApiTest, TellsVerdicts) {
  EXPECT_THAT(get("/v1/verdicts?account=w%201&since=2024-03-26T00:00:00Z&limit=7", known_),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("application/x-ndjson"),
                    HasSubstr("{\"claim\":1}\n{\"claim\":2}\n")));
  EXPECT_EQ(query_.account, "w 1");
  EXPECT_EQ(query_.since, parse_rfc3339("2024-03-26T00:00:00Z"));
  EXPECT_EQ(query_.limit, 7U);
  for (const std::string wrong :
       {"limit=0", "limit=1001", "limit=-1", "limit=7x", "limit=", "since=yesterday", "acount=w"}) {
    EXPECT_THAT(get("/v1/verdicts?" + wrong, known_), StartsWith("HTTP/1.1 400 ")) << wrong;
  }
}

TEST_F(ApiTest, TellsAnybodyThatItRuns) {
  EXPECT_THAT(get("/healthz", ""),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("\r\n\r\n{\"status\":\"ok\"}\n")));
}

TEST_F(ApiTest, KnowsNoOtherPath) {
  EXPECT_THAT(get("/", known_), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/v1/claims", known_), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(exchange("rubbish\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(ApiTest, SaysThatAnotherHoldsItsPort) {
  const auto second = Api::start({*IpAddress::parse("127.0.0.1"), api_->port(), kToken}, {});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().text(), HasSubstr("cannot listen for HTTP on 127.0.0.1 port"));
}

TEST(Api, RefusesAShortToken) {
  const auto api = Api::start({*IpAddress::parse("127.0.0.1"), 0, std::string(31, 'x')}, {});
  ASSERT_FALSE(api);
  EXPECT_THAT(api.error().text(), AllOf(HasSubstr("sekimori keys token"), Not(HasSubstr("xxx"))));
}

}  // namespace
}  // namespace sekimori
