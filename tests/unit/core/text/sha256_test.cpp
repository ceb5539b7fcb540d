#include "core/text/sha256.h"

#include <gtest/gtest.h>

namespace sekimori {
namespace {

// The first two by sha256sum; the third is FIPS 180-4's one-block example.
TEST(Sha256, AgreesWithSha256sum) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex(std::string_view{"a\0b", 3}),
            "59b271ae1bbcb1d31d41929817f4b16fb439eb4f31520b5ad1d5ce98920a7138");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace sekimori
