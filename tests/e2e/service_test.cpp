// publisher -- CURVE --> collector <-- HTTP -- platform, over loopback, both ends in this process.

#include "collector/service.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/text/secret_file.h"
#include "tests/e2e/transport.h"

namespace sekimori {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Timestamp clock_now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

SessionRecord session(std::uint8_t id, std::string_view country, EventType type = EventType::end) {
  SessionRecord record;
  record.id.bytes[0] = id;
  record.type = type;
  record.start = clock_now() - 60s;
  record.end = clock_now() - (type == EventType::end ? 1s : 59s);
  record.observer = "edge-1"sv;
  record.path = Path::direct;
  record.protocol = 6;
  record.client.ip = *IpAddress::parse("192.0.2." + std::to_string(id));
  record.client.port = 50000;
  record.client.geo.country = *CountryCode::parse(country);
  record.server.ip = *IpAddress::parse("198.51.100.1");
  record.server.port = 443;
  return record;
}

std::string claim(int id) {
  return R"({"account":"w-)" + std::to_string(id) + R"(","country":"JP","ip":"192.0.2.)" +
         std::to_string(id) + R"(","port":50000,"time":")" +
         std::string{format_rfc3339(clock_now() - 30s).view()} + "\"}";
}

class ServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path{testing::TempDir()} /
              ("sekimori_service_" + std::to_string(::getpid()) + "_" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "sensors");
    ASSERT_TRUE(write_secret_file((folder_ / "collector.key").string(), collector_.secret.view()));
    ASSERT_TRUE(write_secret_file((folder_ / "api.token").string(), token_));
    ASSERT_TRUE(
        write_public_file((folder_ / "sensors" / "edge-1.pub").string(), sensor_.open.view()));
    config_.receive.listen = "tcp://127.0.0.1:*";
    config_.receive.key = (folder_ / "collector.key").string();
    config_.receive.sensors = (folder_ / "sensors").string();
    config_.receive.connections = 64;
    config_.http = {*IpAddress::parse("127.0.0.1"), 0, (folder_ / "api.token").string()};
    config_.store.path = (folder_ / "store.db").string();
    config_.store.retention = std::chrono::hours{24};
    config_.verdicts = (folder_ / "verdicts.ndjson").string();
    config_.judging.rules = "signatures";
    config_.judging.regions = "config/regions.yaml";
    start();
  }
  void TearDown() override {
    publisher_.reset();
    service_.reset();
    std::filesystem::remove_all(folder_);
  }

  // What is not judged yet stays in the store, as after a kill.
  void start() {
    publisher_.reset();
    service_.reset();
    log_.clear();
    auto judging = Judging::open(config_.judging);
    ASSERT_TRUE(judging) << judging.error().front().text();
    auto service =
        Service::start(config_, std::move(*judging), [this](LogLevel, const std::string& line) {
          const std::lock_guard lock{mutex_};
          log_ += line + "\n";
        });
    ASSERT_TRUE(service) << service.error().front().text();
    service_ = std::move(*service);
    PublisherOptions options;
    options.collectors = {{after("sensors at "), collector_.open}};
    options.secret_key = sensor_.secret;
    options.sensor = "edge-1"sv;
    options.boot = ++boot_;
    options.speaker = {"edge-1"sv, "0.1.0"sv, Vantage::edge, Path::direct};
    options.when_full = WhenFull::wait;
    options.batch_age = 1ms;
    auto publisher = Publisher::start(std::move(options));
    ASSERT_TRUE(publisher) << publisher.error().text();
    publisher_ = std::move(*publisher);
  }

  std::string after(const std::string& words) {
    const std::lock_guard lock{mutex_};
    const std::size_t at = log_.find(words);
    EXPECT_NE(at, std::string::npos) << log_;
    return log_.substr(at + words.size(), log_.find('\n', at) - at - words.size());
  }

  // Returns when the collector has acknowledged them.
  void ship(const std::vector<SessionRecord>& records) {
    for (const SessionRecord& record : records) ASSERT_TRUE(publisher_->offer(record));
    ASSERT_TRUE(
        eventually([&] { return publisher_->counters().records_acknowledged == records.size(); }));
  }

  std::string exchange(const std::string& bytes) {
    const std::string url = after("http://127.0.0.1:");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    std::string answer;
    char buffer[4096];
    for (ssize_t size = 0; (size = ::recv(socket, buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(size));
    }
    ::close(socket);
    return answer;
  }
  std::string post(const std::string& body) {
    return exchange("POST /v1/claims HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token_ +
                    "\r\nContent-Type: application/json\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  std::string verdict_of(int id) {
    const std::string answer =
        exchange("GET /v1/verdicts?account=w-" + std::to_string(id) +
                 " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token_ + "\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
    return answer.substr(answer.find("\r\n\r\n") + 4);
  }
  void turn() { service_->turn(clock_now(), 10ms); }

  std::filesystem::path folder_;
  const std::string token_ = std::string(43, 't');
  KeyPair collector_ = make_keys();
  KeyPair sensor_ = make_keys();
  CollectorConfig config_;
  std::mutex mutex_;
  std::string log_;
  std::uint64_t boot_ = 0;
  std::unique_ptr<Service> service_;
  std::unique_ptr<Publisher> publisher_;
};

TEST_F(ServiceTest, JudgesClaimsOnTheRecordsOfASensor) {
  ship({session(1, "JP"), session(2, "CN")});
  EXPECT_THAT(post(claim(1) + "\n" + claim(2) + "\n" + claim(3)), StartsWith("HTTP/1.1 200 "));
  turn();
  EXPECT_THAT(verdict_of(1), AllOf(HasSubstr("\"matched\""), HasSubstr("\"mismatch\":\"fits\"")));
  EXPECT_THAT(verdict_of(2),
              AllOf(HasSubstr("\"matched\""), HasSubstr("\"mismatch\":\"contradicted\"")));
  EXPECT_EQ(verdict_of(3), "");  // still waits for its session
  service_->turn(clock_now() + std::chrono::minutes{20}, 0ms);
  EXPECT_THAT(verdict_of(3), HasSubstr("\"no_evidence\""));
  service_->stop();
  EXPECT_THAT(log_, HasSubstr("stops after 2 sessions, 3 claims and 3 verdicts"));
}

TEST_F(ServiceTest, SupersedesAStartWithItsEnd) {
  const std::string said = claim(1);
  const SessionRecord opened = session(1, "JP", EventType::start);
  const SessionRecord ended = session(1, "JP");
  const auto end_of = [](const SessionRecord& record) {
    return "\"end\":\"" + std::string{format_rfc3339(record.end).view()} + "\"";
  };
  ship({opened});
  EXPECT_THAT(post(said), StartsWith("HTTP/1.1 200 "));
  turn();
  EXPECT_THAT(verdict_of(1), HasSubstr(end_of(opened)));
  EXPECT_THAT(post(said), StartsWith("HTTP/1.1 200 "));  // twice is once
  start();
  ship({ended});
  turn();
  EXPECT_THAT(verdict_of(1), AllOf(HasSubstr(end_of(ended)), Not(HasSubstr(end_of(opened)))));
}

TEST_F(ServiceTest, JudgesAfterAKillWhatItHadAcknowledged) {
  ship({session(1, "CN")});
  EXPECT_THAT(post(claim(1)), StartsWith("HTTP/1.1 200 "));
  start();
  EXPECT_THAT(after("goes on with "), StartsWith("1 sessions and 1 open claims"));
  turn();
  EXPECT_THAT(verdict_of(1), HasSubstr("\"mismatch\":\"contradicted\""));
  std::ifstream file{config_.verdicts};
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_EQ(line + "\n", verdict_of(1));
  EXPECT_FALSE(std::getline(file, line));
}

// The same account from two countries; between its claims the pack is changed, and what its
// correlation has counted stays.
TEST_F(ServiceTest, CorrelatesAcrossAReload) {
  std::filesystem::copy("signatures", folder_ / "pack", std::filesystem::copy_options::recursive);
  std::filesystem::permissions(folder_ / "pack", std::filesystem::perms::others_write,
                               std::filesystem::perm_options::remove);
  config_.judging.rules = (folder_ / "pack").string();
  config_.judging.regions = "config/regions.yaml";
  start();
  const auto as_one = [](std::string text) { return text.replace(text.find("w-2"), 3, "w-1"); };
  ship({session(1, "JP"), session(2, "CN")});
  EXPECT_THAT(post(claim(1)), StartsWith("HTTP/1.1 200 "));
  turn();
  EXPECT_THAT(verdict_of(1), Not(HasSubstr("many_places")));
  std::filesystem::remove_all(folder_ / "pack" / "tunnel");
  auto judging = Judging::open(config_.judging);
  ASSERT_TRUE(judging) << judging.error().front().text();
  service_->reload(std::move(*judging));
  EXPECT_THAT(post(as_one(claim(2))), StartsWith("HTTP/1.1 200 "));
  turn();
  EXPECT_THAT(verdict_of(1), HasSubstr("\"many_places\""));
  service_->stop();
  EXPECT_THAT(log_, HasSubstr("events counted by correlations, which held "));
}

TEST_F(ServiceTest, CorrelationsRememberAcrossAKill) {
  ship({session(1, "JP"), session(2, "CN")});
  EXPECT_THAT(post(claim(1)), StartsWith("HTTP/1.1 200 "));
  turn();
  start();
  EXPECT_THAT(after("correlations remember "), StartsWith("1 judged claims"));
  std::string second = claim(2);
  second.replace(second.find("w-2"), 3, "w-1");
  EXPECT_THAT(post(second), StartsWith("HTTP/1.1 200 "));
  turn();
  EXPECT_THAT(verdict_of(1), AllOf(HasSubstr("\"many_places\""), HasSubstr("\"matched\"")));
}

TEST_F(ServiceTest, TakesNothingThatItCannotKeep) {
  publisher_.reset();
  service_.reset();
  config_.store.size_limit = 200'000;
  start();
  std::string answer;
  int sent = 0;
  for (; sent < 1000 && !answer.starts_with("HTTP/1.1 500 "); ++sent) {
    std::string many;
    for (int at = 0; at < 50; ++at) {
      many += R"({"account":"x","country":"JP","ip":"192.0.2.9","time":")" +
              std::string{format_rfc3339(clock_now()).view()} + R"(","event":")" +
              std::to_string(sent * 50 + at) + "\"}\n";
    }
    answer = post(many);
  }
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 500 "), HasSubstr("\"accepted\":0")));
  const std::lock_guard lock{mutex_};
  EXPECT_THAT(log_, HasSubstr("the store is full"));
  EXPECT_EQ(log_.find("the store is full"), log_.rfind("the store is full"));  // said once
}

TEST_F(ServiceTest, SaysBeforeTheStartThatATokenIsTooShort) {
  EXPECT_TRUE(read_secrets(config_));
  config_.http.token = (folder_ / "short.token").string();
  ASSERT_TRUE(write_secret_file(config_.http.token, "hello"));
  const auto secrets = read_secrets(config_);
  ASSERT_FALSE(secrets);
  EXPECT_THAT(secrets.error().front().text(), HasSubstr("short.token: holds a token shorter than"));
}

}  // namespace
}  // namespace sekimori
