#include <benchmark/benchmark.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/rules/rule_matcher.h"
#include "core/rules/rule_reader.h"

namespace sekimori {
namespace {

std::string numbered(const char* format, std::size_t number) {
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), format, static_cast<unsigned>(number));
  return text.data();
}

// What feeds and analysts write: fingerprints, names, networks, numbers, and brands that are known
// by one of several.
std::string detection(std::size_t number) {
  switch (number % 8) {
    case 0:
      return numbered("{s: {tls.client.ja3: %032x}, condition: s}", number);
    case 1:
      return numbered("{s: {tls.client.ja4: t13d1516h2_8daaf%07x_02713d6af862}, condition: s}",
                      number);
    case 2:
      return numbered("{s: {tls.client.server_name|endswith: .brand%u.example}, condition: s}",
                      number);
    case 3:
      return numbered("{s: {client.as.number: %u}, condition: s}", 100'000 + number);
    case 4:
      return numbered("{s: {client.ip|cidr: 10.%u.", number / 250) +
             numbered("%u.0/24}, condition: s}", number % 250);
    case 5:
      return numbered(
          "{s: {network.protocol: tls, tls.client.ja4|startswith: t13d%x_}, t: {server.port: 443}, "
          "condition: s and not t}",
          number);
    case 6:
      return numbered("{s: {tls.client.server_name: host%u.example}, ", number) +
             numbered("t: {server.ip: 198.18.%u.", number / 250) +
             numbered("%u}, condition: s or t}", number % 250);
    default:
      return numbered("{s: {network.application: app%u, network.transport: tcp}, condition: s}",
                      number);
  }
}

std::shared_ptr<const RulePack> pack_of(std::size_t many) {
  std::vector<CompiledRule> rules;
  for (std::size_t at = 0; at < many; ++at) {
    const auto document =
        read_yaml("r.yml", "title: t\nid: " + numbered("00000000-0000-0000-0000-%012x", at) +
                               "\nstatus: test\nlevel: low\nlogsource: {product: sekimori, "
                               "category: session}\ndetection: " +
                               detection(at) + "\n");
    const auto rule = document ? read_rule(*document) : LoadedAll<Rule>{};
    if (!rule) std::abort();
    auto compiled = compile_rule(*rule, session_fields(), {});
    if (!compiled) std::abort();
    rules.push_back(std::move(*compiled));
  }
  return std::make_shared<const RulePack>(std::move(rules), "", PackSchemas{session_fields(), {}});
}

// TLS sessions of which one in eight matches a rule, and others that have no hello.
std::vector<SessionRecord> records() {
  std::vector<SessionRecord> made(64);
  for (std::size_t at = 0; at < made.size(); ++at) {
    SessionRecord& record = made[at];
    record.protocol = at % 4 == 3 ? 17 : 6;
    record.client.ip = *IpAddress::parse(numbered("203.0.113.%u", at));
    record.client.port = 50'123;
    record.client.as.number = 64'500;
    record.server.ip = *IpAddress::parse("192.0.2.80");
    record.server.port = 443;
    if (at % 4 == 3) continue;
    record.network_protocol.assign("tls");
    record.tls.ja3.assign(numbered("%032x", at % 8 == 0 ? 0 : 1'000'001 + at));
    record.tls.ja4.assign("t13d1516h2_8daaf6152771_02713d6af862");
    record.tls.server_name.assign(numbered("www%u.shop.example.com", at));
  }
  return made;
}

const std::shared_ptr<const RulePack>& pack_for(std::size_t many) {
  static std::map<std::size_t, std::shared_ptr<const RulePack>> packs;
  auto& pack = packs[many];
  if (!pack) pack = pack_of(many);
  return pack;
}

void Indexed(benchmark::State& state) {
  const auto sessions = records();
  RuleMatcher matcher{pack_for(static_cast<std::size_t>(state.range(0)))};
  std::size_t at = 0;
  for (auto _ : state) {
    const auto found =
        matcher.match(Category::session, session_reader(sessions[at++ % sessions.size()]));
    benchmark::DoNotOptimize(found.rules.size());
  }
}
// What it would cost without an index.
void EveryRule(benchmark::State& state) {
  const auto sessions = records();
  const auto pack = pack_for(static_cast<std::size_t>(state.range(0)));
  std::size_t at = 0;
  for (auto _ : state) {
    const FieldReader reader = session_reader(sessions[at++ % sessions.size()]);
    std::size_t matched = 0;
    for (const CompiledRule& rule : pack->rules()) {
      matched += rule.evaluate(reader).truth == Truth::yes ? 1U : 0U;
    }
    benchmark::DoNotOptimize(matched);
  }
}
BENCHMARK(Indexed)->Arg(10)->Arg(100)->Arg(1'000)->Arg(10'000);
BENCHMARK(EveryRule)->Arg(100)->Arg(1'000)->Arg(10'000);

}  // namespace
}  // namespace sekimori
BENCHMARK_MAIN();
