#include "sensor/classify/protocol_names.h"

#include <gtest/gtest.h>
#include <ndpi/ndpi_api.h>

#include <algorithm>
#include <set>
#include <string>

namespace sekimori {
namespace {

TEST(ProtocolNames, AreWordsAndEachIsThereOnce) {
  std::set<std::string_view> seen;
  for (const ProtocolName& name : kProtocolNames) {
    EXPECT_TRUE(seen.insert(name.ndpi).second) << name.ndpi << " stands in two rows";
    std::size_t words = 0;
    for (const std::string_view word :
         {name.protocol, name.application, name.remote_access, name.tunnel}) {
      words += word.empty() ? 0U : 1U;
      for (const char letter : word) {
        EXPECT_TRUE((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                    letter == '_')
            << word;
      }
    }
    EXPECT_GE(words, 1U) << name.ndpi << " says nothing";
    EXPECT_LE(name.protocol.size(), decltype(SessionRecord::network_protocol)::capacity());
    EXPECT_LE(name.application.size(), decltype(SessionRecord::application)::capacity());
  }
}

// What 4.2 is known to say of other things, or by a port.
TEST(ProtocolNames, LeavesOutWhatIsKnownToBeWrong) {
  for (const char* name : {"Cassandra", "Citrix", "VMware", "CiscoVPN", "IPsec", "TLS", "QUIC",
                           "DTLS", "Unknown", ""}) {
    EXPECT_EQ(row_of(name), 0) << name;
  }
}

// A misspelt name would never be met: each is one of this library's, or of those that came later.
TEST(ProtocolNames, AreTheLibrarysOwn) {
  const std::set<std::string> later{"NoMachine",      "Radmin",
                                    "RMCP",           "Softether",
                                    "Tailscale",      "UltraSurf",
                                    "Psiphon",        "NordVPN",
                                    "SurfShark",      "ProtonVPN",
                                    "Windscribe",     "Mullvad",
                                    "CloudflareWarp", "PrivateInternetAccess"};
#if NDPI_MAJOR == 4 && NDPI_MINOR >= 10
  auto* const module = ndpi_init_detection_module(nullptr);
#else
  auto* const module = ndpi_init_detection_module(ndpi_no_prefs);
#endif
  ASSERT_NE(module, nullptr);
  std::set<std::string> known;
  for (std::uint16_t id = 0; id < ndpi_get_num_supported_protocols(module); ++id) {
    known.insert(ndpi_get_proto_name(module, id));
  }
  for (const ProtocolName& name : kProtocolNames) {
    const std::string text{name.ndpi};
    EXPECT_TRUE(known.count(text) + later.count(text) > 0) << text;
  }
  ndpi_exit_detection_module(module);
}

TEST(ProtocolNames, FillsOnlyWhatIsEmpty) {
  SessionRecord record;
  add_names({row_of("VNC"), 0}, record);
  EXPECT_EQ(record.network_protocol.view(), "vnc");
  EXPECT_EQ(record.remote_access.view(), "vnc");
  EXPECT_TRUE(record.tunnel.empty());
  EXPECT_TRUE(record.application.empty());
  SessionRecord both;
  add_names({row_of("HTTP"), row_of("TeamViewer")}, both);
  EXPECT_EQ(both.network_protocol.view(), "http");
  EXPECT_EQ(both.application.view(), "teamviewer");
  EXPECT_EQ(both.remote_access.view(), "teamviewer");
  SessionRecord none;
  add_names({}, none);
  EXPECT_TRUE(none.network_protocol.empty());
}

}  // namespace
}  // namespace sekimori
