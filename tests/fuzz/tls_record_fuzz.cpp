#include <algorithm>
#include <array>
#include <cstdlib>

#include "sensor/handshake/tls_record.h"

namespace {

using sekimori::Bytes;
using sekimori::Fault;
using sekimori::Result;
using Scratch = std::array<std::uint8_t, 512>;

void demand(bool holds) {
  if (!holds) std::abort();
}

bool inside(Bytes part, Bytes whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

// What was said of a prefix stands, whatever bytes follow: a flow acts on it and forgets the
// stream.
void demand_same(const Result<Bytes>& of_prefix, const Result<Bytes>& of_whole) {
  if (!of_prefix && of_prefix.error().fault == Fault::truncated) return;
  demand(of_prefix.has_value() == of_whole.has_value());
  demand(of_prefix ? std::ranges::equal(*of_prefix, *of_whole)
                   : of_prefix.error() == of_whole.error());
}

void check_messages(Bytes stream, std::size_t cut) {
  for (const auto wanted :
       {sekimori::HandshakeType::client_hello, sekimori::HandshakeType::server_hello}) {
    Scratch scratch{};
    Scratch other{};
    const auto whole = first_handshake(stream, wanted, scratch);
    demand_same(first_handshake(stream.first(cut), wanted, other), whole);
    if (whole) demand(whole->size() + 4 <= scratch.size());
    if (sekimori::starts_with_hello(stream, wanted)) {
      demand(whole || whole.error().fault != Fault::malformed || whole.error().offset != 5);
    }
    if (whole) demand(inside(*whole, stream) || inside(*whole, scratch));
  }
  Scratch scratch{};
  Scratch other{};
  demand_same(sekimori::server_hello_after_retry(stream.first(cut), other),
              sekimori::server_hello_after_retry(stream, scratch));
}

}  // namespace

// The first byte says where the rest is cut, of 256 parts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes stream{data + 1, size - 1};
  const std::size_t cut = stream.size() * *data / 256;
  check_messages(stream, cut);
  return 0;
}
