#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

#include "core/rules/rule_matcher.h"
#include "core/rules/rule_reader.h"

namespace {
std::atomic<std::size_t> g_allocations{0};
}  // namespace

// Counts what matching allocates; the sensor matches between two packets.
// Not inlined: gcc would take the pair for a mismatch of new and free.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace sekimori {
namespace {

TEST(Allocation, MatchingASessionTakesNone) {
  const auto document =
      read_yaml("r.yml",
                "title: t\nid: 0f8fad5b-d9cb-469f-a165-70867728950e\nstatus: test\nlevel: low\n"
                "logsource: {product: sekimori, category: session}\n"
                "detection:\n"
                "  one:\n"
                "    client.ip|cidr: [10.0.0.0/8, 192.0.2.0/24]\n"
                "    tls.client.ja4|contains: [x, d1516]\n"
                "    tls.client.alpn: [h3, h2]\n"
                "    network.community_id|startswith: '1:'\n"
                "    client.port|gt: 1024\n"
                "  two:\n"
                "    - sekimori.geo.hosting: true\n"
                "    - tls.version: null\n"
                "  condition: one and not (two and one)\n");
  ASSERT_TRUE(document);
  const auto rule = read_rule(*document);
  ASSERT_TRUE(rule) << rule.error().front().text();
  auto compiled = compile_rule(*rule, session_fields(), {});
  ASSERT_TRUE(compiled) << compiled.error().front().text();

  SessionRecord record;
  record.protocol = 6;
  record.client.ip = *IpAddress::parse("192.0.2.7");
  record.client.port = 50123;
  record.server.ip = *IpAddress::parse("192.0.2.80");
  record.server.port = 443;
  record.tls.ja4.assign("t13d1516h2_8daaf6152771_02713d6af862");
  record.tls.alpn.push_back(AlpnName{"h2"});
  record.tls.version.assign("1.3");
  record.geo.hosting = false;

  (void)compiled->evaluate(session_reader(record));  // what is made once is made here
  const std::size_t before = g_allocations;
  const Answer answer = compiled->evaluate(session_reader(record));
  EXPECT_EQ(g_allocations, before);
  EXPECT_EQ(answer.truth, Truth::yes);

  std::vector<CompiledRule> rules;
  rules.push_back(std::move(*compiled));
  RuleMatcher matcher{
      std::make_shared<const RulePack>(std::move(rules), "", PackSchemas{session_fields(), {}})};
  const std::size_t made = g_allocations;
  const std::size_t matches = matcher.match(Category::session, session_reader(record)).rules.size();
  record.client.ip = {};
  matcher.match(Category::session, session_reader(record));
  EXPECT_EQ(g_allocations, made);
  EXPECT_EQ(matches, 1U);
}

}  // namespace
}  // namespace sekimori
