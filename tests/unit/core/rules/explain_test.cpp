#include "core/rules/explain.h"

#include <gtest/gtest.h>

#include "core/rules/rule_reader.h"
#include "tests/unit/core/record/sample_record.h"

namespace sekimori {
namespace {

Rule rule(const std::string& detection) {
  const auto document =
      read_yaml("r.yml",
                "title: t\nid: 0f8fad5b-d9cb-469f-a165-7086772895aa\nstatus: test\nlevel: low\n"
                "logsource: {product: sekimori, category: session}\ndetection: " +
                    detection + "\n");
  return *read_rule(*document);
}

TEST(Explain, TellsEachTestWithItsValueAndTheRuleItsAnswer) {
  SessionRecord record = sample_record();
  record.vni.reset();
  const Rule one = rule(
      "{port: {client.port|gt: 1024, network.application: [zoom, 'any*']}, vni: {sekimori.vni: 5}, "
      "head: [{client.port: 1}, {sekimori.payload.client_head|startswith: '16'}], "
      "condition: port and (vni or head)}");
  record.client_head.assign("1603010200");
  const auto told = explain_rule(one, sensor_fields(), {}, session_reader(record));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->answer.truth, Truth::yes);
  ASSERT_EQ(told->selections.size(), 3U);
  const auto& port = told->selections[0];
  EXPECT_EQ(port.name, "port");
  EXPECT_EQ(port.truth, Truth::yes);
  EXPECT_EQ(port.alternatives[0][0].asked, "client.port|gt: 1024");
  EXPECT_EQ(port.alternatives[0][0].value, "50123");
  EXPECT_EQ(port.alternatives[0][1].asked, "network.application: [zoom, any*]");
  EXPECT_EQ(port.alternatives[0][1].value, "\"anydesk\"");
  const auto& vni = told->selections[1];
  EXPECT_EQ(vni.truth, Truth::unknown);
  EXPECT_EQ(vni.alternatives[0][0].value, "");
  const auto& head = told->selections[2];
  EXPECT_EQ(head.truth, Truth::yes);
  EXPECT_EQ(head.alternatives[0][0].truth, Truth::no);
  EXPECT_EQ(head.alternatives[1][0].truth, Truth::yes);
  EXPECT_TRUE(head.alternatives[1][0].hidden);
  EXPECT_EQ(head.alternatives[1][0].value, "");  // payload is shown to nobody
}

TEST(Explain, NamesTheFieldForWantOfWhichItIsUndecided) {
  SessionRecord record = sample_record();
  record.vni.reset();
  const auto told = explain_rule(rule("{s: {sekimori.vni: 5, client.port: 50123}, condition: s}"),
                                 session_fields(), {}, session_reader(record));
  ASSERT_TRUE(told);
  EXPECT_EQ(answer_word(told->answer.truth), "undecided");
  EXPECT_EQ(session_fields()[told->answer.missing].name, "sekimori.vni");
}

TEST(Explain, ComplainsOfARuleThatDoesNotCompile) {
  EXPECT_FALSE(explain_rule(rule("{s: {sekimori.vnj: 5}, condition: s}"), session_fields(), {},
                            session_reader(sample_record())));
}

}  // namespace
}  // namespace sekimori
