#pragma once

#include <string>
#include <string_view>

#include "core/text/complaint.h"

namespace sekimori {

// The one line of a file that holds a secret, without its line end. Refused: a file that others
// than its owner may use (the secret may be known already), one that is empty or holds more than a
// line of 1,024 bytes. A file of root's may be readable by its group too, so that a daemon can be
// given a key which it cannot change. No complaint repeats what the file holds.
Loaded<std::string> read_secret_file(const std::string& path);

// Makes `path` with `line` and a line end, mode 0600; never overwrites, whatever `path` is.
// The file is on the disk when this returns, or it is not there.
Loaded<std::string> write_secret_file(const std::string& path, std::string_view line);
// The same with mode 0644, for what everyone may know.
Loaded<std::string> write_public_file(const std::string& path, std::string_view line);

}  // namespace sekimori
