#include "core/health/scrape.h"

#include <charconv>

namespace sekimori {
namespace {

bool is_name_letter(char one, bool first) noexcept {
  return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || one == '_' || one == ':' ||
         (!first && one >= '0' && one <= '9');
}

std::string take_name(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && is_name_letter(text[end], end == 0)) ++end;
  std::string name{text.substr(0, end)};
  text.remove_prefix(end);
  return name;
}

void skip_blanks(std::string_view& text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

bool take(std::string_view& text, char wanted) noexcept {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// Between quotation marks, with \\, \" and \n.
std::optional<std::string> take_quoted(std::string_view& text) {
  if (!take(text, '"')) return std::nullopt;
  std::string value;
  while (!text.empty()) {
    const char one = text.front();
    text.remove_prefix(1);
    if (one == '"') return value;
    if (one != '\\') {
      value += one;
      continue;
    }
    if (text.empty()) return std::nullopt;
    const char escaped = text.front();
    text.remove_prefix(1);
    if (escaped != '\\' && escaped != '"' && escaped != 'n') return std::nullopt;
    value += escaped == 'n' ? '\n' : escaped;
  }
  return std::nullopt;
}

bool take_labels(std::string_view& text, Sample& sample) {
  if (!take(text, '{')) return true;
  while (true) {
    skip_blanks(text);
    if (take(text, '}')) return true;
    std::string name = take_name(text);
    skip_blanks(text);
    if (name.empty() || !take(text, '=')) return false;
    skip_blanks(text);
    auto value = take_quoted(text);
    if (!value) return false;
    sample.labels.emplace_back(std::move(name), std::move(*value));
    skip_blanks(text);
    if (!take(text, ',') && (text.empty() || text.front() != '}')) return false;
  }
}

std::optional<Sample> parse_line(std::string_view line) {
  Sample sample;
  sample.name = take_name(line);
  if (sample.name.empty()) return std::nullopt;
  skip_blanks(line);
  if (!take_labels(line, sample)) return std::nullopt;
  skip_blanks(line);
  if (line.starts_with('+')) line.remove_prefix(1);  // +Inf
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), sample.value);
  if (error != std::errc{}) return std::nullopt;
  // A timestamp may follow.
  if (end != line.data() + line.size() && *end != ' ' && *end != '\t') return std::nullopt;
  return sample;
}

}  // namespace

std::string_view Sample::label(std::string_view wanted) const noexcept {
  for (const auto& [key, text] : labels) {
    if (key == wanted) return text;
  }
  return {};
}

Scrape Scrape::parse(std::string_view text) {
  Scrape scrape;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    skip_blanks(line);
    if (line.empty() || line.front() == '#') continue;
    if (auto sample = parse_line(line)) {
      scrape.samples_.push_back(std::move(*sample));
    } else {
      ++scrape.bad_lines_;
    }
  }
  return scrape;
}

std::optional<double> Scrape::sum(std::string_view name) const noexcept {
  std::optional<double> sum;
  for (const Sample& sample : samples_) {
    if (sample.name == name) sum = sum.value_or(0) + sample.value;
  }
  return sum;
}

std::vector<const Sample*> Scrape::all(std::string_view name) const {
  std::vector<const Sample*> found;
  for (const Sample& sample : samples_) {
    if (sample.name == name) found.push_back(&sample);
  }
  return found;
}

}  // namespace sekimori
