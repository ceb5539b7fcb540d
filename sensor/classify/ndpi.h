#pragma once

#include <memory>

#include <cstdint>
#include <vector>

#include "sensor/classify/classifier_process.h"

namespace sekimori {

// nDPI as a dissector of whole requests: what it saw in the payload, nothing that it guessed. Each
// request is a flow of its own to it, and leaves nothing behind for the next: neither a port, nor
// an address, nor another flow ever gives a name. Only for a process that may crash.
//
// None when the library that is there is not the one whose headers this was built with.
Dissector make_ndpi();

// Rows of kProtocolNames (from 1) that the library which is there knows. Takes 50 ms; for a program
// that reads no packets. Empty under the same condition.
std::vector<std::uint16_t> ndpi_rows();

}  // namespace sekimori
