#include "tests/demo/plan.h"

#include <arpa/inet.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <stdexcept>

namespace sekimori {
namespace {

// One YAML value and the file it stands in, so that each complaint can say where.
class Entry {
 public:
  Entry(const YAML::Node& node, const std::string& file) : node_{node}, file_{&file} {}

  [[noreturn]] void complain(const std::string& what) const {
    throw std::runtime_error{*file_ + ":" + std::to_string(node_.Mark().line + 1) + ": " + what};
  }

  Entry need(const std::string& key) const {
    const auto entry = find(key);
    if (!entry) complain("`" + key + "` is missing");
    return *entry;
  }

  std::optional<Entry> find(const std::string& key) const {
    if (!node_.IsMap()) complain("a map is needed here");
    const YAML::Node value = node_[key];
    if (!value) return std::nullopt;
    return Entry{value, *file_};
  }

  std::vector<Entry> list() const {
    if (!node_.IsSequence()) complain("a list is needed here");
    std::vector<Entry> entries;
    for (const auto& value : node_) entries.emplace_back(value, *file_);
    return entries;
  }

  std::string text() const {
    if (!node_.IsScalar()) complain("a plain value is needed here");
    return node_.Scalar();
  }

  template <typename Integer>
  Integer number() const {
    const std::string written = text();
    Integer value{};
    const char* end = written.data() + written.size();
    const auto [stopped, error] = std::from_chars(written.data(), end, value);
    if (error != std::errc{} || stopped != end)
      complain("`" + written + "` does not fit a number here");
    return value;
  }

  PlanAddress address() const {
    PlanAddress address{.bytes = std::vector<std::uint8_t>(16), .text = text()};
    if (::inet_pton(AF_INET6, address.text.c_str(), address.bytes.data()) == 1) return address;
    address.bytes.resize(4);
    if (::inet_pton(AF_INET, address.text.c_str(), address.bytes.data()) == 1) return address;
    complain("`" + address.text + "` is not an IP address");
  }

 private:
  YAML::Node node_;
  const std::string* file_;
};

// `digits` is exactly a decimal number, e.g. "07".
int decimal(const Entry& entry, std::string_view digits) {
  int value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stopped != end) entry.complain("not a date or time");
  return value;
}

std::chrono::sys_days read_date(const Entry& entry) {
  const std::string text = entry.text();  // YYYY-MM-DD
  if (text.size() != 10) entry.complain("a date is written YYYY-MM-DD");
  const std::string_view view = text;
  using std::chrono::day, std::chrono::month, std::chrono::year;
  const std::chrono::year_month_day date{
      year{decimal(entry, view.substr(0, 4))},
      month{static_cast<unsigned>(decimal(entry, view.substr(5, 2)))},
      day{static_cast<unsigned>(decimal(entry, view.substr(8, 2)))}};
  if (!date.ok()) entry.complain("no such day");
  return date;
}

std::chrono::microseconds read_time_of_day(const Entry& entry) {
  const std::string text = entry.text();  // HH:MM:SS.ffffff
  if (text.size() != 15) entry.complain("a time is written HH:MM:SS.ffffff");
  const std::string_view view = text;
  return std::chrono::hours{decimal(entry, view.substr(0, 2))} +
         std::chrono::minutes{decimal(entry, view.substr(3, 2))} +
         std::chrono::seconds{decimal(entry, view.substr(6, 2))} +
         std::chrono::microseconds{decimal(entry, view.substr(9, 6))};
}

ServerPlace read_server(const Entry& entry) {
  return {.ipv4 = entry.need("ipv4").address(), .ipv6 = entry.need("ipv6").address()};
}

Visit read_visit(const Entry& entry, std::string name, std::chrono::sys_days date) {
  Visit visit{.name = std::move(name),
              .at = date + read_time_of_day(entry.need("at")),
              .client = entry.need("client").text(),
              .path = {},
              .event = entry.need("event").text(),
              .reported_after = std::chrono::seconds{1},
              .port = 0,
              .with_port = true};
  if (visit.client == "none") {
    visit.client.clear();
    visit.port = entry.need("port").number<std::uint16_t>();
  } else {
    visit.path = entry.need("path").text();
  }
  if (const auto after = entry.find("reported_after_s")) {
    visit.reported_after = std::chrono::seconds{after->number<std::uint32_t>()};
  }
  if (const auto with_port = entry.find("with_port"))
    visit.with_port = with_port->text() != "false";
  return visit;
}

Account read_account(const Entry& entry, std::chrono::sys_days date) {
  const Entry claims = entry.need("claims");
  Account account{.name = entry.need("account").text(),
                  .country = claims.need("country").text(),
                  .travel = {},
                  .address = entry.need("address").address(),
                  .lab_address = {},
                  .rtt_us = 0,
                  .mtu = 0,
                  .hops = 0,
                  .visits = {}};
  if (const auto travel = claims.find("travel")) {
    account.travel = {travel->need("country").text(), travel->need("until").text()};
  }
  bool recorded = false;
  for (const Entry& visit : entry.need("visits").list()) {
    const std::string ordinal = std::to_string(account.visits.size() + 1);
    account.visits.push_back(read_visit(visit, account.name + "-" + ordinal, date));
    recorded = recorded || !account.visits.back().client.empty();
  }
  if (recorded) {
    account.lab_address = entry.need("lab").address();
    account.rtt_us = entry.need("rtt_us").number<std::uint32_t>();
    account.mtu = entry.need("mtu").number<std::uint16_t>();
    account.hops = entry.need("hops").number<std::uint8_t>();
    if (account.lab_address.is_ipv6() != account.address.is_ipv6()) {
      entry.complain("lab address and address must be of one family");
    }
  }
  return account;
}

}  // namespace

Plan read_plan(const std::filesystem::path& path) {
  const std::string file = path.string();
  try {
    const Entry root{YAML::LoadFile(file), file};
    const auto date = read_date(root.need("date"));
    Plan plan{.lab = read_server(root.need("lab")),
              .edge = read_server(root.need("edge")),
              .port = root.need("edge").need("port").number<std::uint16_t>(),
              .accounts = {}};
    for (const Entry& account : root.need("accounts").list()) {
      plan.accounts.push_back(read_account(account, date));
    }
    return plan;
  } catch (const YAML::Exception& error) {
    throw std::runtime_error{file + ":" + std::to_string(error.mark.line + 1) + ": " + error.msg};
  }
}

}  // namespace sekimori
