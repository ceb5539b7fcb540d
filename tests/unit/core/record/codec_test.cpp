#include "core/record/codec.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <limits>
#include <random>

#include "core/record/ecs_json.h"
#include "tests/unit/core/record/sample_record.h"

namespace sekimori {
namespace {

std::vector<std::uint8_t> read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string json_of(const SessionRecord& record) {
  std::string out;
  append_json(out, session_fields(), session_reader(record));
  return out;
}

Batch sample_batch() {
  Batch batch;
  batch.id = {"tokyo-1"sv, 0x0123456789abcdef, 42};
  batch.speaker = {"edge-1"sv, "0.1.0"sv, Vantage::egress, Path::direct};
  batch.counters = {{"decode.tcp.truncated"sv, 3},
                    {"capture.frames"sv, std::numeric_limits<std::uint64_t>::max()}};
  SessionRecord bare;
  bare.observer = "edge-2"sv;
  bare.path = Path::l7;
  bare.protocol = 50;
  bare.client.ip = sample_ip("2001:db8::9");
  batch.records = {sample_record(), bare};
  return batch;
}

void expect_equal(const Batch& batch, const Batch& expected) {
  EXPECT_EQ(batch.id.sensor, expected.id.sensor);
  EXPECT_EQ(batch.id.boot, expected.id.boot);
  EXPECT_EQ(batch.id.sequence, expected.id.sequence);
  EXPECT_EQ(batch.speaker.observer, expected.speaker.observer);
  EXPECT_EQ(batch.speaker.observer_version, expected.speaker.observer_version);
  EXPECT_EQ(batch.speaker.vantage, expected.speaker.vantage);
  EXPECT_EQ(batch.speaker.path, expected.speaker.path);
  ASSERT_EQ(batch.counters.size(), expected.counters.size());
  for (std::size_t at = 0; at < batch.counters.size(); ++at) {
    EXPECT_EQ(batch.counters[at].name, expected.counters[at].name);
    EXPECT_EQ(batch.counters[at].value, expected.counters[at].value);
  }
  ASSERT_EQ(batch.records.size(), expected.records.size());
  for (std::size_t at = 0; at < batch.records.size(); ++at) {
    EXPECT_EQ(json_of(batch.records[at]), json_of(expected.records[at]));
  }
}

TEST(Codec, WhatIsEncodedDecodesToTheSame) {
  const auto decoded = decode_batch(encode_batch(sample_batch()));
  ASSERT_TRUE(decoded);
  expect_equal(*decoded, sample_batch());
}

// flatc --binary core/record/session_record.fbs tests/unit/core/record/batch.json
TEST(Codec, ReadsWhatFlatcWrites) {
  const auto buffer = read_file("tests/fuzz/corpus/codec/batch");
  ASSERT_FALSE(buffer.empty());
  const auto decoded = decode_batch(buffer);
  ASSERT_TRUE(decoded);
  expect_equal(*decoded, sample_batch());
}

// zstd -1 --no-check, the command-line program, over the same.
TEST(Codec, ReadsWhatZstdWrites) {
  const auto frame = read_file("tests/fuzz/corpus/codec/batch.zst");
  const auto buffer = decompress(frame, kBatchSizeLimit);
  ASSERT_TRUE(buffer);
  EXPECT_EQ(*buffer, read_file("tests/fuzz/corpus/codec/batch"));
}

TEST(Codec, NoPrefixOfABufferIsABatch) {
  const auto buffer = encode_batch(sample_batch());
  for (std::size_t size = 0; size < buffer.size(); ++size) {
    const auto decoded = decode_batch(Bytes{buffer}.first(size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().fault, size < 8 ? Fault::truncated : Fault::malformed) << size;
  }
}

TEST(Codec, EveryPrefixOfAFrameIsTruncated) {
  const auto frame = compress(encode_batch(sample_batch()));
  for (std::size_t size = 0; size < frame.size(); ++size) {
    const auto bytes = decompress(Bytes{frame}.first(size), kBatchSizeLimit);
    ASSERT_FALSE(bytes) << size;
    EXPECT_EQ(bytes.error(), (Defect{Fault::truncated, Layer::record, 0})) << size;
  }
}

TEST(Codec, RefusesValuesOutOfTheirRange) {
  struct Case {
    std::string_view what;
    Fault expected;
    std::function<void(Batch&)> change;
  };
  const Case cases[] = {
      {"latitude", Fault::malformed, [](Batch& b) { b.records[0].client.geo.latitude = 90.5; }},
      {"longitude", Fault::malformed, [](Batch& b) { b.records[0].server.geo.longitude = -181; }},
      {"not a number", Fault::malformed,
       [](Batch& b) {
         b.records[0].client.geo.latitude = std::numeric_limits<double>::quiet_NaN();
       }},
      {"year 1677", Fault::malformed,
       [](Batch& b) {
         b.records[0].start = sample_time(std::numeric_limits<std::int64_t>::min());
       }},
      {"year 2262", Fault::malformed,
       [](Batch& b) { b.records[1].end = sample_time(std::numeric_limits<std::int64_t>::max()); }},
      {"vantage", Fault::unsupported, [](Batch& b) { b.speaker.vantage = Vantage{2}; }},
      {"path", Fault::unsupported, [](Batch& b) { b.records[1].path = Path{4}; }},
      {"type", Fault::unsupported, [](Batch& b) { b.records[1].type = EventType{2}; }},
      {"no fingerprint", Fault::unsupported,
       [](Batch& b) { b.records[0].tls.no_fingerprint = NoFingerprint{6}; }},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.what);
    Batch batch = sample_batch();
    row.change(batch);
    const auto decoded = decode_batch(encode_batch(batch));
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error(), (Defect{row.expected, Layer::record, 0}));
  }
}

TEST(Codec, CutsTextsAndListsThatAreTooLong) {
  // Both made by flatc from JSON, as no encoder of ours writes them.
  const auto decoded = decode_batch(read_file("tests/fuzz/corpus/codec/too_long"));
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->records.size(), 1U);
  EXPECT_EQ(decoded->records[0].tls.server_name.size(), 255U);
  EXPECT_TRUE(decoded->records[0].tls.server_name.was_cut());
  EXPECT_EQ(decoded->records[0].tls.alpn.size(), 8U);
  EXPECT_EQ(decoded->records[0].tls.alpn.view()[7], "7"sv);
  EXPECT_EQ(decoded->records[0].signatures.size(), 8U);
}

