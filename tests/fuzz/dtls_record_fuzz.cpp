#include <cstdlib>

#include "sensor/handshake/dtls_record.h"

namespace {

using sekimori::Bytes;

void demand(bool holds) {
  if (!holds) std::abort();
}

bool lies_in(Bytes part, Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

// Records and fragments are walked one after the other: each takes at least its header, lies in
// what it was cut from, and a fragment lies in its message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes datagram{data, size};
  while (const auto record = sekimori::parse_dtls_record(datagram)) {
    demand(record->bytes.size() == record->fragment.size() + 13);
    demand(lies_in(record->fragment, datagram));
    Bytes rest = record->fragment;
    while (const auto fragment = sekimori::parse_dtls_fragment(rest)) {
      demand(fragment->bytes.size() == fragment->body.size() + 12);
      demand(lies_in(fragment->body, rest));
      demand(fragment->offset + fragment->body.size() <= fragment->message_size);
      rest = rest.subspan(fragment->bytes.size());
    }
    datagram = datagram.subspan(record->bytes.size());
  }
  return 0;
}
