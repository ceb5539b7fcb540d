#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <iostream>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/rules_json.h"
#include "cli/rules_pack.h"
#include "core/text/uuid.h"

namespace sekimori {
namespace {

struct NewOptions {
  std::string file;
  std::string title = "What this rule sees, in one line";
  bool claim = false;
  bool json = false;
};

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  std::array<char, 16> text{};
  ::gmtime_r(&now, &parts);
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

constexpr std::string_view kSession = R"(detection:
  client:
    tls.client.ja4: t13d1516h2_8daaf6152771_b186095e22b6
  place:
    tls.client.server_name|endswith: '.example.com'
  condition: client and place
falsepositives:
  - who else may look like this
level: low
sekimori:
  # names: {application: example}    what the session is, for other rules and for people
  tests:
    - name: what it is for
      record: {tls.client.ja4: t13d1516h2_8daaf6152771_b186095e22b6, tls.client.server_name: www.example.com}
      expect: match
    - name: what it must leave alone
      record: {tls.client.ja4: t13d1516h2_8daaf6152771_b186095e22b6, tls.client.server_name: www.example.org}
      expect: no_match
    # - name: seen in a recording (the file is relative to this one)
    #   capture: captures/example.pcap
    #   where: {server.port: 443}
    #   expect: match
)";
constexpr std::string_view kClaim = R"(detection:
  elsewhere:
    sekimori.place.agrees: false
  network:
    client.as.number: [64496]
  condition: elsewhere and network
falsepositives:
  - an honest traveller without a travel claim
level: low
sekimori:
  finding: foreign_direct
  mismatch: doubtful
  tests:
    - name: what it is for
      record: {sekimori.place.agrees: false, client.as.number: 64496}
      expect: match
    - name: what it must leave alone
      record: {sekimori.place.agrees: true, client.as.number: 64496}
      expect: no_match
)";

std::string template_of(const NewOptions& options) {
  return "# See signatures/README.md. Then: sekimori rules check DIR && sekimori rules test "
         "DIR\ntitle: " +
         yaml_quoted(options.title) + "\nid: " + random_uuid() +
         "\nstatus: experimental    # in shadow: reported, and decides nothing, until it is test "
         "or stable\n"
         "description: 'Why this tells what it says, and how sure.'\n"
         "references:\n  - https://example.com/where-it-comes-from\n"
         "author: your team\ndate: " +
         today() + "\ntags: [evidence." + (options.claim ? "behaviour" : "fingerprint") +
         "]\nlogsource: {product: sekimori, category: " + (options.claim ? "claim" : "session") +
         "}\n" + std::string{options.claim ? kClaim : kSession};
}

int make(const NewOptions& options) {
  const auto refuse = [&options](std::string what, std::string way_out) {
    complain({options.file, 0, 0, std::move(what), std::move(way_out)});
    return kUsage;
  };
  if (!options.file.ends_with(".yml"))
    return refuse("does not end in .yml", "packs read *.yml alone");
  const std::string text = template_of(options);
  const int file = ::open(options.file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) {
    return errno == EEXIST ? refuse("exists already and is not overwritten", "name another file")
                           : refuse(std::string{"cannot be made: "} + std::strerror(errno), "");
  }
  const bool whole = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (::close(file) != 0 || !whole) return refuse("cannot be written whole", "is the disk full?");
  if (options.json) {
    std::cout << JsonLine{}.add("file", options.file).text() << '\n';
  } else {
    std::cout << options.file << '\n';
  }
  return kDone;
}

}  // namespace

void add_rules_new(CLI::App& rules, int& exit_code) {
  const auto options = std::make_shared<NewOptions>();
  CLI::App* const command = rules.add_subcommand(
      "new",
      "Begin a rule: a file with an id of its own, every key that a rule should have, and tests "
      "that\n"
      "pass. Nothing is overwritten.\n"
      "\n"
      "  sekimori rules new signatures/tunnel/our_vpn.yml --title 'Our VPN by its hello'\n"
      "  sekimori rules new signatures/mismatch/our_rule.yml --claim");
  command->add_option("file", options->file, "The file to make, *.yml")->required();
  command->add_option("--title", options->title, "What the rule sees, in one line");
  command->add_flag("--claim", options->claim, "About a claim and its session, in the collector");
  command->add_flag("--json", options->json, "Say the file as a JSON object");
  command->callback([options, &exit_code] { exit_code = make(*options); });
}

}  // namespace sekimori
