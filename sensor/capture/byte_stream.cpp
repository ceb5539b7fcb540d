#include "sensor/capture/byte_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace sekimori {
namespace {

constexpr std::size_t kBufferSize = 2 * ByteStream::kMaxPeek;  // bytes
// Bytes of one read: what it brings is still in the processor's second cache when it is parsed.
constexpr std::size_t kRawSize = std::size_t{128} * 1024;
constexpr std::uint8_t kGzipMagic[] = {0x1f, 0x8b};  // RFC 1952, section 2.3.1

bool begins_like_gzip(Bytes bytes) noexcept {
  return bytes.size() >= 2 &&
         std::equal(std::begin(kGzipMagic), std::end(kGzipMagic), bytes.data());
}

std::string system_error_text() {
  return std::generic_category().message(errno);
}

}  // namespace

struct ByteStream::Inflater {
  Inflater() noexcept {
    constexpr int gzip_only = 16;
    is_ready = inflateInit2(&stream, MAX_WBITS + gzip_only) == Z_OK;
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  Inflater(Inflater&&) = delete;
  Inflater& operator=(Inflater&&) = delete;

  z_stream stream{};
  bool is_ready = false;
  bool between_members = false;
};

ByteStream::ByteStream() = default;
ByteStream::~ByteStream() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

ByteStream::ByteStream(ByteStream&& other) noexcept {
  *this = std::move(other);
}

ByteStream& ByteStream::operator=(ByteStream&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(raw_, other.raw_);
  std::swap(taken_, other.taken_);
  std::swap(inflater_, other.inflater_);
  std::swap(buffer_, other.buffer_);
  std::swap(window_, other.window_);
  std::swap(offset_, other.offset_);
  std::swap(raw_read_, other.raw_read_);
  std::swap(raw_total_, other.raw_total_);
  std::swap(ended_, other.ended_);
  std::swap(trouble_, other.trouble_);
  return *this;
}

Loaded<ByteStream> ByteStream::open(const std::string& path) {
  ByteStream stream;
  const bool is_stdin = path == "-";
  stream.descriptor_ = is_stdin ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const auto refuse = [&](std::string what, std::string way_out) {
    return tl::unexpected{
        Complaint{is_stdin ? "<standard input>" : path, 0, 0, std::move(what), std::move(way_out)}};
  };
  if (stream.descriptor_ < 0) {
    return refuse("cannot be opened: " + system_error_text(), "");
  }
  struct stat status {};
  if (::fstat(stream.descriptor_, &status) == 0 && S_ISREG(status.st_mode)) {
    stream.raw_total_ = static_cast<std::uint64_t>(status.st_size);
    ::posix_fadvise(stream.descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  stream.buffer_.resize(kBufferSize);
  if (begins_like_gzip(stream.peek(2))) {
    stream.taken_.assign(stream.window_.begin(), stream.window_.end());
    stream.raw_ = stream.taken_;
    stream.start_inflating();
  }
  if (!stream.trouble_.empty()) return refuse(stream.trouble_, "");
  return stream;
}

ByteStream ByteStream::over(Bytes bytes) {
  ByteStream stream;
  stream.raw_read_ = stream.raw_total_ = bytes.size();
  if (begins_like_gzip(bytes)) {
    stream.raw_ = bytes;
    stream.start_inflating();
  } else {
    stream.window_ = bytes;
    stream.ended_ = true;
  }
  return stream;
}

void ByteStream::start_inflating() {
  inflater_ = std::make_unique<Inflater>();
  if (!inflater_->is_ready) trouble_ = "zlib has no memory to decompress it";
  window_ = {};
  ended_ = !inflater_->is_ready;
}

std::uint64_t ByteStream::skip(std::uint64_t count) noexcept {
  std::uint64_t left = count;
  while (left > 0 && !peek(1).empty()) {
    const std::uint64_t here = std::min<std::uint64_t>(left, window_.size());
    window_ = window_.subspan(here);
    left -= here;
  }
  offset_ += count - left;
  return count - left;
}

Progress ByteStream::progress() const noexcept {
  // What lies unread in the window is not done yet; of compressed data that cannot be told.
  const std::uint64_t ahead = inflater_ ? raw_.size() : window_.size();
  return {raw_read_ - std::min(ahead, raw_read_), raw_total_};
}

void ByteStream::fill(std::size_t count) noexcept {
  if (ended_) return;
  const std::size_t wanted = std::min(count, kMaxPeek);
  std::copy(window_.begin(), window_.end(), buffer_.begin());
  if (buffer_.size() < wanted) buffer_.resize(wanted);
  std::size_t filled = window_.size();
  while (filled < wanted && !ended_) {
    auto into = std::span{buffer_}.subspan(filled);
    into = into.first(std::min(into.size(), kRawSize));
    const std::size_t got = inflater_ ? read_inflated(into) : read_raw(into);
    ended_ = got == 0;
    filled += got;
  }
  window_ = Bytes{buffer_}.first(filled);
}

std::size_t ByteStream::read_raw(std::span<std::uint8_t> into) noexcept {
  // EINTR is an end like any error: who catches a signal without SA_RESTART wants to be let go, and
  // a pipe may stay silent for ever.
  const ssize_t got = ::read(descriptor_, into.data(), into.size());
  if (got < 0) {
    trouble_ = "cannot be read: " + system_error_text();
    return 0;
  }
  raw_read_ += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

std::size_t ByteStream::read_inflated(std::span<std::uint8_t> into) noexcept {
  z_stream& zlib = inflater_->stream;
  zlib.next_out = into.data();
  zlib.avail_out = static_cast<uInt>(into.size());
  while (zlib.avail_out == into.size()) {
    if (raw_.empty() && descriptor_ >= 0) {
      taken_.resize(kRawSize);
      raw_ = Bytes{taken_}.first(read_raw(taken_));
    }
    if (inflater_->between_members) {  // RFC 1952, section 2.2: members follow each other
      if (raw_.empty() || raw_.front() != kGzipMagic[0]) return 0;
      inflater_->between_members = false;
      inflateReset(&zlib);
    }
    if (raw_.empty()) {
      if (trouble_.empty()) trouble_ = "its gzip data end early";
      return 0;
    }
    zlib.next_in = raw_.data();
    zlib.avail_in = static_cast<uInt>(std::min(raw_.size(), kRawSize));
    const std::size_t offered = zlib.avail_in;
    const int outcome = inflate(&zlib, Z_NO_FLUSH);
    raw_ = raw_.subspan(offered - zlib.avail_in);
    if (outcome == Z_STREAM_END) {
      inflater_->between_members = true;
    } else if (outcome != Z_OK && outcome != Z_BUF_ERROR) {
      trouble_ = "its gzip data are broken";
      break;
    }
  }
  return into.size() - zlib.avail_out;
}

}  // namespace sekimori
