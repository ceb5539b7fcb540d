#include "core/text/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace sekimori {
namespace {

constexpr std::size_t kLineLimit = 1024;  // bytes: no key or token comes near

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_{number} {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const noexcept { return number_; }
  bool good() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

tl::unexpected<Complaint> complain(const std::string& path, std::string what, std::string way_out) {
  return tl::unexpected{Complaint{path, 0, 0, std::move(what), std::move(way_out)}};
}

tl::unexpected<Complaint> complain_of_error(const std::string& path, std::string_view doing) {
  const std::string reason = std::generic_category().message(errno);
  return complain(path, "cannot be " + std::string{doing} + ": " + reason, "");
}

bool write_whole(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Loaded<std::string> write_new_file(const std::string& path, std::string_view line, mode_t mode) {
  // O_EXCL takes no existing file, directory or symbolic link, not even one that leads nowhere.
  const Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
  if (!file.good() && errno == EEXIST) {
    return complain(path, "exists already and is not overwritten", "name another, or move it away");
  }
  if (!file.good()) return complain_of_error(path, "made");
  const std::string text = std::string{line} + "\n";
  // fchmod, because the process's umask may have taken bits away.
  if (::fchmod(file.number(), mode) != 0 || !write_whole(file.number(), text) ||
      ::fsync(file.number()) != 0) {
    auto complaint = complain_of_error(path, "written");
    ::unlink(path.c_str());
    return complaint;
  }
  return path;
}

}  // namespace

Loaded<std::string> read_secret_file(const std::string& path) {
  // Not blocking, so that a named pipe is refused below and does not hang.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat status {};
  if (!file.good() || ::fstat(file.number(), &status) != 0) return complain_of_error(path, "read");
  if (!S_ISREG(status.st_mode)) return complain(path, "is not a regular file", "");
  const mode_t group = status.st_uid == 0 ? S_IWGRP | S_IXGRP : S_IRWXG;
  if ((status.st_mode & (group | S_IRWXO)) != 0) {
    return complain(path, "holds a secret and others than its owner may use it",
                    "chmod 600 " + path);
  }
  std::array<char, kLineLimit + 2> bytes{};
  const ssize_t size = ::read(file.number(), bytes.data(), bytes.size());
  if (size < 0) return complain_of_error(path, "read");
  std::string line{bytes.data(), static_cast<std::size_t>(size)};
  if (line.ends_with('\n')) line.pop_back();
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) return complain(path, "is empty", "");
  if (line.size() > kLineLimit || line.find('\n') != std::string::npos) {
    return complain(path, "holds more than one line with a secret", "");
  }
  return line;
}

Loaded<std::string> write_secret_file(const std::string& path, std::string_view line) {
  return write_new_file(path, line, S_IRUSR | S_IWUSR);
}

Loaded<std::string> write_public_file(const std::string& path, std::string_view line) {
  return write_new_file(path, line, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
}

}  // namespace sekimori
