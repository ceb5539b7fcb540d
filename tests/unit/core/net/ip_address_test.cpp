#include "core/net/ip_address.h"

#include <gtest/gtest.h>

#include "core/net/country.h"

namespace sekimori {
namespace {

TEST(IpAddress, ReadsAndPrints) {
  struct Case {
    std::string_view text;
    std::string_view printed;  // RFC 5952; empty: refused
  };
  const Case cases[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"::", "::"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"", ""},
      {"192.0.2", ""},
      {"192.0.2.256", ""},
      {"192.0.02.1", ""},
      {"192.0.2.1 ", ""},
      {"2001:db8::1%eth0", ""},
      {"[2001:db8::1]", ""},
      {"1:2:3:4:5:6:7:8:9", ""},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.text);
    const auto address = IpAddress::parse(row.text);
    EXPECT_EQ(address ? address->text().view() : std::string_view{}, row.printed);
  }
}

TEST(IpAddress, NoAddressIsFalseAndEmpty) {
  EXPECT_FALSE(IpAddress{});
  EXPECT_TRUE(IpAddress{}.text().empty());
  EXPECT_TRUE(IpAddress{}.bytes().empty());
}

TEST(Network, HoldsItsHostsAndNoOthers) {
  struct Case {
    std::string_view network;
    std::string_view address;
    bool inside;
  };
  const Case cases[] = {
      {"192.0.2.0/24", "192.0.2.255", true},      {"192.0.2.0/24", "192.0.3.0", false},
      {"192.0.2.77/25", "192.0.2.127", true},     {"192.0.2.77/25", "192.0.2.128", false},
      {"0.0.0.0/0", "255.255.255.255", true},     {"0.0.0.0/0", "::1", false},
      {"2001:db8::/33", "2001:db8:7fff::", true}, {"2001:db8::/33", "2001:db8:8000::", false},
      {"192.0.2.1", "192.0.2.1", true},           {"192.0.2.1", "192.0.2.0", false},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(testing::Message() << row.network << " " << row.address);
    const auto network = Network::parse(row.network);
    ASSERT_TRUE(network);
    EXPECT_EQ(network->contains(*IpAddress::parse(row.address)), row.inside);
  }
}

TEST(Network, RefusesWhatIsNoBlock) {
  for (const std::string_view text :
       {"192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/8x", "/8", "::/129"}) {
    EXPECT_FALSE(Network::parse(text)) << text;
  }
}

TEST(CountryCode, IsTwoLetters) {
  EXPECT_EQ(CountryCode::parse("jp")->text(), "JP");
  EXPECT_FALSE(CountryCode::parse("JPN"));
  EXPECT_FALSE(CountryCode::parse("J1"));
  EXPECT_FALSE(CountryCode::parse(""));
  EXPECT_FALSE(CountryCode{});
}

// RFC 4291 and RFC 791 number addresses from the first byte on; IPv4 stands before IPv6.
TEST(IpAddress, OrderIsThatOfItsBytes) {
  const char* const rising[] = {
      "0.0.0.1",     "0.0.1.0",   "9.255.255.255", "10.0.0.0",  "255.255.255.255", "::",    "::1",
      "::100:0:0:0", "0:0:0:1::", "fe80::1",       "fe80::1:0", "fe80:0:0:1::",    "ff00::"};
  for (std::size_t low = 0; low < std::size(rising); ++low) {
    for (std::size_t high = 0; high < std::size(rising); ++high) {
      SCOPED_TRACE(testing::Message() << rising[low] << " and " << rising[high]);
      const auto one = IpAddress::parse(rising[low]);
      const auto other = IpAddress::parse(rising[high]);
      ASSERT_TRUE(one && other);
      EXPECT_EQ(*one <=> *other, low <=> high);
      EXPECT_EQ(*one == *other, low == high);
    }
  }
}

}  // namespace
}  // namespace sekimori
