#pragma once

#include <string>

#include "core/text/complaint.h"

namespace sekimori {

// The store's file, held by one program at a time for as long as this lives: two collectors on one
// store would each answer claims without the other's sessions. Must outlive SQLite's connection:
// closing any descriptor of a file drops the process's POSIX locks on it.
class StoreFile {
 public:
  StoreFile() = default;
  StoreFile(const StoreFile&) = delete;
  StoreFile& operator=(const StoreFile&) = delete;
  ~StoreFile();

  // Creates it when there is none, 0600. Complains of a folder that is not there, of what is no
  // regular file, and when another program holds it.
  Loaded<bool> open(const std::string& path);

  // SQLite's log and index take its mode, so this comes before they are made.
  Loaded<bool> make_private();

  // Somebody deleted it: what is written now is gone with this process.
  bool deleted() const noexcept;

 private:
  Complaint unusable(const std::string& why) const;

  std::string path_;
  int descriptor_ = -1;
};

}  // namespace sekimori
