#include <sys/random.h>
#include <zmq.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <span>

#include "cli/commands.h"
#include "core/net/curve_key.h"
#include "core/text/secret_file.h"

namespace sekimori {
namespace {

constexpr std::size_t kTokenSize = 32;  // bytes of chance: more than anyone can guess

int complain(const Complaint& complaint) {
  std::cerr << "sekimori: " << complaint.text() << '\n';
  return kUsage;
}

// RFC 4648, section 5, without padding.
std::string base64url(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8U | byte;
    for (held += 8; held >= 6; held -= 6) text += letters[bits >> (held - 6U) & 0x3fU];
  }
  if (held > 0) text += letters[bits << (6U - held) & 0x3fU];
  return text;
}

// NAME.key and NAME.pub, both or neither.
int make_key_pair(const std::string& directory, const std::string& name) {
  const std::string secret_path = (std::filesystem::path{directory} / (name + ".key")).string();
  const std::string public_path = (std::filesystem::path{directory} / (name + ".pub")).string();
  std::array<char, CurveKey::capacity() + 1> public_key{};
  std::array<char, CurveKey::capacity() + 1> secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
    return complain({"", 0, 0, "libzmq was built without CURVE", "install Debian's libzmq5"});
  }
  const auto secret = write_secret_file(secret_path, secret_key.data());
  secret_key.fill('\0');
  if (!secret) return complain(secret.error());
  const auto open = write_public_file(public_path, public_key.data());
  if (!open) {
    std::error_code ignored;
    std::filesystem::remove(secret_path, ignored);
    return complain(open.error());
  }
  std::cout << secret_path << '\n' << public_path << '\n';
  return kDone;
}

int make_sensor(const std::string& directory, const std::string& name) {
  if (is_sensor_name(name)) return make_key_pair(directory, name);
  return complain({"<command line>", 0, 0, "a sensor cannot be called '" + name + "'",
                   "use at most 64 letters, digits, '-', '_' and '.'"});
}

int make_token(const std::string& path) {
  std::array<std::uint8_t, kTokenSize> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return complain({"", 0, 0, "the kernel gives no random numbers", ""});
  }
  const auto written = write_secret_file(path, base64url(bytes));
  if (!written) return complain(written.error());
  std::cout << path << '\n';
  return kDone;
}

struct KeysOptions {
  std::string name;
  std::string directory = ".";
  std::string token = "token";
};

void add_sensor(CLI::App& keys, const std::shared_ptr<KeysOptions>& options, int& exit_code) {
  CLI::App* const sensor = keys.add_subcommand(
      "sensor",
      "Make the keys of one sensor: NAME.key stays on the sensor, NAME.pub goes into the\n"
      "collector's directory of allowed sensors. NAME is what the collector calls the sensor.\n"
      "\n"
      "  sekimori keys sensor tokyo-1 --dir /etc/sekimori/keys/sensor");
  sensor->add_option("name", options->name, "Letters, digits, '-', '_' and '.'; at most 64")
      ->required();
  sensor->add_option("--dir", options->directory, "Where the files are made")
      ->capture_default_str();
  sensor->callback(
      [options, &exit_code] { exit_code = make_sensor(options->directory, options->name); });
}

void add_collector(CLI::App& keys, const std::shared_ptr<KeysOptions>& options, int& exit_code) {
  CLI::App* const collector = keys.add_subcommand(
      "collector",
      "Make the collector's keys: collector.key stays there, collector.pub goes to each sensor.\n"
      "\n"
      "  sekimori keys collector --dir /etc/sekimori/keys/collector");
  collector->add_option("--dir", options->directory, "Where the files are made")
      ->capture_default_str();
  collector->callback(
      [options, &exit_code] { exit_code = make_key_pair(options->directory, "collector"); });
}

void add_token(CLI::App& keys, const std::shared_ptr<KeysOptions>& options, int& exit_code) {
  CLI::App* const token = keys.add_subcommand(
      "token",
      "Make a token for the collector's API: 32 random bytes in base64url.\n"
      "\n"
      "  sekimori keys token /etc/sekimori/keys/collector/api.token\n"
      "  curl -H \"Authorization: Bearer $(cat api.token)\" --data-binary @claims.ndjson \\\n"
      "    http://COLLECTOR:PORT/v1/claims");
  token->add_option("file", options->token, "The file to make")->capture_default_str();
  token->callback([options, &exit_code] { exit_code = make_token(options->token); });
}

}  // namespace

void add_keys(CLI::App& app, int& exit_code) {
  CLI::App* const keys = app.add_subcommand(
      "keys",
      "Make the keys by which sensors and the collector know each other, and API tokens.\n"
      "\n"
      "  sekimori keys collector --dir /etc/sekimori/keys/collector\n"
      "  sekimori keys sensor tokyo-1 --dir /etc/sekimori/keys/sensor\n"
      "  sekimori keys token /etc/sekimori/keys/collector/api.token\n"
      "\n"
      "Secrets are made with mode 0600. No file is ever overwritten: move an old one away first.");
  keys->require_subcommand(1);
  const auto options = std::make_shared<KeysOptions>();
  add_sensor(*keys, options, exit_code);
  add_collector(*keys, options, exit_code);
  add_token(*keys, options, exit_code);
}

}  // namespace sekimori
