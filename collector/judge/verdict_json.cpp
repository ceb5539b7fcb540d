#include "collector/judge/verdict_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/judge/features.h"
#include "collector/judge/words.h"
#include "collector/receive/claim_writer.h"
#include "core/record/ecs_json.h"
#include "core/record/field.h"

namespace sekimori {
namespace {

// Of a session record, what a verdict need not repeat: it names the event, where all of it is.
constexpr std::array<std::string_view, 9> kLeftOut{
    "@timestamp",   "event.id",       "event.type",     "observer.version", "client.bytes",
    "server.bytes", "client.packets", "server.packets", "event.duration"};

// A schema that is part of another: its ids, and theirs in the whole.
struct Part {
  std::vector<FieldSpec> specs;
  std::vector<FieldId> ids;
};

Part part_of_session(bool (*wanted)(std::string_view name) noexcept) {
  Part part;
  const auto whole = session_fields();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    if (!wanted(whole[at].name)) continue;
    part.specs.push_back(whole[at]);
    part.ids.push_back(static_cast<FieldId>(at));
  }
  return part;
}

bool in_connection(std::string_view name) noexcept {
  return std::find(kLeftOut.begin(), kLeftOut.end(), name) == kLeftOut.end();
}

struct PartSubject {
  const SessionRecord& record;
  const std::vector<FieldId>& ids;
};

FieldValue read_part(const void* subject, FieldId id, FieldScratch& scratch) noexcept {
  const auto& part = *static_cast<const PartSubject*>(subject);
  return session_reader(part.record)(part.ids[id], scratch);
}

// Without one session there is an address, and no more may look as if it were known.
void append_connection(std::string& out, const SessionRecord& record, JoinOutcome outcome) {
  static const Part session = part_of_session(&in_connection);
  static const Part address = part_of_session(&is_address_field);
  const Part& part = outcome == JoinOutcome::matched ? session : address;
  const PartSubject subject{record, part.ids};
  append_json(out, part.specs, {&subject, &read_part});
}

void append_key(std::string& out, std::string_view key) {
  if (out.back() != '{' && out.back() != '[') out += ',';
  append_json_string(out, key);
  out += ':';
}

void append_member(std::string& out, std::string_view key, std::string_view text) {
  append_key(out, key);
  append_json_string(out, text);
}

template <typename Items, typename Append>
void append_list(std::string& out, std::string_view key, const Items& items, Append append) {
  append_key(out, key);
  out += '[';
  for (const auto& item : items) {
    if (out.back() != '[') out += ',';
    append(item);
  }
  out += ']';
}

void append_number(std::string& out, double number) {
  std::array<char, 32> digits{};
  out.append(digits.data(),
             std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

void append_finding(std::string& out, const Finding& finding) {
  out += '{';
  append_member(out, "name", finding.name);
  append_member(out, "strength", finding.strength);
  append_member(out, "rule_id", finding.rule_id);
  append_member(out, "rule_title", finding.rule_title);
  if (finding.shadow) {
    append_key(out, "shadow");
    out += "true";
  }
  append_key(out, "evidence");
  out += '{';
  for (const auto& [field, value] : finding.evidence) {
    append_key(out, field);
    out += value;
  }
  out += '}';
  append_key(out, "thresholds");
  out += '{';
  for (const auto& [name, value] : finding.thresholds) {
    append_key(out, name);
    append_number(out, value);
  }
  out += "}}";
}

void append_versions(std::string& out, const Versions& versions) {
  append_key(out, "versions");
  out += '{';
  append_member(out, "program", versions.program);
  append_member(out, "pack", versions.pack);
  append_list(out, "databases", versions.databases, [&](const auto& database) {
    out += '{';
    append_member(out, "type", database.first);
    if (!database.second.empty()) append_member(out, "built", database.second);
    out += '}';
  });
  out += '}';
}

}  // namespace

void append_verdict_json(std::string& out, const Verdict& verdict) {
  out += '{';
  append_key(out, "claim");
  out += write_claim_json(verdict.claim);
  append_key(out, "join");
  out += '{';
  append_member(out, "outcome", word_of(verdict.outcome));
  append_list(out, "events", verdict.events,
              [&](const EventId& id) { append_json_string(out, id.text()); });
  out += '}';
  append_member(out, "mismatch", word_of(verdict.mismatch));
  append_list(out, "findings", verdict.findings,
              [&](const Finding& finding) { append_finding(out, finding); });
  append_list(out, "missing", verdict.missing,
              [&](const std::string& one) { append_json_string(out, one); });
  if (verdict.connection) {
    append_key(out, "connection");
    append_connection(out, *verdict.connection, verdict.outcome);
  }
  append_versions(out, verdict.versions);
  out += '}';
}

}  // namespace sekimori
