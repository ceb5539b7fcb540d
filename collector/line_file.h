#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "core/text/complaint.h"

namespace sekimori {

// Lines of JSON that are appended to a file (created with mode 0600) or go to standard output.
class LineFile {
 public:
  // "-": standard output.
  static Loaded<LineFile> open(const std::string& path);

  void add(std::string_view line);
  // Hands what was added to the system; a complaint when the disk or the reader takes no more.
  tl::expected<void, Complaint> flush();

 private:
  struct Closer {
    void operator()(std::FILE* file) const noexcept {
      if (file != stdout) static_cast<void>(std::fclose(file));
    }
  };
  LineFile(std::string path, std::FILE* file) : path_{std::move(path)}, file_{file} {}

  std::string path_;
  std::unique_ptr<std::FILE, Closer> file_;
};

}  // namespace sekimori
