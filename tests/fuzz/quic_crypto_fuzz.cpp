#include <cstdlib>
#include <memory>

#include "sensor/handshake/quic_crypto.h"

namespace {

using sekimori::Bytes;

void demand(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes{data, size};
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
