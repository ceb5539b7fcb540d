#pragma once

#include "core/record/session_record.h"
#include "sensor/flow/flow.h"
#include "sensor/flow/flow_tracker.h"
#include "sensor/flow/hello_search.h"
#include "sensor/flow/stream_loss.h"

namespace sekimori {

// The client's side: where the beginning was not seen, who is outside (edge) or inside (egress),
// else who has the higher port.
Sender client_of(const Flow& flow, const FlowSettings& settings) noexcept;

// Whether a parser of ours knows what the flow is, so that nobody else need look.
bool is_named(const Flow& flow, const HelloFactsPool& hellos) noexcept;

// What the sensor says of a flow now: everything of SessionRecord that packets alone tell, but for
// the payload heads. `record` is fresh: it is some kilobytes large, so it is made where it stays.
void make_record(const Flow& flow, const HelloFactsPool& hellos, const StreamLoss& loss,
                 const FlowSettings& settings, EventType type, SessionRecord& record) noexcept;

}  // namespace sekimori
