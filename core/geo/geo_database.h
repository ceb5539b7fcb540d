#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "core/bytes/inline_text.h"
#include "core/geo/geo_answer.h"
#include "core/net/ip_address.h"
#include "core/text/complaint.h"
#include "core/text/timestamp.h"

namespace sekimori {

// What the records of a database can tell, judged by a sample of them and by its type's name.
struct GeoCoverage {
  bool country = false;
  bool as_number = false;
  std::uint8_t anonymity = 0;  // Anonymity bits: flags that this database has

  bool nothing() const noexcept { return !country && !as_number && anonymity == 0; }
};

// One MaxMind DB file (format 2.0) of any vendor, mapped into memory and never written.
//
// Lookups from any number of threads, without a lock and without an allocation. The file is mapped
// and not copied: replace it by renaming a new one over it; a file cut short in place takes the
// program with it (SIGBUS), as with any mapping.
class GeoDatabase {
 public:
  // Complains of what is no readable database. A database that opens may still be broken further
  // in: such a record gives an empty answer and is counted.
  static Loaded<GeoDatabase> open(const std::filesystem::path& path);

  GeoDatabase(GeoDatabase&&) noexcept;
  GeoDatabase& operator=(GeoDatabase&&) noexcept;
  ~GeoDatabase();

  // Empty for an address that is not in it, for an IPv6 address when it holds IPv4 alone, and for a
  // record whose bytes are broken.
  GeoAnswer find(const IpAddress& address) const noexcept;

  const std::filesystem::path& path() const noexcept;
  const InlineText<64>& type() const noexcept;      // "GeoLite2-City"
  std::optional<Timestamp> built() const noexcept;  // build_epoch; absent when it is not a date
  GeoCoverage coverage() const noexcept;
  std::uint64_t corrupt_records() const noexcept;  // lookups that met broken bytes

 private:
  struct State;
  explicit GeoDatabase(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace sekimori
