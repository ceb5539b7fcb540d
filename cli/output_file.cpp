#include "cli/output_file.h"

#include <cerrno>
#include <cstring>

namespace sekimori {

Loaded<OutputFile> OutputFile::create(const std::string& path) {
  if (path == "-") return OutputFile{std::unique_ptr<std::FILE, Close>{stdout}, "standard output"};
  std::unique_ptr<std::FILE, Close> file{std::fopen(path.c_str(), "we")};
  if (!file) {
    return tl::unexpected{Complaint{path, 0, 0,
                                    std::string{"cannot be written: "} + std::strerror(errno),
                                    "give a path in a folder that you may write"}};
  }
  return OutputFile{std::move(file), path};
}

void OutputFile::write(std::string_view bytes) noexcept {
  if (good_) good_ = std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size();
}

Loaded<void> OutputFile::close() noexcept {
  if (good_) good_ = std::fflush(file_.get()) == 0;
  if (good_) return {};
  return tl::unexpected{
      Complaint{path_, 0, 0, std::string{"was not written to its end: "} + std::strerror(errno),
                "make room and run again"}};
}

}  // namespace sekimori
