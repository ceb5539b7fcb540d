#pragma once

#include <string>

#include "core/record/field.h"

namespace sekimori {

// A present value as JSON shows it, with its quotes; "null" for an absent one.
std::string json_value(const FieldValue& value);

}  // namespace sekimori
