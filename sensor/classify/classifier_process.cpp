#include "sensor/classify/classifier_process.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "sensor/classify/supervisor.h"

namespace sekimori {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// So many failures within a minute are told as an error.
constexpr std::size_t kManyFailures = 3;
// What they cost slows the next process down: a hang costs the time that it is waited for, a crash
// that of a fork.
constexpr std::size_t kMostCost = 60;
constexpr std::size_t kCostOfHang = 20;
constexpr seconds kPause{1};
// What it does takes milliseconds, and 50 of them the first time.
constexpr seconds kSupervisorPatience{10};

struct Reply {
  int status = 0;
  int socket = -1;
};

// False: the supervisor is gone, or says nothing.
bool receive(int control, Reply& reply) {
  pollfd answer{control, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&answer, 1, static_cast<int>(milliseconds{kSupervisorPatience}.count()));
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) return false;
  iovec text{&reply.status, sizeof reply.status};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  ssize_t size = 0;
  do {
    size = ::recvmsg(control, &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size != sizeof reply.status) return false;
  const cmsghdr* const rights = CMSG_FIRSTHDR(&message);
  if (rights != nullptr && rights->cmsg_type == SCM_RIGHTS) {
    std::memcpy(&reply.socket, CMSG_DATA(rights), sizeof reply.socket);
  }
  return true;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF) return "took too long";
  if (WIFSIGNALED(status)) {
    return std::string{"was ended by signal "} + std::to_string(WTERMSIG(status)) + " (" +
           ::strsignal(WTERMSIG(status)) + ")";
  }
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

std::string why_gone(pid_t supervisor) {
  int status = 0;
  if (::waitpid(supervisor, &status, WNOHANG) != supervisor)
    return "its supervisor does not answer";
  if (!WIFEXITED(status))
    return "its supervisor " + how_it_ended(status) + "; start the sensor again";
  if (WEXITSTATUS(status) == kNoLibrary) {
    return "the nDPI library is not the one that this program was built with; install that one";
  }
  if (WEXITSTATUS(status) == kNotConfined) return "it could not be confined, and so does not run";
  return "its supervisor " + how_it_ended(status);
}

}  // namespace

Loaded<std::unique_ptr<ClassifierProcess>> ClassifierProcess::start(const DissectorMaker& make,
                                                                    const ClassifierLimits& limits,
                                                                    Tell tell) {
  const auto cannot = [](const char* what) {
    return tl::unexpected{Complaint{
        "", 0, 0, std::string{"cannot start the classifier: "} + what + ": " + std::strerror(errno),
        "say 'classifier: {use: off}' to do without"}};
  };
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return cannot("socketpair");
  }
  const pid_t parent = ::getpid();
  const pid_t supervisor = ::fork();
  if (supervisor == 0) supervise(pair[1], parent, make, limits);
  ::close(pair[1]);
  if (supervisor < 0) {
    const int fault = errno;
    ::close(pair[0]);
    errno = fault;
    return cannot("fork");
  }
  return std::unique_ptr<ClassifierProcess>{
      new ClassifierProcess{pair[0], supervisor, limits, std::move(tell)}};
}

ClassifierProcess::ClassifierProcess(int control, pid_t supervisor, const ClassifierLimits& limits,
                                     Tell tell)
    : control_{control}, supervisor_{supervisor}, limits_{limits}, tell_{std::move(tell)} {}

ClassifierProcess::~ClassifierProcess() {
  ::close(control_);  // which ends it, unless somebody has stopped it
  const Clock::time_point end = Clock::now() + kSupervisorPatience;
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(supervisor_, &status, WNOHANG)) == 0 && Clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  if (ended != 0) return;
  ::kill(supervisor_, SIGKILL);
  while (::waitpid(supervisor_, &status, 0) < 0 && errno == EINTR) {
  }
}

int ClassifierProcess::open(std::uint16_t number) {
  const std::lock_guard lock{mutex_};
  if (gone_ || Clock::now() < not_before_) return -1;
  Reply reply;
  const bool asked = ::send(control_, &number, sizeof number, MSG_NOSIGNAL) == sizeof number;
  if (!asked || !receive(control_, reply)) {
    gone_ = true;
    tell_(Gravity::error, std::string{"the classifier is gone ("} + why_gone(supervisor_) +
                              "): sessions that only nDPI knows stay without a name");
    return -1;
  }
  if (reply.status != 0) tell_failure(reply.status);
  // Its own clock ended it: what was noted as a crash was a hang.
  const auto noted = noted_.find(number);
  const bool was_crash = noted != noted_.end() && noted->second == Failure::died;
  if (noted != noted_.end()) noted_.erase(noted);
  if (was_crash && WIFSIGNALED(reply.status) && WTERMSIG(reply.status) == SIGPROF) {
    --counters_.crashes;
    ++counters_.hangs;
    const auto crash = std::find_if(failures_.rbegin(), failures_.rend(),
                                    [](const auto& one) { return one.second == Failure::died; });
    if (crash != failures_.rend()) crash->second = Failure::hung;
    slow_down();
    if (reply.socket >= 0 && Clock::now() < not_before_) {
      ::close(reply.socket);
      return -1;
    }
  }
  return reply.socket;
}

void ClassifierProcess::note_failure(std::uint16_t number, Failure failure) {
  ++(failure == Failure::died ? counters_.crashes : counters_.hangs);
  const std::lock_guard lock{mutex_};
  const Clock::time_point now = Clock::now();
  while (!failures_.empty() && now - failures_.front().first >= minutes{1}) failures_.pop_front();
  failures_.emplace_back(now, failure);
  noted_[number] = failure;
  if (failures_.size() > kMostCost) failures_.pop_front();
  slow_down();
}

void ClassifierProcess::slow_down() {
  std::size_t cost = 0;
  for (const auto& [when, what] : failures_) cost += what == Failure::hung ? kCostOfHang : 1;
  if (cost >= kMostCost && limits_.backs_off) not_before_ = Clock::now() + kPause;
}

// Once a minute an error while there are many; else one line for each.
void ClassifierProcess::tell_failure(int status) {
  const Clock::time_point now = Clock::now();
  const bool many = failures_.size() >= kManyFailures;
  if (many && now - error_told_ < minutes{1}) return;
  if (many) error_told_ = now;
  tell_(many ? Gravity::error : Gravity::warning,
        std::string{many ? "the classifier failed three times within a minute; the last one "
                         : "the classifier "} +
            how_it_ended(status) + "; it was started again");
}

void ClassifierProcess::count(const ClassifierCounters& more) noexcept {
  counters_.asked += more.asked;
  counters_.answered += more.answered;
  counters_.named += more.named;
  counters_.lost += more.lost;
  counters_.skipped += more.skipped;
}

ClassifierCounters ClassifierProcess::counters() const noexcept {
  return {counters_.asked,   counters_.answered, counters_.named, counters_.lost,
          counters_.skipped, counters_.crashes,  counters_.hangs};
}

std::string describe(const ClassifierCounters& counters) {
  std::string text = "classifier: " + std::to_string(counters.asked) + " times asked, " +
                     std::to_string(counters.named) + " names";
  const auto add = [&text](std::uint64_t count, std::string_view what) {
    if (count > 0) text.append(", ").append(std::to_string(count)).append(what);
  };
  add(counters.lost, " lost to its failures");
  add(counters.skipped, " not asked");
  add(counters.crashes, " crashes");
  add(counters.hangs, " hangs");
  return text;
}

}  // namespace sekimori
