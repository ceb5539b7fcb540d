#include "core/rules/rule_import.h"

#include <cstdlib>
#include <string_view>
#include <variant>

#include "core/record/field.h"
#include "core/rules/compile.h"
#include "core/rules/rule_reader.h"
#include "core/text/yaml.h"

// Whatever the list says, what is written is rules that can be read and compiled.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekimori;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  for (const auto& imported :
       {import_sslbl_ja3("fuzz", text), import_ja4_database("fuzz", text, true)}) {
    if (!imported) continue;
    const auto documents = read_yaml_documents("fuzz", imported->yaml);
    if (!documents || documents->size() != imported->rules) std::abort();
    for (const YamlDocument& document : *documents) {
      const auto read = read_sigma(document);
      if (!read || !std::holds_alternative<Rule>(*read)) std::abort();
      if (!compile_rule(std::get<Rule>(*read), sensor_fields(), {})) std::abort();
    }
  }
  return 0;
}
