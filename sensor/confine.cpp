#include "sensor/confine.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace sekimori {
namespace {

// Capabilities as the kernel takes them, 64 bits in two halves.
struct Capabilities {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
};

constexpr std::uint64_t bit(unsigned capability) {
  return std::uint64_t{1} << capability;
}

bool get(Capabilities& out) noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return false;
  out.effective = data[0].effective | std::uint64_t{data[1].effective} << 32U;
  out.permitted = data[0].permitted | std::uint64_t{data[1].permitted} << 32U;
  return true;
}

bool set(const Capabilities& wanted) noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  for (std::size_t half = 0; half < 2; ++half) {
    data[half].effective = static_cast<std::uint32_t>(wanted.effective >> (32 * half));
    data[half].permitted = static_cast<std::uint32_t>(wanted.permitted >> (32 * half));
  }
  return ::syscall(SYS_capset, &header, data.data()) == 0;
}

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

Loaded<bool> become(const passwd& account) {
  // The permitted set survives the change of user, to be cut down afterwards.
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return cannot("keep capabilities");
  if (::setgroups(0, nullptr) != 0) return cannot("leave all groups");
  if (::setresgid(account.pw_gid, account.pw_gid, account.pw_gid) != 0 ||
      ::setresuid(account.pw_uid, account.pw_uid, account.pw_uid) != 0) {
    return cannot(std::string{"become user "} + account.pw_name);
  }
  return true;
}

Loaded<bool> drop_capabilities(std::uint64_t permitted, std::uint64_t effective) {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  Capabilities now;
  if (!get(now)) return cannot("read capabilities");
  const std::uint64_t kept = now.permitted & permitted;
  if (!set({kept & effective, kept})) return cannot("drop capabilities");
  return true;
}

// Needs CAP_SETPCAP, and so only root can; for others the set matters only to an execve, which the
// filter forbids.
void drop_bounding_set() noexcept {
  for (unsigned capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
}

// Of use to reading and polling, memory (mlock: libsodium keeps the secret key out of swap),
// threads, time, signals and what glibc asks about itself.
constexpr const char* kAllowed[] = {
    "read", "readv", "pread64", "write", "writev", "close", "lseek", "fstat", "newfstatat", "statx",
    "stat", "lstat", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64",
    "fcntl", "ioctl", "poll", "ppoll", "select", "pselect6", "epoll_create1", "epoll_create",
    "epoll_ctl", "epoll_wait", "epoll_pwait", "eventfd2", "pipe2",
    // Changes of rule files.
    "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
    // Sockets that are there, and ZeroMQ's to its collector, which it opens anew when one is lost.
    // A collector's name is asked of the resolver each time.
    "connect", "bind", "getsockname", "getpeername", "getsockopt", "setsockopt", "shutdown",
    "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "mlock", "munlock",
    "munmap", "mremap", "madvise", "brk", "futex", "set_robust_list", "rseq", "membarrier", "exit",
    "exit_group", "gettid", "getpid", "tgkill", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
    "sigaltstack", "restart_syscall", "alarm", "setitimer", "nanosleep", "clock_nanosleep",
    "clock_gettime", "clock_getres", "gettimeofday", "time", "getrandom", "uname", "sysinfo",
    "getuid", "geteuid", "getgid", "getegid", "sched_yield", "sched_getaffinity", "sched_getparam",
    "sched_getscheduler", "getrlimit", "capget",
    // From what is permitted to what is effective, around the reopening of an interface.
    "capset"};
// Of use only to somebody who is not us.
constexpr const char* kDeadly[] = {"execve", "execveat", "ptrace", "fork", "vfork"};

class Filter {
 public:
  // What is not named fails with EPERM: a glibc of tomorrow that tries something new falls back.
  Filter() : context_{::seccomp_init(SCMP_ACT_ERRNO(EPERM)), ::seccomp_release} {}

  // A name that this architecture does not have is no fault.
  template <typename... Conditions>
  void rule(std::uint32_t action, const char* name, Conditions... conditions) {
    const int number = ::seccomp_syscall_resolve_name(name);
    if (number < 0) return;
    const std::array<scmp_arg_cmp, sizeof...(conditions)> list{conditions...};
    const int status = ::seccomp_rule_add_array(context_.get(), action, number,
                                                static_cast<unsigned>(list.size()), list.data());
    if (status != 0) fault_ = status;
  }
  bool load() {
    if (!context_ || fault_ != 0) {
      errno = context_ ? -fault_ : ENOMEM;
      return false;
    }
    const int status = ::seccomp_load(context_.get());
    errno = -status;
    return status == 0;
  }

 private:
  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  int fault_ = 0;
};

scmp_arg_cmp masked(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}
scmp_arg_cmp equal(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}

bool load_filter(Reads reads, int writable) {
  Filter filter;
  for (const char* name : kAllowed) filter.rule(SCMP_ACT_ALLOW, name);
  for (const char* name : kDeadly) filter.rule(SCMP_ACT_KILL_PROCESS, name);
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
      if (auto done = become(*account); !done) return tl::unexpected{done.error()};
    } else if (live) {
      warnings.push_back("there is no account " + user +
                         ": stays root, without its capabilities; set the key user");
    }
  }
  const std::uint64_t kept = bit(live ? CAP_NET_RAW : CAP_DAC_READ_SEARCH);
  if (auto dropped = drop_capabilities(kept, live ? 0 : kept); !dropped) {
    return tl::unexpected{dropped.error()};
  }
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
  if (get(now)) set({now.effective | (now.permitted & bit(CAP_NET_RAW)), now.permitted});
}

NetRawRaised::~NetRawRaised() {
  Capabilities now;
  if (get(now)) set({now.effective & ~bit(CAP_NET_RAW), now.permitted});
}

}  // namespace sekimori
