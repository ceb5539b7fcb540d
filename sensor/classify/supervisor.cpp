#include "sensor/classify/supervisor.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <fstream>

#include "core/confine/privileges.h"
#include "core/confine/system_call_filter.h"

namespace sekimori {
namespace {

// Sanitizers do.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kReservesTerabytes = true;
#else
constexpr bool kReservesTerabytes = false;
#endif
// Who owns nothing on any system.
constexpr uid_t kNobody = 65534;

// What a dissector and its memory need, an answer, and the end. A crash is a signal; none can be
// sent, not even abort()'s, which then ends in a trap.
constexpr const char* kForClassifier[] = {
    "recvfrom", "sendto",        "setitimer",      "exit_group",     "exit",
    "brk",      "munmap",        "mremap",         "madvise",        "futex",
    "getpid",   "gettid",        "rt_sigprocmask", "rt_sigreturn",   "getrandom",
    "time",     "clock_gettime", "gettimeofday",   "restart_syscall"};
// The same, and to make and end such processes.
constexpr const char* kForSupervisor[] = {
    "recvmsg", "sendmsg",         "kill", "wait4", "close",        "dup2", "dup3",   "close_range",
    "seccomp", "set_robust_list", "rseq", "prctl", "rt_sigaction", "read", "getppid"};
constexpr const char* kDeadly[] = {"execve", "execveat", "ptrace"};

void allow_memory(SystemCallFilter& filter) {
  filter.rule(SCMP_ACT_ALLOW, "mmap", masked(2, PROT_EXEC, 0));
  filter.rule(SCMP_ACT_ALLOW, "mprotect", masked(2, PROT_EXEC, 0));
}

bool filter_supervisor() {
  SystemCallFilter filter;
  filter.allow(kForClassifier);
  filter.allow(kForSupervisor);
  filter.kill_on(kDeadly);
  allow_memory(filter);
  filter.rule(SCMP_ACT_ALLOW, "socketpair", equal(0, AF_UNIX));
  // As glibc's fork() asks: no namespace, nothing shared.
  filter.rule(SCMP_ACT_ALLOW, "clone",
              masked(0, ~std::uint64_t{CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID}, SIGCHLD));
  filter.rule(SCMP_ACT_ERRNO(ENOSYS), "clone3");
  return filter.load();
}

bool filter_classifier() {
  SystemCallFilter filter;
  filter.allow(kForClassifier);
  filter.kill_on(kDeadly);
  allow_memory(filter);
  return filter.load();
}

// `kept` becomes the only descriptor that there is.
bool keep_only(int kept) noexcept {
  if (kept != 0 && ::dup2(kept, 0) != 0) return false;
  return ::syscall(SYS_close_range, 1U, ~0U, 0U) == 0;
}

void set_limit(__rlimit_resource_t what, rlim_t value) noexcept {
  const rlimit limit{value, value};
  ::setrlimit(what, &limit);
}

// Address space that is in use now, in bytes; all there is when that cannot be told.
std::uint64_t address_space() {
  std::uint64_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// Signals reach all of a terminal's or a unit's processes, but while the sensor delivers what it
// has it needs its classifiers: they end with it, not before it.
void ignore_signals() noexcept {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2}) {
    std::signal(signal, SIG_IGN);
  }
  for (const int signal : {SIGALRM, SIGPROF, SIGCHLD}) std::signal(signal, SIG_DFL);
}

bool renounce(const ClassifierLimits& limits) {
  if (::geteuid() == 0) {
    drop_bounding_set();
    (void)become_account(kNobody, kNobody);  // fails in a user namespace without such an account
  }
  if (!keep_capabilities(0, 0) || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // no other process of that account may look in
  set_limit(RLIMIT_CORE, 0);             // captured bytes stay out of files
  set_limit(RLIMIT_FSIZE, 0);
  const std::uint64_t used = kReservesTerabytes ? 0 : address_space();
  if (used > 0) set_limit(RLIMIT_AS, used + limits.memory);
  return true;
}

void start_clock(std::chrono::milliseconds patience) noexcept {
  itimerval timer{};
  timer.it_value.tv_sec = patience.count() / 1000;
  timer.it_value.tv_usec = patience.count() % 1000 * 1000;
  ::setitimer(ITIMER_PROF, &timer, nullptr);  // its signal ends the process
}

// The life of a classifier: its socket is descriptor 0.
[[noreturn]] void serve(const Dissector& dissect, const ClassifierLimits& limits) {
  std::vector<std::uint8_t> message(kBatchSize);
  for (;;) {
    const ssize_t size = ::recv(0, message.data(), message.size(), 0);
    if (size <= 0) ::_exit(kDone);
    start_clock(limits.processor_time);
    const auto requests = parse_requests(Bytes{message}.first(static_cast<std::size_t>(size)));
    if (!requests) ::_exit(kMalformed);
    std::vector<FlowNames> answers;
    answers.reserve(requests->size());
    for (const FlowRequest& request : *requests) answers.push_back(dissect(request));
    const std::vector<std::uint8_t> bytes = encode_answers(answers);
    if (::send(0, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) ::_exit(kDone);
  }
}

class Supervisor {
 public:
  Supervisor(Dissector dissect, const ClassifierLimits& limits)
      : dissect_{std::move(dissect)}, limits_{limits} {}

  [[noreturn]] void run() {
    std::uint16_t number = 0;
    for (;;) {
      const ssize_t size = ::recv(0, &number, sizeof number, 0);
      if (size != sizeof number || number >= kMostClassifiers) break;
      const int status = end(children_[number]);
      const int socket = begin(children_[number]);
      if (!reply(status, socket)) break;
      if (socket >= 0) ::close(socket);
    }
    for (pid_t& child : children_) (void)end(child);
    ::_exit(kDone);
  }

 private:
  // The status of a classifier that had ended by itself; else that of our own SIGKILL.
  static int end(pid_t& child) noexcept {
    int status = 0;
    if (child == 0) return status;
    if (::waitpid(child, &status, WNOHANG) == 0) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
    }
    child = 0;
    return status;
  }

  int begin(pid_t& child) const {
    std::array<int, 2> pair{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) return -1;
    const pid_t supervisor = ::getpid();
    child = ::fork();
    if (child == 0) {
      ::prctl(PR_SET_NAME, "classifier");
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const bool confined = ::getppid() == supervisor && keep_only(pair[1]) && filter_classifier();
      if (!confined) ::_exit(kNotConfined);
      serve(dissect_, limits_);
    }
    ::close(pair[1]);
    if (child > 0) return pair[0];
    child = 0;
    ::close(pair[0]);
    return -1;
  }

  static bool reply(int status, int socket) noexcept {
    iovec text{&status, sizeof status};
    msghdr message{};
    message.msg_iov = &text;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
    if (socket >= 0) {
      message.msg_control = room.data();
      message.msg_controllen = room.size();
      cmsghdr* const rights = CMSG_FIRSTHDR(&message);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(sizeof socket);
      std::memcpy(CMSG_DATA(rights), &socket, sizeof socket);
    }
    return ::sendmsg(0, &message, MSG_NOSIGNAL) >= 0;
  }

  Dissector dissect_;
  ClassifierLimits limits_;
  std::array<pid_t, kMostClassifiers> children_{};
};

}  // namespace

void supervise(int control, pid_t parent, const DissectorMaker& make,
               const ClassifierLimits& limits) {
  ignore_signals();
  ::prctl(PR_SET_NAME, "classifier-main");
  if (!renounce(limits)) ::_exit(kNotConfined);
  // After the change of account, which would undo it.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent || !keep_only(control)) ::_exit(kNotConfined);
  // Many captures hold nothing to ask about: what the library costs is paid when it is wanted.
  std::uint16_t first = 0;
  if (::recv(0, &first, sizeof first, MSG_PEEK) <= 0) ::_exit(kDone);
  Dissector dissect = make();
  if (!dissect) ::_exit(kNoLibrary);
  if (!filter_supervisor()) ::_exit(kNotConfined);
  Supervisor{std::move(dissect), limits}.run();
}

}  // namespace sekimori
