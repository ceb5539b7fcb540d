#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/rules/sequence.h"
#include "tests/unit/core/rules/text_pack.h"

// What the correlation pages of the Sigma specification show by example, one by one: the same
// constructs over fields like theirs, with the events that they are about. Where a page's rule has
// no title, id or log source of ours, those were added.
namespace sekimori {
namespace {

using ::testing::HasSubstr;

constexpr FieldSpec kFields[] = {
    {"event.id", FieldType::text},       {"event.start", FieldType::moment},
    {"EventID", FieldType::integer},     {"User", FieldType::text},
    {"ComputerName", FieldType::text},   {"WorkstationName", FieldType::text},
    {"TargetUserName", FieldType::text}, {"TargetDomainName", FieldType::text},
    {"CommandLine", FieldType::text},    {"status", FieldType::integer},
    {"event.outcome", FieldType::text},  {"source.ip", FieldType::ip},
    {"destination.ip", FieldType::ip}};
const PackSchemas kSchemas{kFields, kFields};

std::string moment(int second) {
  return std::string{
      format_rfc3339(Timestamp{std::chrono::sys_days{std::chrono::year{2024} / 3 / 26}} +
                     std::chrono::seconds{second})
          .view()};
}

class Told {
 public:
  explicit Told(const std::string& text, std::string_view title) {
    auto pack = load_text(text, kSchemas);
    if (!pack) {
      for (const Complaint& one : pack.error()) ADD_FAILURE() << one.text();
      return;
    }
    pack_ = std::make_shared<const RulePack>(std::move(*pack));
    sequence_ = std::make_unique<Sequence>(pack_);
    for (const Correlation& one : pack_->correlations()) {
      if (one.facts.title == title) break;
      ++number_;
    }
  }

  // match, no_match, undecided of the correlation, or nothing when the event is none of its.
  std::string event(int second, std::string_view fields) {
    const auto document =
        read_yaml("t.yml", "{event.start: '" + moment(second) + "', " + std::string{fields} + "}");
    if (!document || sequence_ == nullptr) return "unreadable";
    const auto steps = sequence_->tell("t.yml", document->root);
    if (!steps) return steps.error().front().text();
    for (const CorrelationStep& step : *steps) {
      if (step.correlation != number_) continue;
      constexpr std::string_view kWords[] = {"no_match", "undecided", "match"};
      return std::string{kWords[static_cast<std::size_t>(step.truth)]};
    }
    return "";
  }

