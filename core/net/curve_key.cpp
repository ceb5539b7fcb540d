#include "core/net/curve_key.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>

#include "core/text/secret_file.h"

namespace sekimori {
namespace {

// rfc.zeromq.org/spec/32: the letter's place is its value.
constexpr std::string_view kZ85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr std::size_t kGroup = 5;  // letters that stand for 4 bytes
constexpr std::string_view kPublicEnding = ".pub";
constexpr std::size_t kKeysOfSensor = 2;

Complaint not_a_key(const std::string& path) {
  return {path, 0, 0, "holds no key: a key is one line of 40 letters",
          "make one with 'sekimori keys'"};
}

Loaded<CurveKey> key_from(const std::string& path, std::string_view line) {
  if (!is_curve_key(line)) return tl::unexpected{not_a_key(path)};
  return CurveKey{line};
}

// Each line of the file, of which there are at least one and at most `most`.
Loaded<std::vector<CurveKey>> read_keys(const std::string& path, std::size_t most) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {  // a fifo would be waited for without end
    return tl::unexpected{Complaint{path, 0, 0, error ? "cannot be read" : "is not a regular file",
                                    "`sekimori keys` makes one"}};
  }
  std::ifstream file{path};
  std::vector<CurveKey> keys;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    auto key = key_from(path, line);
    if (!key) return tl::unexpected{key.error()};
    if (keys.size() == most) {
      return tl::unexpected{Complaint{
          path, 0, 0, "holds more than " + std::to_string(most) + (most == 1 ? " key" : " keys"),
          "take out those that are no longer used"}};
    }
    keys.push_back(*key);
  }
  if (keys.empty()) return tl::unexpected{Complaint{path, 0, 0, "cannot be read, or is empty", ""}};
  return keys;
}

}  // namespace

bool is_curve_key(std::string_view text) noexcept {
  if (text.size() != CurveKey::capacity()) return false;
  for (std::size_t at = 0; at < text.size(); at += kGroup) {
    std::uint64_t value = 0;
    for (const char letter : text.substr(at, kGroup)) {
      const std::size_t digit = kZ85.find(letter);
      if (digit == std::string_view::npos) return false;
      value = value * kZ85.size() + digit;
    }
    if (value > std::numeric_limits<std::uint32_t>::max()) return false;
  }
  return true;
}

Loaded<CurveKey> read_public_key(const std::string& path) {
  const auto keys = read_keys(path, 1);
  if (!keys) return tl::unexpected{keys.error()};
  return keys->front();
}

Loaded<CurveKey> read_secret_key(const std::string& path) {
  const Loaded<std::string> line = read_secret_file(path);
  if (!line) return tl::unexpected{line.error()};
  return key_from(path, *line);
}

bool is_sensor_name(std::string_view name) noexcept {
  constexpr std::size_t longest = 64;
  const auto allowed = [](char one) {
    return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9') ||
           one == '-' || one == '_' || one == '.';
  };
  return !name.empty() && name.size() <= longest && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), allowed);
}

LoadedAll<std::vector<AllowedSensor>> read_allowed_sensors(const std::string& directory) {
  std::vector<Complaint> complaints;
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (std::filesystem::directory_iterator at{directory, error}, end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == kPublicEnding) paths.push_back(at->path());
  }
  if (error) complaints.push_back({directory, 0, 0, "cannot be read: " + error.message(), ""});
  std::sort(paths.begin(), paths.end());

  std::vector<AllowedSensor> sensors;
  for (const std::filesystem::path& path : paths) {
    const std::string name = path.stem().string();
    if (!is_sensor_name(name)) {
      complaints.push_back({path.string(), 0, 0, "a sensor cannot have this name",
                            "use at most 64 letters, digits, '-', '_' and '.'"});
    }
    const auto keys = read_keys(path.string(), kKeysOfSensor);
    if (!keys) {
      complaints.push_back(keys.error());
      continue;
    }
    for (const CurveKey& key : *keys) {
      const auto twin = std::find_if(sensors.begin(), sensors.end(),
                                     [&key](const AllowedSensor& one) { return one.key == key; });
      if (twin != sensors.end()) {
        complaints.push_back({path.string(), 0, 0, "has the same key as '" + twin->name + "'",
                              "give each sensor a key of its own"});
      }
      sensors.push_back({name, key});
    }
  }
  if (!complaints.empty()) return tl::unexpected{std::move(complaints)};
  return sensors;
}

}  // namespace sekimori
