#pragma once

#include <sys/types.h>

#include "sensor/classify/classifier_process.h"

namespace sekimori {

// How the supervisor and its children end by themselves.
enum SupervisorExit : int { kDone = 0, kNotConfined = 1, kNoLibrary = 2, kMalformed = 3 };

// The life of the process that is forked at start. Over `control`, a socket that keeps messages
// apart, comes the number (two bytes) of a classifier that is wanted anew; back goes how the one of
// before ended (four bytes: its wait(2) status, in the machine's own order) with the socket to the
// new one (SCM_RIGHTS). It ends when the control socket is closed, or its parent dies.
[[noreturn]] void supervise(int control, pid_t parent, const DissectorMaker& make,
                            const ClassifierLimits& limits);

// The numbers that may be asked for, as many as there can be shards.
inline constexpr std::uint16_t kMostClassifiers = 64;

}  // namespace sekimori
