#include "core/geo/geo_database.h"

#include <maxminddb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/geo/geo_record.h"
#include "core/geo/mmdb_value.h"

namespace sekimori {
namespace {

// MaxMind DB format 2.0, "Database Metadata": the last marker within the last 128 KiB counts.
constexpr std::string_view kMarker{"\xab\xcd\xefMaxMind.com", 14};
constexpr std::uint64_t kLargestMetadata = 128UL * 1024;
// Bytes of zeros between the search tree and the data.
constexpr std::uint64_t kSeparator = 16;
// Records and nodes looked at to learn what a database holds: every known kind shows its fields
// within the first dozen records, and a broken tree must end too.
constexpr unsigned kSampledRecords = 256;
constexpr unsigned kSampledNodes = 16'384;

tl::unexpected<Complaint> complain(const std::filesystem::path& path, std::string what) {
  return tl::unexpected{Complaint{
      path.string(), 0, 0, std::move(what),
      "name a readable MaxMind DB (.mmdb) file, or fetch this one again from its vendor"}};
}

// The size of the search tree by the numbers that it is read by, or nothing when one is missing.
std::optional<std::uint64_t> tree_size(Bytes metadata) {
  std::optional<std::uint64_t> nodes;
  std::optional<std::uint64_t> record_bits;
  MmdbReader reader{metadata};
  std::size_t offset = 0;
  reader.for_each_entry(reader.read(offset), [&](std::string_view key, const MmdbValue& value) {
    if (key == "node_count" && !nodes) nodes = value.unsigned_number();
    if (key == "record_size" && !record_bits) record_bits = value.unsigned_number();
  });
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  if (!reader.ok() || !nodes || !record_bits || *nodes > most || *record_bits > 32) return {};
  return *nodes * *record_bits * 2 / 8;
}

// Refuses, before libmaxminddb sees the file, what the library (1.7.1) cannot bear: metadata whose
// pointers fan out without end, and a tree larger than the file, whose size it computes in 32 bits.
std::optional<std::string> defect_of(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return "no such file";
  if (!std::filesystem::is_regular_file(status)) return "not a regular file";
  const std::uint64_t file_size = std::filesystem::file_size(path, error);
  if (error) return "cannot be read: " + error.message();

  std::ifstream file{path, std::ios::binary};
  std::string tail(std::min(file_size, kLargestMetadata), '\0');
  file.seekg(static_cast<std::streamoff>(file_size - tail.size()));
  file.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  if (!file) return "cannot be read";

  const std::size_t marker = tail.rfind(kMarker);
  if (marker == std::string::npos) return "not a MaxMind DB: it has no metadata";
  const std::size_t start = marker + kMarker.size();
  const Bytes metadata{reinterpret_cast<const std::uint8_t*>(tail.data()) + start,
                       tail.size() - start};
  if (!mmdb_metadata_is_bounded(metadata)) return "its metadata is broken";
  const auto tree = tree_size(metadata);
  if (!tree) return "its metadata lacks a sound node_count or record_size";
  if (*tree + kSeparator > file_size) return "its search tree is larger than the file";
  return std::nullopt;
}

// Anonymity databases write only the flags that are true, so what they have shows in their name.
std::uint8_t flags_by_type(std::string_view type) noexcept {
  const auto names = [&](std::string_view part) { return type.find(part) != type.npos; };
  if (names("Anonymous") || names("Shield")) return AnonymityFlags::kAll;
  if (names("Residential-Proxy")) return static_cast<std::uint8_t>(Anonymity::residential_proxy);
  return 0;
}

InlineText<64> printable(std::string_view text) noexcept {
  InlineText<64> out;
  for (const char one : text) {
    const bool ascii = one >= 0x20 && one < 0x7f;
    out.push_back(ascii ? one : '?');
  }
  return out;
}

}  // namespace

struct GeoDatabase::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (is_open) MMDB_close(&library);
  }

  Bytes data() const noexcept { return {library.data_section, library.data_section_size}; }
  void sample() noexcept;

  std::filesystem::path path;
  MMDB_s library{};
  bool is_open = false;
  InlineText<64> type;
  std::optional<Timestamp> built;
  GeoCoverage coverage;
  mutable std::atomic<std::uint64_t> corrupt{0};
};

