#include "core/record/transport_message.h"

#include <gtest/gtest.h>

#include <string_view>

namespace sekimori {
namespace {

using std::string_view_literals::operator""sv;

std::vector<std::uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

// core/record/transport_message.h: a kind byte, then the members in order, network order.
constexpr std::string_view kHello =
    "\x01\x01\x00\x01\x01\x23\x45\x67\x89\xab\xcd\xef\x00\x00\x00\x00\x00\x00\x00\x2a\x07tokyo-1"sv;
constexpr std::string_view kWelcome =
    "\x02\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x29\x00\x00\x00\x40"sv;
constexpr std::string_view kDelivery =
    "\x03\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x2a"
    "frame"sv;
constexpr std::string_view kAcknowledgement =
    "\x04\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x2a\x00\x00\x00\x3f"sv;
constexpr std::string_view kRefusal =
    "\x05\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x2a\x02"sv;

TEST(TransportMessage, ReadsEachKind) {
  const auto hello = parse_transport_message(bytes_of(kHello));
  ASSERT_TRUE(hello && std::holds_alternative<Hello>(*hello));
  EXPECT_EQ(std::get<Hello>(*hello).version, 1);
  EXPECT_EQ(std::get<Hello>(*hello).schema, 1);
  EXPECT_EQ(std::get<Hello>(*hello).boot, 0x0123456789abcdefU);
  EXPECT_EQ(std::get<Hello>(*hello).oldest, 42U);
  EXPECT_EQ(std::get<Hello>(*hello).sensor, "tokyo-1"sv);

  const auto welcome = parse_transport_message(bytes_of(kWelcome));
  ASSERT_TRUE(welcome && std::holds_alternative<Welcome>(*welcome));
  EXPECT_EQ(std::get<Welcome>(*welcome).boot, 7U);
  EXPECT_EQ(std::get<Welcome>(*welcome).committed, 41U);
  EXPECT_EQ(std::get<Welcome>(*welcome).credit, 64U);

  const std::vector<std::uint8_t> message = bytes_of(kDelivery);
  const auto delivery = parse_transport_message(message);
  ASSERT_TRUE(delivery && std::holds_alternative<Delivery>(*delivery));
  EXPECT_EQ(std::get<Delivery>(*delivery).boot, 7U);
  EXPECT_EQ(std::get<Delivery>(*delivery).sequence, 42U);
  EXPECT_EQ(std::get<Delivery>(*delivery).frame.data(), message.data() + 17);
  EXPECT_EQ(std::get<Delivery>(*delivery).frame.size(), 5U);

  const auto acknowledgement = parse_transport_message(bytes_of(kAcknowledgement));
  ASSERT_TRUE(acknowledgement && std::holds_alternative<Acknowledgement>(*acknowledgement));
  EXPECT_EQ(std::get<Acknowledgement>(*acknowledgement).committed, 42U);
  EXPECT_EQ(std::get<Acknowledgement>(*acknowledgement).credit, 63U);

  const auto refusal = parse_transport_message(bytes_of(kRefusal));
  ASSERT_TRUE(refusal && std::holds_alternative<Refusal>(*refusal));
  EXPECT_EQ(std::get<Refusal>(*refusal).sequence, 42U);
  EXPECT_EQ(std::get<Refusal>(*refusal).reason, RefusalReason::unreadable);
}

TEST(TransportMessage, IsWrittenAsItIsRead) {
  EXPECT_EQ(encode_message(Hello{1, 1, 0x0123456789abcdef, 42, "tokyo-1"sv}), bytes_of(kHello));
  EXPECT_EQ(encode_message(Welcome{7, 41, 64}), bytes_of(kWelcome));
  const std::vector<std::uint8_t> frame = bytes_of("frame");
  EXPECT_EQ(encode_message(Delivery{7, 42, frame}), bytes_of(kDelivery));
  EXPECT_EQ(encode_message(Acknowledgement{7, 42, 63}), bytes_of(kAcknowledgement));
  EXPECT_EQ(encode_message(Refusal{7, 42, RefusalReason::unreadable}), bytes_of(kRefusal));
}

TEST(TransportMessage, EveryPrefixIsTruncated) {
  for (const std::string_view whole :
       {kHello, kWelcome, kDelivery.substr(0, 17), kAcknowledgement, kRefusal}) {
    const std::vector<std::uint8_t> message = bytes_of(whole);
    for (std::size_t size = 0; size < message.size(); ++size) {
      const auto parsed = parse_transport_message(Bytes{message}.first(size));
      ASSERT_FALSE(parsed) << size;
      EXPECT_EQ(parsed.error().fault, Fault::truncated) << size;
    }
  }
}

TEST(TransportMessage, RefusesWhatIsNotSpoken) {
  struct Case {
    std::string_view what;
    std::vector<std::uint8_t> message;
    Defect expected;
  };
  std::vector<std::uint8_t> long_name = bytes_of(kHello);
  long_name[20] = 65;
  const Case cases[] = {
      {"kind 0", {0}, {Fault::unsupported, Layer::record, 0}},
      {"kind 6", {6, 1, 2, 3}, {Fault::unsupported, Layer::record, 0}},
      {"reason 0",
       bytes_of(std::string{kRefusal.substr(0, 17)} + '\0'),
       {Fault::unsupported, Layer::record, 17}},
      {"reason 5",
       bytes_of(std::string{kRefusal.substr(0, 17)} + '\5'),
       {Fault::unsupported, Layer::record, 17}},
      {"a name of 65 letters", long_name, {Fault::malformed, Layer::record, 20}},
      {"more than a Hello",
       bytes_of(std::string{kHello} + "x"),
       {Fault::malformed, Layer::record, 28}},
      {"more than a Welcome",
       bytes_of(std::string{kWelcome} + "x"),
       {Fault::malformed, Layer::record, 21}},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    const auto parsed = parse_transport_message(row.message);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error(), row.expected);
  }
}

TEST(TransportMessage, OfAnotherVersionOnlyTheVersionIsRead) {
  const auto hello = parse_transport_message(bytes_of("\x01\x02whatever it says"));
  ASSERT_TRUE(hello && std::holds_alternative<Hello>(*hello));
  EXPECT_EQ(std::get<Hello>(*hello).version, 2);
}

}  // namespace
}  // namespace sekimori
