#include "cli/replay_run.h"

#include <chrono>
#include <iostream>

#include "cli/commands.h"
#include "cli/output_file.h"
#include "core/record/ecs_json.h"
#include "sensor/capture/file_source.h"
#include "sensor/config.h"
#include "sensor/file_run.h"

namespace sekimori {
namespace {

void complain(const Complaint& complaint) {
  std::cerr << "sekimori: " << complaint.text() << '\n';
}

// Bytes of JSON that wait for a write.
constexpr std::size_t kWriteSize = 64 * 1024;

// Session records as JSON lines.
class SessionLines {
 public:
  SessionLines(OutputFile file, bool starts) : file_{std::move(file)}, starts_{starts} {}

  void take(const SessionRecord& record) {
    if (record.type == EventType::start && !starts_) return;
    append_json(lines_, session_fields(), session_reader(record));
    lines_ += '\n';
    if (lines_.size() >= kWriteSize) flush();
  }
  Loaded<void> close() {
    flush();
    return file_.close();
  }
  bool good() const noexcept { return file_.good(); }

 private:
  void flush() {
    file_.write(lines_);
    lines_.clear();
  }

  OutputFile file_;
  bool starts_;
  std::string lines_;
};

// One line on a terminal, redrawn a few times a second.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted) : wanted_{wanted} {}
  ~ProgressLine() {
    if (drawn_) std::cerr << "\r\033[K";
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const std::string& capture, Progress progress) {
    const auto now = std::chrono::steady_clock::now();
    if (!wanted_ || now - last_ < std::chrono::milliseconds{200}) return;
    last_ = now;
    drawn_ = true;
    std::cerr << "\r\033[K" << capture << ": " << progress.done / 1'000'000 << " MB";
    if (progress.total > 0) std::cerr << ", " << progress.done * 100 / progress.total << " %";
    std::cerr << std::flush;
  }

 private:
  bool wanted_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace
}  // namespace sekimori