// Depth first from the root, left before right, so IPv4 comes first.
void GeoDatabase::State::sample() noexcept {
  // Each level leaves at most one node behind; a loop in a broken tree ends by the counts.
  std::array<std::uint32_t, 160> waiting{};
  std::size_t size = 1;
  unsigned records = 0;
  std::uint32_t last = std::numeric_limits<std::uint32_t>::max();
  const auto look = [&](std::uint64_t record, std::uint8_t kind, const MMDB_entry_s& entry) {
    if (kind == MMDB_RECORD_TYPE_SEARCH_NODE && record < library.metadata.node_count &&
        size < waiting.size()) {
      waiting[size++] = static_cast<std::uint32_t>(record);
    }
    if (kind != MMDB_RECORD_TYPE_DATA || entry.offset == last) return;
    last = entry.offset;
    ++records;
    const auto answer = read_geo_record(data(), entry.offset);
    if (!answer) return;
    coverage.country = coverage.country || answer->country;
    coverage.as_number = coverage.as_number || answer->as_number != 0;
    coverage.anonymity = static_cast<std::uint8_t>(coverage.anonymity | answer->anonymity.known());
  };
  if (library.metadata.node_count == 0) return;
  for (unsigned nodes = 0; size > 0 && nodes < kSampledNodes && records < kSampledRecords;
       ++nodes) {
    MMDB_search_node_s node{};
    if (MMDB_read_node(&library, waiting[--size], &node) != MMDB_SUCCESS) return;
    look(node.right_record, node.right_record_type, node.right_record_entry);
    look(node.left_record, node.left_record_type, node.left_record_entry);
  }
}

GeoDatabase::GeoDatabase(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
GeoDatabase::GeoDatabase(GeoDatabase&&) noexcept = default;
GeoDatabase& GeoDatabase::operator=(GeoDatabase&&) noexcept = default;
GeoDatabase::~GeoDatabase() = default;

Loaded<GeoDatabase> GeoDatabase::open(const std::filesystem::path& path) {
  if (const auto defect = defect_of(path)) return complain(path, *defect);
  auto state = std::make_unique<State>();
  const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &state->library);
  if (status != MMDB_SUCCESS) return complain(path, MMDB_strerror(status));
  state->is_open = true;
  const MMDB_metadata_s& metadata = state->library.metadata;
  if (metadata.ip_version != 4 && metadata.ip_version != 6) {
    return complain(path, "its ip_version is neither 4 nor 6");
  }
  state->path = path;
  if (metadata.database_type != nullptr) state->type = printable(metadata.database_type);
  // Beyond this many seconds a Timestamp would overflow, in the year 2262.
  constexpr std::uint64_t latest = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
  if (metadata.build_epoch != 0 && metadata.build_epoch <= latest) {
    state->built = Timestamp{std::chrono::seconds{metadata.build_epoch}};
  }
  state->sample();
  state->coverage.anonymity =
      static_cast<std::uint8_t>(state->coverage.anonymity | flags_by_type(state->type));
  return GeoDatabase{std::move(state)};
}

GeoAnswer GeoDatabase::find(const IpAddress& address) const noexcept {
  sockaddr_storage storage{};
  if (address.is_v4()) {
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&storage);
    v4->sin_family = AF_INET;
    std::memcpy(&v4->sin_addr, address.bytes().data(), 4);
  } else if (address.is_v6() && state_->library.metadata.ip_version == 6) {
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    v6->sin6_family = AF_INET6;
    std::memcpy(&v6->sin6_addr, address.bytes().data(), 16);
  } else {
    return {};
  }
  int status = MMDB_SUCCESS;
  const MMDB_lookup_result_s found =
      MMDB_lookup_sockaddr(&state_->library, reinterpret_cast<const sockaddr*>(&storage), &status);
  std::optional<GeoAnswer> answer;
  if (status == MMDB_SUCCESS) {
    answer = found.found_entry ? read_geo_record(state_->data(), found.entry.offset) : GeoAnswer{};
  }
  if (!answer) {
    state_->corrupt.fetch_add(1, std::memory_order_relaxed);
    return {};
  }
  // Not listed means that no flag is raised.
  answer->anonymity.know(state_->coverage.anonymity);
  return *answer;
}

const std::filesystem::path& GeoDatabase::path() const noexcept {
  return state_->path;
}

const InlineText<64>& GeoDatabase::type() const noexcept {
  return state_->type;
}

std::optional<Timestamp> GeoDatabase::built() const noexcept {
  return state_->built;
}

GeoCoverage GeoDatabase::coverage() const noexcept {
  return state_->coverage;
}

std::uint64_t GeoDatabase::corrupt_records() const noexcept {
  return state_->corrupt.load(std::memory_order_relaxed);
}

}  // namespace sekimori
