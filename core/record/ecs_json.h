#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/record/field.h"

namespace sekimori {

// Appends the present fields of one subject as one JSON object on one line, without a line end:
// dotted names become nested objects, keys stand in the schema's order, absent fields and doubles
// that are not finite are left out. Moments are RFC 3339 with microseconds, addresses RFC 5952,
// doubles the shortest text that reads back as the same number. The same subject gives the same
// bytes.
//
// `schema` keeps names that share a prefix together, and no name is the prefix of another
// ("a.b" beside "a.b.c"); the names need no escaping.
void append_json(std::string& out, std::span<const FieldSpec> schema, FieldReader reader);

// Appends `text` as a JSON string with its quotes, whatever bytes it holds: what is not UTF-8
// becomes U+FFFD, and characters that end a line or steer a terminal are escaped (C0, DEL, C1, line
// and paragraph separators, and those that turn the direction of writing).
void append_json_string(std::string& out, std::string_view text);

}  // namespace sekimori
