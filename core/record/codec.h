#pragma once

#include <cstdint>
#include <vector>

#include "core/bytes/cursor.h"
#include "core/bytes/result.h"
#include "core/record/batch.h"

namespace sekimori {

// Bytes of one batch before compression. 256 records that fill every text are 0.94 MiB; the
// rest is room for fields to come. A decompressed batch may not claim more.
inline constexpr std::size_t kBatchSizeLimit = std::size_t{4} << 20U;
// Bytes of one batch as it travels. zstd adds at most some hundred bytes to what does not shrink.
inline constexpr std::size_t kFrameSizeLimit = std::size_t{2} << 20U;

// A batch as a FlatBuffers buffer (session_record.fbs). The same batch gives the same bytes.
// Records, counters and losses beyond the limits of batch.h are the caller's mistake and are left
// out.
std::vector<std::uint8_t> encode_batch(const Batch& batch);

// Reads a buffer from anyone. Everything is verified before it is read and copied out by value;
// texts longer than their place in a record are cut, as are lists.
// truncated: too short to be a buffer. malformed: not a batch, or a value out of its range.
// unsupported: a newer schema, or an enumerator that is not known here.
Result<Batch> decode_batch(Bytes buffer);

// One zstd frame, level 1: 92 B a record instead of 240, and no other level paid for its time.
std::vector<std::uint8_t> compress(Bytes bytes);

// The content of the one zstd frame that `frame` is. Refused before any memory is asked for when it
// does not declare its size (malformed) or declares more than `limit` bytes (unsupported).
Result<std::vector<std::uint8_t>> decompress(Bytes frame, std::size_t limit);

}  // namespace sekimori
