#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/bytes/inline_text.h"
#include "core/text/complaint.h"

namespace sekimori {

// A CurveZMQ key, public or secret, as 40 letters of Z85 (rfc.zeromq.org/spec/32): 32 bytes.
using CurveKey = InlineText<40>;

// A sensor that the collector lets in.
struct AllowedSensor {
  std::string name;  // the file's name without ".pub"
  CurveKey key;      // public
};

// Whether `text` is the Z85 text of 32 bytes.
bool is_curve_key(std::string_view text) noexcept;

// What `sekimori keys` wrote: one line with one key. Who may read a secret key's file is said in
// core/text/secret_file.h. No complaint repeats a key.
Loaded<CurveKey> read_public_key(const std::string& path);
Loaded<CurveKey> read_secret_key(const std::string& path);

// The keys of every *.pub file in a directory, in order of name: one line with one key, or two
// lines with two while a sensor changes from one to the other. Complains of each file that holds
// anything else, of a name that no sensor can have, and of a key that stands twice.
LoadedAll<std::vector<AllowedSensor>> read_allowed_sensors(const std::string& directory);

// Letters, digits, '-', '_' and '.', not first; at most 64: what a sensor may be called.
bool is_sensor_name(std::string_view name) noexcept;

}  // namespace sekimori
