#include "sensor/counters.h"

namespace sekimori {

std::string describe(const FrameCounters& counters) {
  std::string text = std::to_string(counters.frames) + " frames, " +
                     std::to_string(counters.defect_total()) + " of them not decoded";
  constexpr std::string_view of_fault[kFaultCount] = {"cut short by the capture", "malformed",
                                                      "of what is not read here"};
  std::string_view between = " (";
  for (std::size_t fault = 0; fault < kFaultCount; ++fault) {
    const std::uint64_t count = counters.defect_total(Fault{static_cast<std::uint8_t>(fault)});
    if (count == 0) continue;
    text.append(between).append(std::to_string(count)).append(" ").append(of_fault[fault]);
    between = ", ";
  }
  if (between == ", ") text += ")";
  const FragmentCounters& joining = counters.joining;
  if (joining.taken > 0) {
    text += "; " + std::to_string(joining.taken) + " fragments made " +
            std::to_string(joining.packets) + " packets";
    const std::uint64_t lost = joining.lost() + joining.waiting();
    if (lost > 0) text += ", " + std::to_string(lost) + " of them none";
  }
  return text;
}

}  // namespace sekimori
