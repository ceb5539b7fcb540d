#include "sensor/enrich/enricher.h"

#include <array>
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
  Enricher enricher{std::make_shared<const GeoSources>(std::move(*sources))};
  SessionRecord enriched = record();
  const std::size_t before = allocations;
  enricher.enrich(enriched);
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(enriched.client.geo.country.text(), "CN");
  EXPECT_EQ(enriched.client.as.number, 4837U);
  EXPECT_EQ(enriched.server.geo.country.text(), "JP");
  EXPECT_EQ(enriched.server.as.organization, "SAKURA Internet Inc.");
}

TEST(Enricher, AnAddressInTheSamePlaceTakesNoOthersAnswer) {
  const std::vector<std::filesystem::path> paths{"tests/geo/country.mmdb", "tests/geo/as.mmdb"};
  auto opened = GeoSources::open(paths);
  ASSERT_TRUE(opened);
  const auto sources = std::make_shared<const GeoSources>(std::move(*opened));
  Enricher enricher{sources};
  // Far more addresses than places, each asked for twice in a row and again after all others.
  for (unsigned round = 0; round < 2; ++round) {
    for (unsigned at = 0; at < 4 * GeoMemory::kPlaces; ++at) {
      const auto third = static_cast<std::uint8_t>(at >> 8U);
      const auto fourth = static_cast<std::uint8_t>(at);
      const std::array<std::uint8_t, 4> known{113, 239, third, fourth};
      const std::array<std::uint8_t, 4> unknown{192, 0, third, fourth};
      for (const auto& bytes : {known, unknown, known}) {
        SessionRecord enriched;
        enriched.client.ip = IpAddress::v4(bytes);
        enriched.server.ip = enriched.client.ip;
        enricher.enrich(enriched);
        const GeoAnswer expected = sources->find(enriched.client.ip).answer;
        ASSERT_EQ(enriched.client.geo.country, expected.country);
        ASSERT_EQ(enriched.server.as.number, expected.as_number);
      }
    }
  }
}

TEST(Enricher, WithoutSourcesARecordPassesUnchanged) {
  SessionRecord passed = record();
  Enricher{nullptr}.enrich(passed);
  EXPECT_FALSE(passed.client.geo.country);
  EXPECT_EQ(passed.client.as.number, 0U);
}

}  // namespace
}  // namespace sekimori
