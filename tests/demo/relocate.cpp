// Places recorded connections elsewhere: other addresses, another day, one capture. Reads plan.yaml
// and what record.sh left; writes the capture and the claims that the platform would have made of
// its access log. The same input gives the same bytes.

#include <pcap/pcap.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/demo/frame.h"
#include "tests/demo/plan.h"

namespace sekimori {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// What tcpdump writes by default; no recorded frame comes near it.
constexpr int kSnaplen = 262'144;

struct Frame {
  RecordedTime time;
  std::uint32_t wire_length;
  std::vector<std::uint8_t> bytes;
};

// The frames of one visit in the order of their recording, already moved, and how far in time.
struct MovedVisit {
  std::vector<Frame> frames;
  microseconds shift;
};

struct Claim {
  RecordedTime received;
  nlohmann::ordered_json line;
};

using Capture = std::unique_ptr<pcap_t, decltype(&pcap_close)>;
using CaptureWriter = std::unique_ptr<pcap_dumper_t, decltype(&pcap_dump_close)>;

Capture open_recording(const std::filesystem::path& path) {
  std::array<char, PCAP_ERRBUF_SIZE> reason{};
  Capture capture{pcap_open_offline(path.c_str(), reason.data()), pcap_close};
  if (!capture) throw std::runtime_error{reason.data()};
  if (pcap_datalink(capture.get()) != DLT_EN10MB)
    throw std::runtime_error{path.string() + ": not Ethernet"};
  return capture;
}

MovedVisit move_visit(const std::filesystem::path& path, const Visit& visit, const Move& move) {
  const Capture capture = open_recording(path);
  MovedVisit moved;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  int status = 0;
  while ((status = pcap_next_ex(capture.get(), &header, &data)) == 1) {
    if (header->caplen != header->len) throw std::runtime_error{path.string() + ": a cut frame"};
    const RecordedTime time{std::chrono::seconds{header->ts.tv_sec} +
                            microseconds{header->ts.tv_usec}};
    if (moved.frames.empty()) moved.shift = visit.at - time;
    moved.frames.push_back({.time = time + moved.shift,
                            .wire_length = header->len,
                            .bytes = {data, data + header->caplen}});
    try {
      move_frame(moved.frames.back().bytes, move);
    } catch (const std::runtime_error& error) {
      throw std::runtime_error{path.string() + ": frame " + std::to_string(moved.frames.size()) +
                               ": " + error.what()};
    }
  }
  if (status != PCAP_ERROR_BREAK)
    throw std::runtime_error{path.string() + ": " + pcap_geterr(capture.get())};
  if (moved.frames.empty()) throw std::runtime_error{path.string() + ": no frame"};
  return moved;
}

void write_capture(const std::filesystem::path& path, std::vector<Frame> frames) {
  // Stable: frames of one microsecond keep the order of the plan and of their recording.
  std::ranges::stable_sort(frames, {}, &Frame::time);
  const Capture form{pcap_open_dead(DLT_EN10MB, kSnaplen), pcap_close};
  const CaptureWriter writer{pcap_dump_open(form.get(), path.c_str()), pcap_dump_close};
  if (!writer) throw std::runtime_error{pcap_geterr(form.get())};
  for (const Frame& frame : frames) {
    const auto since = frame.time.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    const pcap_pkthdr header{
        .ts = {.tv_sec = seconds.count(), .tv_usec = (since - seconds).count()},
        .caplen = static_cast<bpf_u_int32>(frame.bytes.size()),
        .len = frame.wire_length};
    pcap_dump(reinterpret_cast<u_char*>(writer.get()), &header, frame.bytes.data());
  }
  if (pcap_dump_flush(writer.get()) != 0) throw std::runtime_error{path.string() + ": not written"};
}

// RFC 3339 in UTC, to the millisecond as web servers log.
std::string format_time(RecordedTime time) {
  const auto rounded = std::chrono::floor<milliseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(rounded);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{rounded - day};
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

// Seconds with a fraction, as caddy logs times and durations.
microseconds from_seconds(double seconds) {
  return microseconds{std::llround(seconds * 1e6)};
}

nlohmann::json read_logged_request(const std::filesystem::path& path, const Visit& visit) {
  std::ifstream log{path};
  for (std::string line; std::getline(log, line);) {
    auto entry = nlohmann::json::parse(line);
    if (entry.at("request").at("uri") == visit.path) return entry;
  }
  throw std::runtime_error{path.string() + ": no request for " + visit.path};
}

Claim make_claim(const Plan& plan, const Account& account, const Visit& visit, RecordedTime began) {
  Claim claim{.received = began + visit.reported_after, .line = {}};
  claim.line["time"] = format_time(began);
  claim.line["received"] = format_time(claim.received);
  claim.line["account"] = account.name;
  claim.line["country"] = account.country;
  if (account.travel) {
    claim.line["travel"] = {{"country", account.travel->country}, {"until", account.travel->until}};
  }
  claim.line["ip"] = account.address.text;
  if (visit.with_port) claim.line["port"] = visit.port;
  claim.line["server_ip"] = plan.edge.like(account.address).text;
  claim.line["server_port"] = plan.port;
  claim.line["event"] = visit.event;
  return claim;
}

// The platform's login service knows of a request what the web server knows: when it began, from
// which address and port, and what the browser says of itself.
Claim make_logged_claim(const Plan& plan, const Account& account, const Visit& visit,
                        const nlohmann::json& logged, microseconds shift) {
  const auto& request = logged.at("request");
  const RecordedTime ended{from_seconds(logged.at("ts").get<double>())};
  const microseconds took = from_seconds(logged.at("duration").get<double>());
  Visit seen = visit;
  seen.port = static_cast<std::uint16_t>(std::stoul(request.at("remote_port").get<std::string>()));
  Claim claim = make_claim(plan, account, seen, ended - took + shift);

  const auto& headers = request.at("headers");
  if (headers.contains("User-Agent")) claim.line["user_agent"] = headers.at("User-Agent").at(0);
  if (headers.contains("Accept-Language")) {
    const auto accepted = headers.at("Accept-Language").at(0).get<std::string>();
    claim.line["language"] = accepted.substr(0, accepted.find_first_of(",;"));
  }
  return claim;
}

void write_claims(const std::filesystem::path& path, std::vector<Claim> claims) {
  std::ranges::stable_sort(claims, {}, &Claim::received);
  std::ofstream file{path};
  for (const Claim& claim : claims) file << claim.line.dump() << '\n';
  if (!file.flush()) throw std::runtime_error{path.string() + ": not written"};
}

void relocate(const Plan& plan, const std::filesystem::path& recording,
              const std::filesystem::path& capture, const std::filesystem::path& claims) {
  std::vector<Frame> frames;
  std::vector<Claim> reported;
  for (const Account& account : plan.accounts) {
    for (const Visit& visit : account.visits) {
      if (visit.client.empty()) {
        reported.push_back(make_claim(plan, account, visit, visit.at));
        continue;
      }
      const Move move{.client_from = account.lab_address,
                      .client_to = account.address,
                      .server_from = plan.lab.like(account.lab_address),
                      .server_to = plan.edge.like(account.address),
                      .hops = account.hops};
      MovedVisit moved = move_visit(recording / (visit.name + ".pcap"), visit, move);
      const auto logged = read_logged_request(recording / (visit.name + ".log"), visit);
      reported.push_back(make_logged_claim(plan, account, visit, logged, moved.shift));
      std::ranges::move(moved.frames, std::back_inserter(frames));
    }
  }
  write_capture(capture, std::move(frames));
  write_claims(claims, std::move(reported));
}

// One line a visit, separated by tabs. For record.sh: name, client program, its lab address, the
// server's, RTT in us, MTU, path. For check_capture.py also: start in us since 1970, both addresses
// after the move, hops.
void list_visits(const Plan& plan) {
  for (const Account& account : plan.accounts) {
    for (const Visit& visit : account.visits) {
      if (visit.client.empty()) continue;
      std::cout << visit.name << '\t' << visit.client << '\t' << account.lab_address.text << '\t'
                << plan.lab.like(account.lab_address).text << '\t' << account.rtt_us << '\t'
                << account.mtu << '\t' << visit.path << '\t' << visit.at.time_since_epoch().count()
                << '\t' << account.address.text << '\t' << plan.edge.like(account.address).text
                << '\t' << unsigned{account.hops} << '\n';
    }
  }
}

}  // namespace
}  // namespace sekimori

int main(int argc, char** argv) {
  CLI::App app{"Moves recorded connections to other addresses and another day."};
  std::string plan;
  std::string recording;
  std::string capture;
  std::string claims;
  bool list = false;
  app.add_option("--plan", plan, "plan.yaml")->required();
  auto* list_flag = app.add_flag("--list-visits", list, "print what record.sh has to record");
  auto* from = app.add_option("--recording", recording, "directory that record.sh filled");
  from->excludes(list_flag);
  from->needs(app.add_option("--capture", capture, "pcap to write"));
  from->needs(app.add_option("--claims", claims, "NDJSON to write"));
  CLI11_PARSE(app, argc, argv);
  try {
    const sekimori::Plan read = sekimori::read_plan(plan);
    if (list) {
      sekimori::list_visits(read);
    } else if (!recording.empty()) {
      sekimori::relocate(read, recording, capture, claims);
    } else {
      throw std::runtime_error{"say --list-visits or --recording"};
    }
  } catch (const std::exception& error) {
    std::cerr << "relocate: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
