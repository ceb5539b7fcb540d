#include "sensor/confine.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/confine/privileges.h"
#include "core/confine/system_call_filter.h"

namespace sekimori {
namespace {

tl::unexpected<Complaint> cannot(const std::string& what) {
  return tl::unexpected{Complaint{"", 0, 0, "cannot " + what + ": " + std::strerror(errno),
                                  "nothing is read without confinement"}};
}

// Root may have made the folder a moment ago. What was another account's stays so, and is refused
// when it is used.
void hand_over(int folder, const passwd& account) {
  struct stat status {};
  if (folder < 0 || ::fstat(folder, &status) != 0 || status.st_uid != 0) return;
  (void)::fchown(folder, account.pw_uid, account.pw_gid);
}

// Of use to reading and polling, memory (mlock: libsodium keeps the secret key out of swap),
// threads, time, signals and what glibc asks about itself.
constexpr const char* kAllowed[] = {
    "read", "readv", "pread64", "write", "writev", "close", "lseek", "fstat", "newfstatat", "statx",
    "stat", "lstat", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64",
    "fcntl", "ioctl", "poll", "ppoll", "select", "pselect6", "epoll_create1", "epoll_create",
    "epoll_ctl", "epoll_wait", "epoll_pwait", "eventfd2", "pipe2",
    // Metrics, on a socket that listened before; a new one cannot.
    "accept4",
    // Changes of rule files.
    "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
    // Sockets that are there, and ZeroMQ's to its collector, which it opens anew when one is lost.
    // A collector's name is asked of the resolver each time.
    "connect", "bind", "getsockname", "getpeername", "getsockopt", "setsockopt", "shutdown",
    "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "mlock", "munlock",
    "munmap", "mremap", "madvise", "brk", "futex", "set_robust_list", "rseq", "membarrier", "exit",
    "exit_group", "gettid", "getpid", "tgkill", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
    "sigaltstack", "restart_syscall", "wait4", "alarm", "setitimer", "nanosleep", "clock_nanosleep",
    "clock_gettime", "clock_getres", "gettimeofday", "time", "getrandom", "uname", "sysinfo",
    "getuid", "geteuid", "getgid", "getegid", "sched_yield", "sched_getaffinity", "sched_getparam",
    "sched_getscheduler", "getrlimit", "capget",
    // From what is permitted to what is effective, around the reopening of an interface.
    "capset"};
// Of use only to somebody who is not us.
constexpr const char* kDeadly[] = {"execve", "execveat", "ptrace", "fork", "vfork"};

bool load_filter(Reads reads, int writable) {
  SystemCallFilter filter;
  filter.allow(kAllowed);
  filter.kill_on(kDeadly);
  // Files are only read: captures, the resolver's, and what libpcap asks of /sys.
  filter.rule(SCMP_ACT_ALLOW, "openat", masked(2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
  filter.rule(SCMP_ACT_ALLOW, "open", masked(1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
  if (writable >= 0) {
    for (const char* name : {"openat", "unlinkat"}) {
      filter.rule(SCMP_ACT_ALLOW, name, equal(0, static_cast<std::uint64_t>(writable)));
    }
    for (const char* name :
         {"pwrite64", "pwritev", "pwritev2", "ftruncate", "fdatasync", "fsync"}) {
      filter.rule(SCMP_ACT_ALLOW, name);
    }
  }
  // Memory is never writable and executable, nor made executable after it was written. Mapped so
  // from a file it may be: the resolver loads its modules.
  filter.rule(SCMP_ACT_ALLOW, "mmap", masked(2, PROT_EXEC, 0));
  filter.rule(SCMP_ACT_ALLOW, "mmap", masked(2, PROT_EXEC | PROT_WRITE, PROT_EXEC));
  filter.rule(SCMP_ACT_ALLOW, "mprotect", masked(2, PROT_EXEC, 0));
  // Threads, no processes. clone3 hides its flags from a filter; told that it is not there, glibc
  // uses clone.
  filter.rule(SCMP_ACT_ALLOW, "clone", masked(0, CLONE_THREAD, CLONE_THREAD));
  filter.rule(SCMP_ACT_ERRNO(ENOSYS), "clone3");
  filter.rule(SCMP_ACT_ALLOW, "prctl", equal(0, PR_SET_NAME));
  // ZeroMQ gives each of its threads the policy that it has already, and aborts if it may not.
  filter.rule(SCMP_ACT_ALLOW, "sched_setscheduler", equal(1, SCHED_OTHER));
  for (const int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK}) {
    filter.rule(SCMP_ACT_ALLOW, "socket", equal(0, static_cast<std::uint64_t>(family)));
  }
  if (reads == Reads::interfaces) filter.rule(SCMP_ACT_ALLOW, "socket", equal(0, AF_PACKET));
  // How much memory there may be (the allocator asks); no limit is set.
  filter.rule(SCMP_ACT_ALLOW, "prlimit64", equal(2, 0));
  return filter.load();
}

// Nothing is made, written or removed but in that folder (Landlock). True also where the kernel has
// none.
bool write_only_beneath(int folder) {
  constexpr std::uint64_t used =
      LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG;
  constexpr std::uint64_t handled = used | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
  const auto call = [](long number, auto... arguments) {
    return static_cast<int>(::syscall(number, arguments...));
  };
  // Its first member alone, which the first version has.
  const std::uint64_t attributes = handled;
  const int rules = call(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0U);
  if (rules < 0) return errno == ENOSYS || errno == EOPNOTSUPP;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = used;
  rule.parent_fd = folder;
  const bool restricted =
      call(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0U) == 0 &&
      call(SYS_landlock_restrict_self, rules, 0U) == 0;
  ::close(rules);
  return restricted;
}

}  // namespace

Loaded<bool> check_user(const std::string& user) {
  if (user.empty() || ::getpwnam(user.c_str()) != nullptr) return true;
  return tl::unexpected{Complaint{"", 0, 0, "user '" + user + "' does not exist",
                                  "make it (systemd-sysusers), or leave out the key user"}};
}

Loaded<std::vector<std::string>> confine(const Confinement& confinement) {
  std::vector<std::string> warnings;
  const bool live = confinement.reads == Reads::interfaces;
  if (auto there = check_user(confinement.user); !there) return tl::unexpected{there.error()};
  if (::geteuid() == 0) {
    drop_bounding_set();
    std::string user = confinement.user;
    if (user.empty() && live) user = kSensorUser;
    const passwd* account = user.empty() ? nullptr : ::getpwnam(user.c_str());
    if (account != nullptr) {
      hand_over(confinement.writable, *account);
      if (!become_account(account->pw_uid, account->pw_gid)) {
        return cannot(std::string{"become user "} + account->pw_name);
      }
    } else if (live) {
      warnings.push_back("there is no account " + user +
                         ": stays root, without its capabilities; set the key user");
    }
  }
  const std::uint64_t kept = capability_bit(live ? CAP_NET_RAW : CAP_DAC_READ_SEARCH);
  if (!keep_capabilities(kept, live ? 0 : kept)) return cannot("drop capabilities");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return cannot("renounce new privileges");
  if (confinement.writable >= 0 && !write_only_beneath(confinement.writable)) {
    return cannot("restrict writing (Landlock)");
  }
  if (!load_filter(confinement.reads, confinement.writable))
    return cannot("restrict system calls (seccomp)");
  return warnings;
}

NetRawRaised::NetRawRaised() noexcept {
  Capabilities now;
  if (!get_capabilities(now)) return;
  set_capabilities({now.effective | (now.permitted & capability_bit(CAP_NET_RAW)), now.permitted});
}

NetRawRaised::~NetRawRaised() {
  Capabilities now;
  if (!get_capabilities(now)) return;
  set_capabilities({now.effective & ~capability_bit(CAP_NET_RAW), now.permitted});
}

}  // namespace sekimori
