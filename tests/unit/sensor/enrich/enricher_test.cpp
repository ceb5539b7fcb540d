#include "sensor/enrich/enricher.h"

#include <cstdlib>
#include <filesystem>
#include <new>
#include <vector>

#include <gtest/gtest.h>

namespace {
std::size_t allocations = 0;
}  // namespace

// Counts, so that a test can ask for none.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace sekimori {
namespace {

SessionRecord record() {
  SessionRecord out;
  out.client.ip = *IpAddress::parse("113.239.176.14");
  out.server.ip = *IpAddress::parse("2403:3a00:101::10");
  return out;
}

TEST(Enricher, EnrichesWithoutAnAllocation) {
  const std::vector<std::filesystem::path> paths{"tests/geo/country.mmdb", "tests/geo/as.mmdb"};
  auto sources = GeoSources::open(paths);
  ASSERT_TRUE(sources);
  const Enricher enricher{std::make_shared<const GeoSources>(std::move(*sources))};
  SessionRecord enriched = record();
  const std::size_t before = allocations;
  enricher.enrich(enriched);
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(enriched.client.geo.country.text(), "CN");
  EXPECT_EQ(enriched.client.as.number, 4837U);
  EXPECT_EQ(enriched.server.geo.country.text(), "JP");
  EXPECT_EQ(enriched.server.as.organization, "SAKURA Internet Inc.");
}

TEST(Enricher, WithoutSourcesARecordPassesUnchanged) {
  SessionRecord passed = record();
  Enricher{nullptr}.enrich(passed);
  EXPECT_FALSE(passed.client.geo.country);
  EXPECT_EQ(passed.client.as.number, 0U);
}

}  // namespace
}  // namespace sekimori
