#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "core/record/codec.h"
#include "core/record/ecs_json.h"

namespace {

std::string lines_of(const sekimori::Batch& batch) {
  std::string lines;
  for (const sekimori::SessionRecord& record : batch.records) {
    std::string line;
    append_json(line, sekimori::session_fields(), sekimori::session_reader(record));
    if (!nlohmann::json::accept(line) || line.find('\n') != std::string::npos) std::abort();
    lines += line + '\n';
  }
  return lines;
}

// What decodes is encoded and decodes to the same batch, and each record is one line of JSON.
void check(sekimori::Bytes buffer) {
  const auto batch = sekimori::decode_batch(buffer);
  if (!batch) return;
  const std::vector<std::uint8_t> encoded = sekimori::encode_batch(*batch);
  const auto again = sekimori::decode_batch(encoded);
  if (!again || sekimori::encode_batch(*again) != encoded) std::abort();
  if (lines_of(*again) != lines_of(*batch)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check({data, size});
  const auto buffer = sekimori::decompress({data, size}, sekimori::kBatchSizeLimit);
  if (buffer) check(*buffer);
  return 0;
}
