#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>

#include "sensor/handshake/quic_crypto.h"

namespace {

using sekimori::Bytes;

void demand(bool holds) {
  if (!holds) std::abort();
}

// The stream does what a map from offset to the first byte that came there does.
void check_stream(Bytes script) {
  static auto stream = std::make_unique<sekimori::MessagePieces>();
  stream->clear();
  std::map<std::size_t, std::uint8_t> expected;
  sekimori::Cursor cursor{script};
  while (cursor.left() > 2) {
    const std::size_t offset = cursor.u16() % (sekimori::kMessageLimit + 16);
    const Bytes data = cursor.take(std::min<std::size_t>(cursor.u8(), cursor.left()));
    stream->add(offset, data);
    for (std::size_t i = 0; i < data.size(); ++i) {
      if (offset + i < sekimori::kMessageLimit) expected.emplace(offset + i, data[i]);
    }
  }
  const Bytes run = stream->run();
  for (std::size_t i = 0; i < run.size(); ++i)
    demand(expected.contains(i) && expected[i] == run[i]);
  demand(!expected.contains(run.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes{data, size};
  check_stream(bytes);

  static auto stream = std::make_unique<sekimori::MessagePieces>();
  stream->clear();
  const auto added = add_crypto_frames(bytes, 1, *stream);
  if (added) demand(*added * 3 <= size);
  if (!added) demand(added.error().offset <= size);
  demand(stream->run().size() <= size);
  stream->clear();
  const auto of_google = add_crypto_frames(bytes, 0x54303530, *stream);
  if (of_google) demand(*of_google * 3 <= size);
  const auto message = first_crypto_message(stream->run(), sekimori::HandshakeType::client_hello);
  if (message) demand(message->size() + 4 <= stream->run().size());
  return 0;
}