TEST(Codec, RefusesABatchOfANewerSchema) {
  const auto decoded = decode_batch(read_file("tests/fuzz/corpus/codec/newer_schema"));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().fault, Fault::unsupported);
}

TEST(Codec, RefusesBothAddressesAtOnce) {
  const auto decoded = decode_batch(read_file("tests/fuzz/corpus/codec/two_addresses"));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().fault, Fault::malformed);
}

// Every text full, no two alike: the largest batch that a sensor can make.
TEST(Codec, TheLargestBatchFitsItsLimit) {
  std::mt19937 random{1};
  const auto fill = [&random](auto& text) {
    text.clear();
    while (!text.was_cut()) text.push_back(static_cast<char>(random()));
  };
  Batch batch = sample_batch();
  batch.records.assign(kBatchRecordLimit, sample_record());
  for (SessionRecord& record : batch.records) {
    for (Endpoint* side : {&record.client, &record.server}) {
      fill(side->geo.city);
      fill(side->as.organization);
    }
    fill(record.observer);
    fill(record.observer_version);
    fill(record.network_protocol);
    fill(record.application);
    fill(record.geo.database_type);
    fill(record.geo.as_database_type);
    fill(record.tls.version);
    fill(record.tls.cipher);
    fill(record.tls.next_protocol);
    fill(record.tls.server_name);
    fill(record.tls.ja3);
    fill(record.tls.ja4);
    fill(record.tls.ja3s);
    fill(record.tls.server_subject);
    fill(record.tls.server_issuer);
    fill(record.syn.options);
    fill(record.remote_access);
    fill(record.tunnel);
    record.tls.alpn.clear();
    record.signatures.clear();
    for (int at = 0; at < 8; ++at) {
      AlpnName name;
      fill(name);
      record.tls.alpn.push_back(name);
      SignatureMatch match;
      fill(match.id);
      fill(match.title);
      fill(match.level);
      record.signatures.push_back(match);
    }
  }
  batch.counters.assign(kBatchCounterLimit, {});
  for (Counter& counter : batch.counters) fill(counter.name);
  const auto buffer = encode_batch(batch);
  RecordProperty("buffer_bytes", static_cast<int>(buffer.size()));
  EXPECT_LT(buffer.size(), kBatchSizeLimit / 2);
  const auto frame = compress(buffer);
  RecordProperty("frame_bytes", static_cast<int>(frame.size()));
  EXPECT_LE(frame.size(), kFrameSizeLimit);
  const auto decoded = decode_batch(buffer);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->records.size(), kBatchRecordLimit);
  EXPECT_EQ(json_of(decoded->records[255]), json_of(batch.records[255]));
}

TEST(Codec, LeavesOutWhatIsBeyondTheLimits) {
  Batch batch;
  batch.records.resize(kBatchRecordLimit + 1);
  batch.counters.resize(kBatchCounterLimit + 1);
  const auto decoded = decode_batch(encode_batch(batch));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->records.size(), kBatchRecordLimit);
  EXPECT_EQ(decoded->counters.size(), kBatchCounterLimit);
}

TEST(Compression, RefusesWhatWouldGrowPastTheLimit) {
  const std::vector<std::uint8_t> zeros(1000);
  const auto frame = compress(zeros);
  EXPECT_LT(frame.size(), 50U);
  ASSERT_TRUE(decompress(frame, 1000));
  EXPECT_EQ(*decompress(frame, 1000), zeros);
  EXPECT_EQ(decompress(frame, 999).error(), (Defect{Fault::unsupported, Layer::record, 0}));
}

TEST(Compression, RefusesWhatIsNotOneFrame) {
  auto twice = compress(encode_batch(sample_batch()));
  twice.insert(twice.end(), twice.begin(), twice.begin() + 16);
  EXPECT_EQ(decompress(twice, kBatchSizeLimit).error().fault, Fault::malformed);
  // RFC 8878, section 3.1.1: magic, a descriptor without content size, window, one empty last
  // block.
  const std::vector<std::uint8_t> sizeless{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x00, 0x01, 0x00, 0x00};
  EXPECT_EQ(decompress(sizeless, kBatchSizeLimit).error().fault, Fault::malformed);
  const std::vector<std::uint8_t> garbage(64, 0x5a);
  EXPECT_EQ(decompress(garbage, kBatchSizeLimit).error().fault, Fault::malformed);
}

}  // namespace
}  // namespace sekimori
