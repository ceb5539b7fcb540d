#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/text/complaint.h"

namespace sekimori {

// What the sensor reads, which decides what it must still be able to do.
enum class Reads : std::uint8_t { captures, interfaces };

struct Confinement {
  Reads reads = Reads::captures;
  // The account to become when started as root. Empty: for interfaces kSensorUser where that
  // exists; for captures nobody else, because they are opened one by one as they come and may be
  // readable to their owner alone.
  std::string user;
  // Descriptor of the one folder in which files are still made, written and unlinked; below 0:
  // none. Where the kernel has Landlock, it alone can be written to; elsewhere the rights of the
  // account bound what a path that begins with / could reach.
  int writable = -1;
};
inline constexpr const char* kSensorUser = "sekimori-sensor";  // as systemd/sekimori.sysusers says

// The complaint when there is no such account.
Loaded<bool> check_user(const std::string& user);

// Gives up, for good and before the first captured byte is read: the root account, capabilities,
// new privileges by execve (PR_SET_NO_NEW_PRIVS), and all system calls but those that capture,
// shipping and glibc need. To be called while there is one thread; later ones inherit all of it.
// Yields what the operator should know, one line each.
//
// Left to a sensor of interfaces: CAP_NET_RAW, permitted but not effective, because an interface
// that was deleted and created again needs a new packet socket. Left to one of captures, if it had
// it: CAP_DAC_READ_SEARCH, without which root could not read what belongs to others.
Loaded<std::vector<std::string>> confine(const Confinement& confinement);

// CAP_NET_RAW is effective on this thread while one lives, if it is permitted.
class NetRawRaised {
 public:
  NetRawRaised() noexcept;
  ~NetRawRaised();
  NetRawRaised(const NetRawRaised&) = delete;
  NetRawRaised& operator=(const NetRawRaised&) = delete;
};

}  // namespace sekimori
