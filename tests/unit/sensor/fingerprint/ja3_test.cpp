#include "sensor/fingerprint/ja3.h"

#include <gtest/gtest.h>

#include "sensor/fingerprint/digest.h"
#include "tests/unit/sensor/fingerprint/vectors.h"

namespace sekimori {
namespace {

TEST(Ja3, EqualsEveryVector) {
  const auto vectors = tls_vectors("client");
  ASSERT_EQ(vectors.size(), 42U);
  for (const auto& vector : vectors) {
    SCOPED_TRACE(vector.at("name"));
    const auto body = from_hex(vector.at("body_hex"));
    const auto hello = parse_client_hello(body, TransportKind::tls);
    ASSERT_TRUE(hello);
    EXPECT_EQ(ja3_string(*hello), vector.at("ja3").get<std::string>());
    EXPECT_EQ(ja3(*hello).view(), vector.at("ja3_md5").get<std::string>());
  }
}

TEST(Ja3s, EqualsEveryVector) {
  const auto vectors = tls_vectors("server");
  ASSERT_EQ(vectors.size(), 5U);
  for (const auto& vector : vectors) {
    SCOPED_TRACE(vector.at("name"));
    const auto body = from_hex(vector.at("body_hex"));
    const auto hello = parse_server_hello(body);
    ASSERT_TRUE(hello);
    EXPECT_EQ(ja3s_string(*hello), vector.at("ja3s").get<std::string>());
    EXPECT_EQ(ja3s(*hello).view(), vector.at("ja3s_md5").get<std::string>());
  }
}

// The README of salesforce/ja3 and published JA3S values: string and digest.
TEST(Ja3, DigestsWhatIsPublished) {
  struct Case {
    std::string_view text;
    std::string_view md5;
  };
  const Case cases[] = {
      {"769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0",
       "ada70206e40642a3e4461f35503241d5"},
      {"769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6"},
      {"769,4-5-10,,,", "73c580309d73416556b36e213d598ac1"},
      {"771,4865,51-43", "eb1d94daa7e0344597e756a1fb6e7054"},
      {"771,49199,65281-0-11-16-23", "5d79edf64e03689ff559a54e9d9487bc"},
  };
  for (const Case& row : cases) {
    Digest md5{DigestKind::md5};
    md5.append(row.text);
    EXPECT_EQ(md5.hex(32).view(), row.md5);
  }
}

// RFC 1321, appendix A.5, and FIPS 180-2, appendix B.3, in pieces that do not divide the block.
TEST(Digest, DoesNotDependOnThePieces) {
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{7}, std::size_t{511}, std::size_t{4096}}) {
    SCOPED_TRACE(piece);
    Digest sha256{DigestKind::sha256};
    std::string left(1'000'000, 'a');
    while (!left.empty()) {
      sha256.append(std::string_view{left}.substr(left.size() - std::min(left.size(), piece)));
      left.resize(left.size() - std::min(left.size(), piece));
    }
    EXPECT_EQ(sha256.hex(64).view(),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
  EXPECT_EQ(Digest{DigestKind::md5}.hex(32).view(), "d41d8cd98f00b204e9800998ecf8427e");
}

}  // namespace
}  // namespace sekimori
