#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "core/geo/geo_database.h"

namespace {

constexpr const char* kAddresses[] = {
    "0.0.0.0", "1.1.1.1",     "81.2.69.160",  "133.11.0.1", "255.255.255.255",
    "::",      "2001:200::1", "2a02:cf80::1", "ffff::ffff"};

void check(bool claim) {
  if (!claim) std::abort();
}

// A database answers the same address alike, and counts at most one broken record a lookup.
void look_up(const sekimori::GeoDatabase& database) {
  std::uint64_t lookups = 0;
  for (const char* text : kAddresses) {
    const auto address = *sekimori::IpAddress::parse(text);
    const sekimori::GeoAnswer answer = database.find(address);
    check(database.find(address) == answer);
    lookups += 2;
  }
  check(database.corrupt_records() <= lookups);
  for (const char one : database.type().view()) check(one >= 0x20 && one < 0x7f);
}

}  // namespace

// The whole way, libmaxminddb's part included: from a file of any bytes to an answer or a complaint
// of one line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = ::memfd_create("geo_database_fuzz", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  check(::ftruncate(file, 0) == 0);
  check(::pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
  const auto database = sekimori::GeoDatabase::open(path);
  if (database) {
    look_up(*database);
  } else {
    check(!database.error().what.empty());
    check(database.error().text().find('\n') == std::string::npos);
  }
  return 0;
}