 private:
  std::shared_ptr<const RulePack> pack_;
  std::unique_ptr<Sequence> sequence_;
  std::uint32_t number_ = 0;
};

const std::string kFailed = named_rule("failed_login", "01", "session", "EventID: [529, 4625]");
const std::string kSuccess =
    named_rule("successful_login", "02", "session", "EventID: [528, 4624]");

TEST(CorrelationSpecification, EventCount) {
  Told told{kFailed +
                "title: Many failed logins\nid: 0e95725d-7320-415d-80f7-004da920fc11\n"
                "correlation:\n  type: event_count\n"
                "  rules: [0f8fad5b-d9cb-469f-a165-708677289501]\n  group-by: [ComputerName]\n"
                "  timespan: 1h\n  condition: {gte: 100}\n",
            "Many failed logins"};
  for (int failed = 0; failed < 99; ++failed) {
    ASSERT_EQ(told.event(failed * 36, "EventID: 4625, ComputerName: dc1"), "no_match") << failed;
    ASSERT_EQ(told.event(failed * 36, "EventID: 4624, ComputerName: dc1"), "");
    if (failed % 3 == 0) told.event(failed * 36, "EventID: 529, ComputerName: dc2");
  }
  EXPECT_EQ(told.event(3600, "EventID: 529, ComputerName: dc1"), "match");
  EXPECT_EQ(told.event(3601, "EventID: 529"), "undecided");
  // The first is an hour and a second old.
  EXPECT_EQ(told.event(3601, "EventID: 529, ComputerName: dc1"), "match");
  EXPECT_EQ(told.event(7300, "EventID: 529, ComputerName: dc1"), "no_match");
}

TEST(CorrelationSpecification, ValueCount) {
  Told told{kFailed +
                "title: Failed login\nid: 0e95725d-7320-415d-80f7-004da920fc12\n"
                "correlation:\n  type: value_count\n"
                "  rules: [0f8fad5b-d9cb-469f-a165-708677289501]\n"
                "  group-by: [ComputerName, WorkstationName]\n  timespan: 1d\n"
                "  condition: {field: User, gte: 100}\n",
            "Failed login"};
  const auto failed = [&](int second, int user, std::string_view from) {
    return told.event(second, "EventID: 4625, ComputerName: dc1, WorkstationName: " +
                                  std::string{from} + ", User: u" + std::to_string(user));
  };
  for (int user = 0; user < 99; ++user) {
    ASSERT_EQ(failed(user, user, "w1"), "no_match");
    ASSERT_EQ(failed(user, 0, "w1"), "no_match");  // the same user again is no other value
    ASSERT_EQ(failed(user, 1000 + user, "w2"), "no_match");
  }
  EXPECT_EQ(failed(200, 99, "w1"), "match");
  EXPECT_EQ(told.event(201, "EventID: 4625, ComputerName: dc1, WorkstationName: w1"), "undecided");
  EXPECT_EQ(failed(86'400 + 150, 99, "w2"), "no_match");
}

const std::string kRecon = named_rule("recon_cmd_a", "11", "session", "CommandLine: whoami") +
                           named_rule("recon_cmd_b", "12", "session", "CommandLine: ipconfig") +
                           named_rule("recon_cmd_c", "13", "session", "CommandLine: netstat");

TEST(CorrelationSpecification, Temporal) {
  Told told{kRecon +
                "title: Recon\ncorrelation:\n  type: temporal\n"
                "  rules: [recon_cmd_a, recon_cmd_b, recon_cmd_c]\n"
                "  group-by: [ComputerName, User]\n  timespan: 5m\n",
            "Recon"};
  const auto ran = [&](int second, std::string_view command, std::string_view user) {
    return told.event(second, "ComputerName: c, User: " + std::string{user} +
                                  ", CommandLine: " + std::string{command});
  };
  EXPECT_EQ(ran(0, "netstat", "a"), "no_match");
  EXPECT_EQ(ran(60, "whoami", "a"), "no_match");
  EXPECT_EQ(ran(90, "ipconfig", "b"), "no_match");  // by another user
  EXPECT_EQ(ran(300, "ipconfig", "a"), "match");    // in any order
  EXPECT_EQ(ran(301, "whoami", "a"), "no_match");   // the first is more than five minutes old
}

TEST(CorrelationSpecification, TemporalCountsDifferentRules) {
  Told told{kRecon +
                "title: Recon\ncorrelation:\n  type: temporal\n"
                "  rules: [recon_cmd_a, recon_cmd_b, recon_cmd_c]\n"
                "  group-by: [User]\n  timespan: 5m\n  condition: {gte: 2}\n",
            "Recon"};
  EXPECT_EQ(told.event(0, "User: a, CommandLine: netstat"), "no_match");
  EXPECT_EQ(told.event(1, "User: a, CommandLine: netstat"), "no_match");
  EXPECT_EQ(told.event(2, "User: a, CommandLine: whoami"), "match");
}

TEST(CorrelationSpecification, TemporalOrdered) {
  Told told{kFailed + kSuccess +
                "title: Many failed logins\nname: many_failed_logins\n"
                "correlation:\n  type: event_count\n  rules: [failed_login]\n"
                "  group-by: [ComputerName]\n  timespan: 1h\n  condition: {gte: 3}\n---\n"
                "title: Then a successful one\n"
                "correlation:\n  type: temporal_ordered\n"
                "  rules: [many_failed_logins, successful_login]\n"
                "  group-by: [User]\n  timespan: 1h\n",
            "Then a successful one"};
  EXPECT_EQ(told.event(0, "EventID: 4624, ComputerName: c, User: a"), "no_match");
  EXPECT_EQ(told.event(10, "EventID: 4625, ComputerName: c, User: b"), "");
  EXPECT_EQ(told.event(20, "EventID: 4625, ComputerName: c, User: a"), "");
  // Counted by computer; what follows is grouped by the user of the event that completed it.
  EXPECT_EQ(told.event(30, "EventID: 4625, ComputerName: c, User: a"), "no_match");
  EXPECT_EQ(told.event(40, "EventID: 4624, ComputerName: d, User: b"), "no_match");
  EXPECT_EQ(told.event(50, "EventID: 4624, ComputerName: d, User: a"), "match");
}

// The page's whole example: correlations stand before the rules they look at.
TEST(CorrelationSpecification, FailedLoginsFollowedByASuccessfulOne) {
  Told told{
      "title: Correlation - Multiple Failed Logins Followed by Successful Login\n"
      "id: b180ead8-d58f-40b2-ae54-c8940995b9b6\nstatus: experimental\ndescription: d\n"
      "references: ['https://reference.com']\nauthor: a\ndate: 2023-06-16\n"
      "correlation:\n  type: temporal_ordered\n  rules:\n    - multiple_failed_login\n"
      "    - successful_login\n  group-by:\n    - User\n  timespan: 10m\n"
      "falsepositives:\n  - Unlikely\nlevel: high\n---\n"
      "title: Multiple failed logons\nid: a8418a5a-5fc4-46b5-b23b-6c73beb19d41\ndescription: d\n"
      "name: multiple_failed_login\ncorrelation:\n  type: event_count\n  rules:\n"
      "    - failed_login\n  group-by:\n    - User\n  timespan: 10m\n  condition:\n    gte: 10\n"
      "---\n" +
          kFailed + kSuccess,
      "Correlation - Multiple Failed Logins Followed by Successful Login"};
  for (int failed = 0; failed < 9; ++failed) {
    ASSERT_EQ(told.event(failed * 60, "EventID: 4625, User: a"), "");
    ASSERT_EQ(told.event(failed * 60 + 1, "EventID: 4624, User: a"), "no_match");
  }
  EXPECT_EQ(told.event(599, "EventID: 529, User: a"), "no_match");
  EXPECT_EQ(told.event(600, "EventID: 528, User: b"), "no_match");
  EXPECT_EQ(told.event(1199, "EventID: 528, User: a"), "match");
  EXPECT_EQ(told.event(1200, "EventID: 528, User: a"), "no_match");  // ten minutes are over
}

TEST(CorrelationSpecification, FieldNameAliases) {
  Told told{named_rule("internal_error", "21", "session", "status: 500") +
                named_rule("new_network_connection", "22", "session", "event.outcome: success") +
                "title: t\ncorrelation:\n  type: temporal\n"
                "  rules: [internal_error, new_network_connection]\n"
                "  group-by: [internal_ip, remote_ip]\n  timespan: 10s\n  aliases:\n"
                "    internal_ip: {internal_error: destination.ip, "
                "new_network_connection: source.ip}\n"
                "    remote_ip: {internal_error: source.ip, "
                "new_network_connection: destination.ip}\n",
            "t"};
  EXPECT_EQ(told.event(0, "status: 500, source.ip: 198.51.100.1, destination.ip: 10.0.0.1"),
            "no_match");
  // The same addresses in the same fields are other ends.
  EXPECT_EQ(
      told.event(1, "event.outcome: success, source.ip: 198.51.100.1, destination.ip: 10.0.0.1"),
      "no_match");
  EXPECT_EQ(
      told.event(2, "event.outcome: success, source.ip: 10.0.0.1, destination.ip: 198.51.100.1"),
      "match");
  EXPECT_EQ(told.event(2, "event.outcome: success, source.ip: 10.0.0.1"), "undecided");
}

TEST(CorrelationSpecification, ConditionsAndRanges) {
  struct Case {
    std::string_view condition;
    std::string_view says;  // of the first events of a group, m where it holds
  };
  constexpr Case kCases[] = {{"{gt: 2}", "..mm"},        {"{gte: 2}", ".mmm"}, {"{lt: 3}", "mm.."},
                             {"{lte: 3}", "mmm."},       {"{eq: 3}", "..m."},  {"{neq: 2}", "m.mm"},
                             {"{gt: 1, lte: 3}", ".mm."}};
  for (const Case& row : kCases) {
    Told told{kFailed + "title: t\ncorrelation:\n  type: event_count\n  rules: [failed_login]\n" +
                  "  group-by: [User]\n  timespan: 90m\n  condition: " +
                  std::string{row.condition} + "\n",
              "t"};
    std::string says;
    for (int second = 0; second < 4; ++second) {
      says += told.event(second, "EventID: 4625, User: a") == "match" ? 'm' : '.';
    }
    EXPECT_EQ(says, row.says) << row.condition;
  }
}

TEST(CorrelationSpecification, GroupsOfSeveralFieldsAreJoinedByAnd) {
  Told told{kFailed +
                "title: t\ncorrelation:\n  type: event_count\n  rules: [failed_login]\n"
                "  group-by: [TargetUserName, TargetDomainName]\n  timespan: 30s\n"
                "  condition: {gte: 2}\n",
            "t"};
  EXPECT_EQ(told.event(0, "EventID: 4625, TargetUserName: a, TargetDomainName: x"), "no_match");
  EXPECT_EQ(told.event(1, "EventID: 4625, TargetUserName: a, TargetDomainName: y"), "no_match");
  EXPECT_EQ(told.event(2, "EventID: 4625, TargetUserName: b, TargetDomainName: x"), "no_match");
  EXPECT_EQ(told.event(3, "EventID: 4625, TargetUserName: a, TargetDomainName: x"), "match");
}

// A rule that only feeds a correlation is not heard by itself; `generate` lets it speak.
TEST(CorrelationSpecification, Generate) {
  const std::string rule = named_rule("failed_login", "01", "claim", "EventID: 4625",
                                      "sekimori: {finding: anonymizer}\n");
  const auto load = [&](std::string_view generate) {
    return load_text(rule + "title: t\n" + std::string{generate} +
                         "correlation:\n  type: event_count\n  rules: [failed_login]\n"
                         "  group-by: [User]\n  timespan: 30s\n  condition: {gte: 2}\n",
                     kSchemas);
  };
  const std::string id = "0f8fad5b-d9cb-469f-a165-708677289501";
  const auto silent = load("generate: false\n");
  ASSERT_TRUE(silent) << silent.error().front().text();
  EXPECT_TRUE(silent->is_silent(id));
  const auto heard = load("generate: true\n");
  ASSERT_TRUE(heard);
  EXPECT_FALSE(heard->is_silent(id));
  const auto shadow = load("status: experimental\ngenerate: false\n");
  ASSERT_TRUE(shadow);
  EXPECT_FALSE(shadow->is_silent(id));  // what runs in shadow changes no verdict
  // A finding that would fall silent without a word is asked for.
  const auto unsaid = load("");
  ASSERT_FALSE(unsaid);
  EXPECT_THAT(unsaid.error().front().text(), HasSubstr("has a finding of its own"));
}

}  // namespace
}  // namespace sekimori
