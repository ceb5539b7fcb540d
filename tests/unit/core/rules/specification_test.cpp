#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/rules/inline_record.h"
#include "core/rules/rule_reader.h"

// What the pages of the Sigma specification 2.1 show by example, one by one: the same constructs,
// over fields like theirs. The one difference is that an absent field is unknown; rows with
// `undecided` are where it shows.
namespace sekimori {
namespace {

constexpr FieldSpec kFields[] = {{"Image", FieldType::text},
                                 {"Description", FieldType::text},
                                 {"EventLog", FieldType::text},
                                 {"EventID", FieldType::integer},
                                 {"TicketOptions", FieldType::text},
                                 {"TicketEncryption", FieldType::text},
                                 {"PasswordLastSet", FieldType::text},
                                 {"FieldA", FieldType::text},
                                 {"FieldB", FieldType::text},
                                 {"CommandLine", FieldType::text},
                                 {"User", FieldType::text},
                                 {"TargetUser", FieldType::text},
                                 {"DestinationIp", FieldType::ip},
                                 {"TimeCreated", FieldType::moment},
                                 {"Elevated", FieldType::boolean}};

const Placeholders kPlaceholders{{"name", {"srv1", "srv2"}}};

struct Case {
  std::string_view detection;  // lines under `detection:`, each with two spaces
  std::string_view record;
  std::string_view says;  // match, no_match, undecided
};

LoadedAll<CompiledRule> compile(std::string_view detection) {
  const auto document =
      read_yaml("r.yml",
                "title: t\nid: 0f8fad5b-d9cb-469f-a165-70867728950e\n"
                "logsource: {product: sekimori, category: session}\ndetection:\n" +
                    std::string{detection});
  if (!document) return tl::unexpected{document.error()};
  const auto rule = read_rule(*document);
  if (!rule) return tl::unexpected{rule.error()};
  return compile_rule(*rule, kFields, kPlaceholders);
}

void expect_all(std::span<const Case> cases) {
  for (const Case& row : cases) {
    SCOPED_TRACE(std::string{row.detection} + "on " + std::string{row.record});
    const auto rule = compile(row.detection);
    ASSERT_TRUE(rule) << rule.error().front().text();
    const auto document = read_yaml("t.yml", row.record);
    ASSERT_TRUE(document);
    const auto record = InlineRecord::read("t.yml", document->root.entries, kFields);
    ASSERT_TRUE(record) << record.error().front().text();
    constexpr std::string_view kWords[] = {"no_match", "undecided", "match"};
    EXPECT_EQ(kWords[static_cast<std::size_t>(rule->evaluate(record->reader()).truth)], row.says);
  }
}

void expect_refused(std::string_view detection, std::string_view says) {
  const auto rule = compile(detection);
  ASSERT_FALSE(rule) << detection;
  EXPECT_THAT(rule.error().front().text(), ::testing::HasSubstr(std::string{says})) << detection;
}

TEST(Specification, YamlFile) {
  constexpr Case kCases[] = {
      {"  selection:\n    Image: 'C:\\Windows\\System32\\whoami.exe'\n  condition: selection\n",
       R"({Image: 'c:\windows\system32\WHOAMI.exe'})", "match"},
      {"  selection:\n    Image: 'C:\\Windows\\System32\\whoami.exe'\n  condition: selection\n",
       R"({Image: 'C:\whoami.exe'})", "no_match"},
      {"  selection:\n    Image: 'C:\\Windows\\System32\\whoami.exe'\n  condition: selection\n",
       "{}", "undecided"},
  };
  expect_all(kCases);
}

TEST(Specification, StringWildcard) {
  constexpr Case kCases[] = {
      {"  s: {Image: 'prog?.exe'}\n  condition: s\n", "{Image: progA.exe}", "match"},
      {"  s: {Image: 'prog?.exe'}\n  condition: s\n", "{Image: prog.exe}", "no_match"},
      {"  s: {Image: 'prog?.exe'}\n  condition: s\n", "{Image: progAB.exe}", "no_match"},
      {"  s: {Image: 'antivirus_V*.exe'}\n  condition: s\n", "{Image: antivirus_V1.exe}", "match"},
      {"  s: {Image: 'antivirus_V*.exe'}\n  condition: s\n", "{Image: antivirus_V21.2.1.exe}",
       "match"},
      {"  s: {Image: 'antivirus_V*.exe'}\n  condition: s\n", "{Image: antivirus_V1.dll}",
       "no_match"},
  };
  expect_all(kCases);
}

TEST(Specification, Escaping) {
  constexpr Case kCases[] = {
      // One backslash or two, where no wildcard follows, are one.
      {"  s: {Image: 'a\\b'}\n  condition: s\n", R"({Image: 'a\b'})", "match"},
      {"  s: {Image: 'a\\\\b'}\n  condition: s\n", R"({Image: 'a\b'})", "match"},
      // A wildcard after a backslash is plain.
      {"  s: {Image: 'a\\*'}\n  condition: s\n", "{Image: 'a*'}", "match"},
      {"  s: {Image: 'a\\*'}\n  condition: s\n", "{Image: 'ab'}", "no_match"},
      {"  s: {Image: 'a\\?'}\n  condition: s\n", "{Image: 'a?'}", "match"},
      {"  s: {Image: 'a\\?'}\n  condition: s\n", "{Image: 'ab'}", "no_match"},
      // Two backslashes and a wildcard: a backslash and anything.
      {"  s: {Image: 'a\\\\*'}\n  condition: s\n", R"({Image: 'a\xyz'})", "match"},
      {"  s: {Image: 'a\\\\*'}\n  condition: s\n", "{Image: 'axyz'}", "no_match"},
      // Three: a backslash and an asterisk.
      {"  s: {Image: 'a\\\\\\*'}\n  condition: s\n", R"({Image: 'a\*'})", "match"},
      {"  s: {Image: 'a\\\\\\*'}\n  condition: s\n", R"({Image: 'a\x'})", "no_match"},
      // Three or four at the end are two.
      {"  s: {Image: 'a\\\\\\'}\n  condition: s\n", R"({Image: 'a\\'})", "match"},
      {"  s: {Image: 'a\\\\\\\\'}\n  condition: s\n", R"({Image: 'a\\'})", "match"},
      {"  s: {Image: 'a\\\\\\\\'}\n  condition: s\n", R"({Image: 'a\'})", "no_match"},
  };
  expect_all(kCases);
}

TEST(Specification, Lists) {
  constexpr std::string_view kWords =
      "  keywords:\n    - 'EVILSERVICE'\n    - 'svchost.exe -n evil'\n  condition: keywords\n";
  constexpr std::string_view kMaps =
      "  selection:\n    - Image|endswith: '\\\\example.exe'\n"
      "    - Description|contains: 'Test executable'\n  condition: selection\n";
  const Case cases[] = {
      {kWords, "{Description: starts EvilService now}", "match"},
      {kWords, "{User: x, CommandLine: 'C:\\svchost.exe -n evil'}", "match"},
      {kWords, "{User: x, CommandLine: svchost.exe}", "no_match"},
      {kWords, "{EventID: 1}", "undecided"},  // it says nothing in words
      {kMaps, R"({Image: 'C:\example.exe', Description: x})", "match"},
      {kMaps, "{Image: x, Description: a Test executable of ours}", "match"},
      {kMaps, "{Image: x, Description: y}", "no_match"},
      {kMaps, "{Image: x}", "undecided"},
  };
  expect_all(cases);
}

TEST(Specification, Maps) {
  constexpr std::string_view kCleared =
      "  selection:\n    EventLog: Security\n    EventID:\n      - 517\n      - 1102\n"
      "  condition: selection\n";
  constexpr std::string_view kTicket =
      "  selection:\n    EventLog: Security\n    EventID: 4769\n    TicketOptions: '0x40810000'\n"
      "    TicketEncryption: '0x17'\n  condition: selection\n";
  const Case cases[] = {
      {kCleared, "{EventLog: security, EventID: 1102}", "match"},
      {kCleared, "{EventLog: Security, EventID: 517}", "match"},
      {kCleared, "{EventLog: System, EventID: 517}", "no_match"},
      {kCleared, "{EventLog: Security, EventID: 518}", "no_match"},
      {kTicket,
       "{EventLog: Security, EventID: 4769, TicketOptions: '0x40810000', TicketEncryption: '0x17'}",
       "match"},
      {kTicket,
       "{EventLog: Security, EventID: 4769, TicketOptions: '0x40810000', TicketEncryption: '0x12'}",
       "no_match"},
      {kTicket, "{EventLog: Security, EventID: 4769}", "undecided"},
  };
  expect_all(cases);
}

TEST(Specification, SpecialFieldValues) {
  constexpr std::string_view kNotNull =
      "  selection:\n    EventID: 4738\n  filter:\n    PasswordLastSet: null\n"
      "  condition: selection and not filter\n";
  constexpr std::string_view kEmpty =
      "  selection_main:\n    FieldA: 'something'\n  selection_empty1:\n    FieldB: ''\n"
      "  selection_empty2:\n    FieldB: null\n"
      "  condition: selection_main and 1 of selection_empty*\n";
  const Case cases[] = {
      {kNotNull, "{EventID: 4738, PasswordLastSet: today}", "match"},
      {kNotNull, "{EventID: 4738}", "no_match"},
      {kEmpty, "{FieldA: something, FieldB: ''}", "match"},
      {kEmpty, "{FieldA: something}", "match"},
      {kEmpty, "{FieldA: something, FieldB: x}", "no_match"},
      // The page calls this invalid, because null is of no other value's type. Here it is the way
      // to say "or not known", which three values need.
      {"  s:\n    FieldB:\n      - ''\n      - null\n  condition: s\n", "{}", "match"},
      {"  s:\n    FieldB:\n      - ''\n      - null\n  condition: s\n", "{FieldB: x}", "no_match"},
  };
  expect_all(cases);
}

TEST(Specification, FieldExistence) {
  constexpr std::string_view kThere =
      "  selection:\n    EventID: 4738\n    PasswordLastSet|exists: true\n"
      "  condition: selection\n";
  const Case cases[] = {
      {kThere, "{EventID: 4738, PasswordLastSet: ''}", "match"},
      {kThere, "{EventID: 4738}", "no_match"},
  };
  expect_all(cases);
}

TEST(Specification, Placeholders) {
  constexpr Case kCases[] = {
      {"  s: {User: '%other%'}\n  condition: s\n", "{User: '%other%'}", "match"},
      {"  s: {User|expand: '%name%'}\n  condition: s\n", "{User: srv2}", "match"},
      {"  s: {User|expand: '%name%'}\n  condition: s\n", "{User: '%name%'}", "no_match"},
      {"  s: {User|expand: '\\%plain%name%'}\n  condition: s\n", "{User: '%plainsrv1'}", "match"},
  };
  expect_all(kCases);
  // What cannot be replaced is refused; nor is one taken for text by oversight.
  expect_refused("  s: {User|expand: '%Servers%'}\n  condition: s\n", "unknown placeholder");
  expect_refused("  s: {User: '%name%'}\n  condition: s\n", "write 'User|expand'");
}

TEST(Specification, KeywordsSearch) {
  constexpr std::string_view kOne =
      "  mimikatz_keywords:\n    - 'event::clear'\n    - 'event::drop'\n"
      "  condition: mimikatz_keywords\n";
  constexpr std::string_view kBoth =
      "  keywords_cmdlet:\n    '|all':\n      - 'OabVirtualDirectory'\n"
      "      - ' -ExternalUrl '\n  condition: keywords_cmdlet\n";
  const Case cases[] = {
      {kOne, "{CommandLine: 'x event::DROP y'}", "match"},
      {kOne, "{CommandLine: 'event::x'}", "no_match"},
      {kBoth, "{CommandLine: Set-OabVirtualDirectory -ExternalUrl x}", "match"},
      {kBoth, "{CommandLine: Set-OabVirtualDirectory, Description: 'a -ExternalUrl b'}", "match"},
      {kBoth, "{CommandLine: Set-OabVirtualDirectory}", "no_match"},
      {"  k:\n    '|re': ['ev[ei]nt', 'x{3}']\n  condition: k\n", "{User: an evint}", "match"},
      {"  k: ['ev*clear']\n  condition: not k\n", "{User: event to clear}", "no_match"},
      {"  k: [4444]\n  condition: k\n", "{User: port 4444}", "match"},
  };
  expect_all(cases);
  expect_refused("  k: {'|startswith': x}\n  condition: k\n", "'startswith' wants a field");
}

TEST(Specification, Condition) {
  constexpr std::string_view kParts =
      "  keywords1: [one]\n  keywords2: [two]\n  selection1: {EventID: 1}\n"
      "  selection2: {Elevated: true}\n  filters: {User: admin}\n  condition: ";
  struct Row {
    std::string_view condition, record, says;
  };
  constexpr Row kRows[] = {
      {"keywords1 or keywords2", "{User: two}", "match"},
      {"keywords1 or keywords2", "{User: three}", "no_match"},
      {"1 of them", "{User: x, EventID: 2, Elevated: true}", "match"},
      {"1 of them", "{User: x, EventID: 2, Elevated: false}", "no_match"},
      {"all of them", "{User: admin, Image: one two, EventID: 1, Elevated: true}", "no_match"},
      {"all of selection*", "{EventID: 1, Elevated: true}", "match"},
      {"all of selection*", "{EventID: 1, Elevated: false}", "no_match"},
      {"all of selection*", "{EventID: 1}", "undecided"},
      {"1 of selection* and keywords1", "{EventID: 1, User: one}", "match"},
      {"1 of selection* and not 1 of filter*", "{EventID: 1, User: guest}", "match"},
      {"1 of selection* and not 1 of filter*", "{EventID: 1, User: admin}", "no_match"},
      {"1 of selection* and not 1 of filter*", "{EventID: 1}", "undecided"},
      {"keywords1 and not filters", "{User: root, Image: one}", "match"},
      {"keywords1 and not filters", "{User: admin, Image: one}", "no_match"},
      {"selection1 and (keywords1 or keywords2)", "{EventID: 1, User: two}", "match"},
      // not binds closer than and, and closer than or.
      {"not selection1 and selection2 or keywords1", "{EventID: 1, Elevated: true, User: one}",
       "match"},
      {"not selection1 and (selection2 or keywords1)", "{EventID: 1, Elevated: true, User: one}",
       "no_match"},
      {"[selection1, keywords1]", "{EventID: 2, User: one}", "match"},
  };
  for (const Row& row : kRows) {
    // Selections that the condition does not use are a fault, so they are used without effect.
    std::string all{kParts};
    all += row.condition;
    if (row.condition.starts_with("[")) {
      all.insert(all.size() - 1, ", 1 of * and not 1 of *");
    } else if (row.condition.find("them") == std::string_view::npos) {
      all += " or (selection1 and not selection1 and all of them and 1 of filters)";
    }
    if (row.condition.starts_with("all of them")) {
      // All five at once: "admin" in a field of its own would do, and here it is the user.
      const Case good{all, row.record, "match"};
      expect_all({&good, 1});
      continue;
    }
    const Case one{all, row.record, row.says};
    expect_all({&one, 1});
  }
  const Case hidden{"  _h: {EventID: 1}\n  s: {EventID: 2}\n  condition: 1 of them or (_h and s)\n",
                    "{EventID: 1}", "no_match"};
  expect_all({&hidden, 1});
}

TEST(Specification, Modifiers) {
  constexpr Case kCases[] = {
      {"  s: {CommandLine|contains|all: [-a, -b]}\n  condition: s\n", "{CommandLine: x -b -a}",
       "match"},
      {"  s: {CommandLine|contains|all: [-a, -b]}\n  condition: s\n", "{CommandLine: x -b}",
       "no_match"},
      {"  s: {User|startswith: adm}\n  condition: s\n", "{User: Administrator}", "match"},
      {"  s: {Image|endswith: '\\cmd.exe'}\n  condition: s\n", R"({Image: 'C:\cmd.exe'})", "match"},
      {"  s: {User|cased: Admin}\n  condition: s\n", "{User: admin}", "no_match"},
      {"  s: {User|neq: admin}\n  condition: s\n", "{User: guest}", "match"},
      {"  s: {EventID|neq: 5}\n  condition: s\n", "{EventID: 5}", "no_match"},
      {"  s: {User|fieldref: TargetUser}\n  condition: s\n", "{User: a, TargetUser: A}", "match"},
      {"  s: {User|fieldref|neq: TargetUser}\n  condition: s\n", "{User: a, TargetUser: b}",
       "match"},
      {"  s: {User|fieldref|startswith: TargetUser}\n  condition: s\n",
       "{User: ABc, TargetUser: ab}", "match"},
      {"  s: {User|fieldref|endswith: TargetUser}\n  condition: s\n", "{User: xAB, TargetUser: ab}",
       "match"},
      {"  s: {User|fieldref|contains|cased: TargetUser}\n  condition: s\n",
       "{User: xABx, TargetUser: ab}", "no_match"},
      {"  s: {User|fieldref|contains: TargetUser}\n  condition: s\n",
       "{User: xABx, TargetUser: ab}", "match"},
      {"  s: {User|fieldref|contains: TargetUser}\n  condition: s\n", "{User: x}", "undecided"},
      {"  s: {CommandLine|windash|contains: ' -f'}\n  condition: s\n", "{CommandLine: x /f y}",
       "match"},
      {"  s: {CommandLine|re: '^a[0-9]+(b|c)?$'}\n  condition: s\n", "{CommandLine: a12b}",
       "match"},
      {"  s: {CommandLine|re: '^a'}\n  condition: s\n", "{CommandLine: A}", "no_match"},
      {"  s: {CommandLine|re|i: '^a'}\n  condition: s\n", "{CommandLine: A}", "match"},
      {"  s: {CommandLine|re|m: '^b$'}\n  condition: s\n", "{CommandLine: \"a\\nb\"}", "match"},
      {"  s: {CommandLine|re: 'a.b'}\n  condition: s\n", "{CommandLine: \"a\\nb\"}", "no_match"},
      {"  s: {CommandLine|re|s: 'a.b'}\n  condition: s\n", "{CommandLine: \"a\\nb\"}", "match"},
      {"  s: {CommandLine|base64: 'ping 1'}\n  condition: s\n", "{CommandLine: cGluZyAx}", "match"},
      {"  s: {CommandLine|base64offset|contains: 'http://'}\n  condition: s\n",
       "{CommandLine: 'x IGh0dHA6Ly9h'}", "match"},
      {"  s: {CommandLine|wide|base64offset|contains: ping}\n  condition: s\n",
       "{CommandLine: cABpAG4AZwAgAA==}", "match"},
      {"  s: {EventID|lt: 5}\n  condition: s\n", "{EventID: 5}", "no_match"},
      {"  s: {EventID|lte: 5}\n  condition: s\n", "{EventID: 5}", "match"},
      {"  s: {EventID|gt: 4}\n  condition: s\n", "{EventID: 5}", "match"},
      {"  s: {EventID|gte: 6}\n  condition: s\n", "{EventID: 5}", "no_match"},
      {"  s: {TimeCreated|hour: [22, 23]}\n  condition: s\n",
       "{TimeCreated: '2024-03-26T22:10:00Z'}", "match"},
      {"  s: {TimeCreated|hour|gte: 6}\n  condition: s\n", "{TimeCreated: '2024-03-26T05:59:00Z'}",
       "no_match"},
      {"  s: {TimeCreated|month|neq: 3}\n  condition: s\n", "{TimeCreated: '2024-03-26T05:59:00Z'}",
       "no_match"},
      {"  s: {TimeCreated|week: 13}\n  condition: s\n", "{TimeCreated: '2024-03-26T05:59:00Z'}",
       "match"},
      {"  s: {TimeCreated|year: 2024}\n  condition: s\n", "{}", "undecided"},
      {"  s: {DestinationIp|cidr: 10.0.0.0/8}\n  condition: s\n", "{DestinationIp: 10.9.9.9}",
       "match"},
      {"  s: {DestinationIp|cidr: '2001:db8::/32'}\n  condition: s\n",
       "{DestinationIp: '2001:db9::1'}", "no_match"},
  };
  expect_all(kCases);
  expect_refused("  s: {User|contains|all: x}\n  condition: s\n", "two or more values");
  expect_refused("  s: {CommandLine|wide|contains: x}\n  condition: s\n", "no field holds UTF-16");
  expect_refused("  s: {CommandLine|base64offset: x}\n  condition: s\n", "add 'contains'");
  expect_refused("  s: {CommandLine|base64: 'x*'}\n  condition: s\n", "cannot be encoded");
  expect_refused("  s: {TimeCreated|hour: 24}\n  condition: s\n", "from 0 to 23");
  expect_refused("  s: {User|hour: 3}\n  condition: s\n", "means nothing for text");
  expect_refused("  s: {User|re: '(?=x)'}\n  condition: s\n", "regular expression");
}

TEST(Specification, NoRuleTakesMoreThanLinearTime) {
  std::string many = "  s: {User|contains: [";
  for (int at = 0; at < 20'000; ++at) many += "word" + std::to_string(at) + ", ";
  expect_refused(many + "x]}\n  condition: s\n", "steps for each byte");
  std::string again = "  s: {User: [";
  for (int at = 0; at < 2'000; ++at) again += "word" + std::to_string(at) + ", ";
  again += "x]}\n  condition: s";
  for (int at = 0; at < 400; ++at) again += " or s";
  expect_refused(again + "\n", "steps for each byte");
  expect_refused("  s: {User: '" + std::string(1025, 'a') + "'}\n  condition: s\n",
                 "longer than 1024 bytes");
  expect_refused(
      "  s: {User|expand: '" +
          [] {
            std::string text;
            for (int at = 0; at < 40; ++at) text += "%name%";
            return text;
          }() +
          "'}\n  condition: s\n",
      "more than 65536 values");
}

}  // namespace
}  // namespace sekimori
