#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "core/bytes/inline_text.h"
#include "core/net/ip_address.h"
#include "core/record/session_record.h"
#include "core/text/timestamp.h"

namespace sekimori {

// What kind of value a field holds; rules are checked against it when they are loaded.
enum class FieldType : std::uint8_t { text, integer, real, boolean, ip, moment, texts, signatures };

// A field's value, borrowed from its subject or from the scratch it was read with.
// monostate: absent, which means unknown.
using FieldValue =
    std::variant<std::monostate, std::string_view, std::uint64_t, double, bool, IpAddress,
                 Timestamp, std::span<const AlpnName>, std::span<const SignatureMatch>>;

// Room for a value that is derived when it is read, such as network.community_id.
using FieldScratch = InlineText<128>;

using FieldId = std::uint16_t;  // index into the schema that gave it

struct FieldSpec {
  std::string_view name;  // ECS or sekimori.*, dotted: "client.geo.country_iso_code"
  FieldType type;
};

// Reads fields of one subject (a session record, a joined claim) by id. The one mechanism behind
// rules and JSON: whoever adds a field to a schema gets both. Borrowed; valid while the subject is.
struct FieldReader {
  const void* subject = nullptr;
  FieldValue (*read)(const void* subject, FieldId id, FieldScratch& scratch) noexcept = nullptr;

  FieldValue operator()(FieldId id, FieldScratch& scratch) const noexcept {
    return read(subject, id, scratch);
  }
};

// The fields of DESIGN.md section 4, in the order in which JSON shows them: names that share a
// prefix stand together. Index = FieldId.
std::span<const FieldSpec> session_fields() noexcept;
// The same and, behind them, the payload heads and what they measure, for rules in the sensor only.
std::span<const FieldSpec> sensor_fields() noexcept;
// Of both.
FieldReader session_reader(const SessionRecord& record) noexcept;

// The id of `name` in `schema`, or nothing.
std::optional<FieldId> find_field(std::span<const FieldSpec> schema,
                                  std::string_view name) noexcept;

}  // namespace sekimori
