#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/output_file.h"
#include "cli/rules_json.h"
#include "cli/rules_pack.h"
#include "core/rules/rule_import.h"

namespace sekimori {
namespace {

struct ImportOptions {
  std::string list;
  std::string out = "-";
  bool unverified = false;
  bool json = false;
};

using Importer = Loaded<ImportedRules> (*)(const ImportOptions& options, std::string_view text);

int import(const ImportOptions& options, Importer importer) {
  std::ifstream file;
  if (options.list != "-") file.open(options.list, std::ios::binary);
  std::istream& stream = options.list == "-" ? std::cin : file;
  std::string text;
  // One byte more than there may be, to tell the difference.
  text.resize(kImportLimit + 1);
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  if (stream.bad() || (options.list != "-" && !file.is_open())) {
    complain(
        {options.list, 0, 0, "cannot be read", "name the downloaded list; - is standard input"});
    return kUsage;
  }
  const auto imported = importer(options, text);
  if (!imported) {
    complain(imported.error());
    return kUsage;
  }
  auto out = OutputFile::create(options.out);
  if (!out) {
    complain(out.error());
    return kUsage;
  }
  out->write(imported->yaml);
  if (const auto closed = out->close(); !closed) {
    complain(closed.error());
    return kUsage;
  }
  std::ostream& people = options.out == "-" ? std::cerr : std::cout;
  if (options.json) {
    JsonLine line;
    line.add("rules", imported->rules).add("values", imported->values);
    line.add("left_out", imported->left_out_count).add("first_left_out", imported->left_out);
    people << line.text() << '\n';
    return kDone;
  }
  for (const Complaint& one : imported->left_out) complain(one);
  people << imported->rules << " rules of " << imported->values << " fingerprints, "
         << imported->left_out_count << " entries left out\n";
  return kDone;
}

void add(CLI::App& command, const std::shared_ptr<ImportOptions>& options, Importer importer,
         int& exit_code) {
  command.add_option("list", options->list, "The downloaded list; - is standard input")->required();
  command.add_option("--out", options->out, "File of rules to write, *.yml; - is standard output");
  command.add_flag("--json", options->json,
                   "Say the counts as a JSON object: rules, values, left_out, first_left_out");
  command.callback([options, importer, &exit_code] { exit_code = import(*options, importer); });
}

}  // namespace

void add_rules_import(CLI::App& rules, int& exit_code) {
  CLI::App* const command = rules.add_subcommand(
      "import",
      "Make rules out of a public list: experimental, level low, with reference and tests. The "
      "same\n"
      "list gives the same ids.\n"
      "\n"
      "  sekimori rules import sslbl-ja3 ja3_fingerprints.csv --out signatures/sslbl.yml\n"
      "  sekimori rules import ja4-database ja4plus_db.json --out signatures/ja4db.yml");
  command->require_subcommand(1);
  const auto sslbl = std::make_shared<ImportOptions>();
  add(
      *command->add_subcommand("sslbl-ja3", "abuse.ch SSLBL's JA3 fingerprints, CSV"), sslbl,
      [](const ImportOptions& options, std::string_view text) {
        return import_sslbl_ja3(options.list, text);
      },
      exit_code);
  const auto ja4 = std::make_shared<ImportOptions>();
  CLI::App* const database = command->add_subcommand(
      "ja4-database", "The JA4 database, JSON; of its fingerprints JA4 alone");
  database->add_flag("--unverified", ja4->unverified, "Take what nobody verified too");
  add(
      *database, ja4,
      [](const ImportOptions& options, std::string_view text) {
        return import_ja4_database(options.list, text, options.unverified);
      },
      exit_code);
}

}  // namespace sekimori
