#include "collector/judge/words.h"

namespace sekimori {

std::string_view word_of(JoinOutcome outcome) noexcept {
  switch (outcome) {
    case JoinOutcome::matched:
      return "matched";
    case JoinOutcome::ambiguous:
      return "ambiguous";
    case JoinOutcome::no_evidence:
      return "no_evidence";
    case JoinOutcome::late:
      return "late";
    case JoinOutcome::claims_only:
      return "claims_only";
  }
  return "";
}

std::string_view word_of(Mismatch mismatch) noexcept {
  switch (mismatch) {
    case Mismatch::contradicted:
      return "contradicted";
    case Mismatch::doubtful:
      return "doubtful";
    case Mismatch::fits:
      return "fits";
    case Mismatch::unknown:
      return "unknown";
  }
  return "";
}

}  // namespace sekimori
