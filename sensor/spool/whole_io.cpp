#include "sensor/spool/whole_io.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

namespace sekimori {

bool read_whole(int descriptor, std::uint64_t offset, std::uint8_t* out,
                std::size_t size) noexcept {
  while (size > 0) {
    const ssize_t got = ::pread(descriptor, out, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool write_whole(int descriptor, std::uint64_t offset, Bytes head, Bytes body) noexcept {
  // pwritev(2) does not write through these pointers.
  const iovec parts[] = {{const_cast<std::uint8_t*>(head.data()), head.size()},
                         {const_cast<std::uint8_t*>(body.data()), body.size()}};
  ssize_t put = -1;
  do {
    put = ::pwritev(descriptor, parts, 2, static_cast<off_t>(offset));
  } while (put < 0 && errno == EINTR);
  return put == static_cast<ssize_t>(head.size() + body.size());
}

}  // namespace sekimori
