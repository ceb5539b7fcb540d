#pragma once

#include <memory>

#include "sensor/classify/classifier_process.h"

namespace sekimori {

// nDPI as a dissector of whole requests: what it saw in the payload, nothing that it guessed. Each
// request is a flow of its own to it, and leaves nothing behind for the next: neither a port, nor
// an address, nor another flow ever gives a name. Only for a process that may crash.
//
// None when the library that is there is not the one whose headers this was built with.
Dissector make_ndpi();

}  // namespace sekimori
