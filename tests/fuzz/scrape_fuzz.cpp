#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/health/exposition.h"
#include "core/health/scrape.h"
#include "core/text/utf8.h"

// Every line is a sample, a comment or counted; and what our writer makes of any label reads as
// that label.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekimori;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const Scrape scrape = Scrape::parse(text);
  std::size_t lines = 1;
  for (const char one : text) lines += one == '\n' ? 1U : 0U;
  if (scrape.samples().size() + scrape.bad_lines() > lines) std::abort();
  if (first_bad_utf8(text) != text.size()) return 0;
  Exposition out{"a_"};
  out.family(MetricType::gauge, "b", text).sample(0.1, {{"c", text}, {"d", "e"}});
  const Scrape again = Scrape::parse(out.take());
  if (again.bad_lines() != 0 || again.samples().size() != 1) std::abort();
  const Sample& one = again.samples().front();
  if (one.label("c") != text || one.label("d") != "e" || one.value != 0.1) std::abort();
  return 0;
}
