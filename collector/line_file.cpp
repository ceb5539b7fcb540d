#include "collector/line_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace sekimori {

Loaded<LineFile> LineFile::open(const std::string& path) {
  if (path == "-") return LineFile{"<standard output>", stdout};
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
  std::FILE* const file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "ae");
  if (file != nullptr) return LineFile{path, file};
  const std::string why = std::generic_category().message(errno);
  if (descriptor >= 0) ::close(descriptor);
  return tl::unexpected{Complaint{path, 0, 0, "cannot be opened for writing: " + why,
                                  "its folder must exist and belong to the collector's user"}};
}

void LineFile::add(std::string_view line) {
  static_cast<void>(std::fwrite(line.data(), 1, line.size(), file_.get()));
  static_cast<void>(std::fputc('\n', file_.get()));
}

tl::expected<void, Complaint> LineFile::flush() {
  errno = 0;
  if (std::fflush(file_.get()) == 0 && std::ferror(file_.get()) == 0) return {};
  const std::string why = std::generic_category().message(errno);
  std::clearerr(file_.get());
  return tl::unexpected{Complaint{path_, 0, 0, "verdicts cannot be written: " + why,
                                  "they are in the store; make room, then reload (SIGHUP)"}};
}

}  // namespace sekimori
