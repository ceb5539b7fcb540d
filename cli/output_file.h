#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "core/text/complaint.h"

namespace sekimori {

// Where lines go: a file, or standard output for "-". A write that fails (a full disk) is said
// once, by close(), and nothing after it is tried.
class OutputFile {
 public:
  static Loaded<OutputFile> create(const std::string& path);

  void write(std::string_view bytes) noexcept;
  bool good() const noexcept { return good_; }
  // Flushes; a complaint when any byte did not arrive.
  Loaded<void> close() noexcept;

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept {
      if (file != stdout) std::fclose(file);
    }
  };
  OutputFile(std::unique_ptr<std::FILE, Close> file, std::string path)
      : file_{std::move(file)}, path_{std::move(path)} {}

  std::unique_ptr<std::FILE, Close> file_;
  std::string path_;
  bool good_ = true;
};

}  // namespace sekimori
