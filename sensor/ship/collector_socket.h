#pragma once

#include <optional>
#include <zmq.hpp>

#include "core/net/curve_key.h"
#include "core/text/complaint.h"
#include "sensor/ship/publisher.h"

namespace sekimori {

// A DEALER that connects to the collector for as long as it lives, and again after a lost
// connection; what cannot be sent now is refused, not queued. Throws zmq::error_t for an endpoint
// or a key that can never do.
zmq::socket_t connect_to(const CollectorAddress& collector, const CurveKey& secret_key,
                         zmq::context_t& context);

// What keeps a publisher from working at all: keys, the sensor's name, an endpoint that is none.
std::optional<Complaint> fault_of(const PublisherOptions& options);

}  // namespace sekimori
