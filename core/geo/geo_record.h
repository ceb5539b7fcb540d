#pragma once

#include <cstddef>
#include <optional>

#include "core/bytes/cursor.h"
#include "core/geo/geo_answer.h"

namespace sekimori {

// Reads the record at `offset` of a MaxMind DB's data section. Nothing when its bytes contradict
// the format; an empty answer when it is sound and has no field known here.
//
// Vendors name the same thing differently, so fields are found by presence and not by the
// database's type: MaxMind's country.iso_code before a flat country_code (ip-location-db, IPinfo
// Lite) before a flat country of two capital letters (IPinfo's older files; in Lite the same key
// holds the country's name). AS numbers come as a number or as "AS174"; fields stand at the top or
// under traits. A field of an unexpected type is no field.
std::optional<GeoAnswer> read_geo_record(Bytes data_section, std::size_t offset) noexcept;

}  // namespace sekimori
