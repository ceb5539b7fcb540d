#include "core/geo/country_distance.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <numbers>
#include <string>
#include <utility>

namespace sekimori {
namespace {

constexpr double kEarthRadiusKm = 6371.0088;
constexpr double kRadians = std::numbers::pi / 180;
// Bytes; ours has half a megabyte, and a file by mistake should not fill the memory.
constexpr std::uintmax_t kLargestFile = 16UL * 1024 * 1024;

using Vector = std::array<double, 3>;  // of length 1, from the Earth's centre

Vector vector_of(const Site& site) noexcept {
  const double latitude = site.latitude * kRadians;
  const double longitude = site.longitude * kRadians;
  return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude),
          std::sin(latitude)};
}

double dot(const Vector& left, const Vector& right) noexcept {
  return left[0] * right[0] + left[1] * right[1] + left[2] * right[2];
}

Vector cross(const Vector& left, const Vector& right) noexcept {
  return {left[1] * right[2] - left[2] * right[1], left[2] * right[0] - left[0] * right[2],
          left[0] * right[1] - left[1] * right[0]};
}

// To an edge along its great circle, or to the nearer end where the circle's nearest point is not
// on the edge.
double edge_km(const Site& site, const Site& from, const Site& to) noexcept {
  const double ends = std::min(great_circle_km(site, from), great_circle_km(site, to));
  const Vector point = vector_of(site);
  const Vector start = vector_of(from);
  const Vector end = vector_of(to);
  const Vector normal = cross(start, end);
  const double size = std::sqrt(dot(normal, normal));
  if (size < 1e-12) return ends;
  const bool beside = dot(cross(normal, start), point) > 0 && dot(cross(end, normal), point) > 0;
  if (!beside) return ends;
  return kEarthRadiusKm * std::asin(std::min(1.0, std::fabs(dot(normal, point)) / size));
}

// By the map's straight lines: edges are short enough that a great circle leaves them by less than
// the margin. An odd number of crossings to the east is inside, holes included.
bool contains(const CountryShape& shape, const Site& site) noexcept {
  bool inside = false;
  for (const std::vector<Site>& ring : shape.rings) {
    Site before = ring.back();
    for (const Site& corner : ring) {
      const bool crosses = (corner.latitude > site.latitude) != (before.latitude > site.latitude);
      if (crosses) {
        const double along =
            (site.latitude - corner.latitude) / (before.latitude - corner.latitude);
        const double longitude = corner.longitude + along * (before.longitude - corner.longitude);
        if (site.longitude < longitude) inside = !inside;
      }
      before = corner;
    }
  }
  return inside;
}

double shape_km(const CountryShape& shape, const Site& site) noexcept {
  if (contains(shape, site)) return 0;
  double nearest = std::numeric_limits<double>::infinity();
  for (const std::vector<Site>& ring : shape.rings) {
    Site before = ring.back();
    for (const Site& corner : ring) {
      nearest = std::min(nearest, edge_km(site, before, corner));
      before = corner;
    }
  }
  return nearest;
}

// Cuts `text` at `mark`: the part before it, and `text` becomes the rest.
std::string_view cut(std::string_view& text, char mark) noexcept {
  const std::size_t at = text.find(mark);
  const std::string_view head = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return head;
}

std::optional<double> number_of(std::string_view text) noexcept {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::isfinite(value) ? std::optional{value} : std::nullopt;
}

std::optional<std::vector<Site>> ring_of(std::string_view text) {
  std::vector<Site> ring;
  while (!text.empty()) {
    std::string_view point = cut(text, ',');
    const auto longitude = number_of(cut(point, ' '));
    const auto latitude = number_of(point);
    if (!longitude || !latitude) return std::nullopt;
    if (std::fabs(*longitude) > 180 || std::fabs(*latitude) > 90) return std::nullopt;
    ring.push_back({*latitude, *longitude});
  }
  if (ring.empty()) return std::nullopt;
  return ring;
}

std::optional<CountryShape> shape_of(std::string_view line) {
  CountryShape shape;
  std::string_view codes = cut(line, '\t');
  while (!codes.empty()) {
    const auto code = CountryCode::parse(cut(codes, ','));
    if (!code) return std::nullopt;
    shape.codes.push_back(*code);
  }
  while (!line.empty()) {
    auto ring = ring_of(cut(line, ';'));
    if (!ring) return std::nullopt;
    shape.rings.push_back(std::move(*ring));
  }
  if (shape.codes.empty() || shape.rings.empty()) return std::nullopt;
  return shape;
}

tl::unexpected<Complaint> complain(std::string_view file, std::uint32_t line, std::string what) {
  return tl::unexpected{
      Complaint{std::string{file}, line, 0, std::move(what),
                "restore the file from the package; core/geo/data/country_shapes.mjs makes it"}};
}

}  // namespace

Loaded<CountryShapes> parse_country_shapes(std::string_view text, std::string_view file) {
  constexpr std::string_view margin_key = "margin_km\t";
  CountryShapes out;
  std::optional<double> margin;
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const std::string_view line = cut(text, '\n');
    if (line.empty() || line.front() == '#') continue;
    if (!margin && line.starts_with(margin_key)) {
      margin = number_of(line.substr(margin_key.size()));
      if (!margin || *margin < 0) return complain(file, number, "margin_km is not a distance");
      continue;
    }
    auto shape = shape_of(line);
    if (!shape) {
      return complain(file, number, "not 'codes, tab, longitude latitude, ...' of one polygon");
    }
    out.shapes.push_back(std::move(*shape));
  }
  if (!margin) return complain(file, 0, "no margin_km");
  if (out.shapes.empty()) return complain(file, 0, "no polygon");
  out.margin_km = *margin;
  return out;
}

CountryDistances::CountryDistances(const CountryShapes& shapes, std::span<const Site> sites) {
  for (const Site& site : sites) {
    Table table{site, {}};
    for (const CountryShape& shape : shapes.shapes) {
      const double km = std::max(0.0, shape_km(shape, site) - shapes.margin_km);
      for (const CountryCode code : shape.codes) {
        const auto [known, added] = table.km.emplace(code, km);
        if (!added) known->second = std::min(known->second, km);
      }
    }
    tables_.push_back(std::move(table));
  }
}

Loaded<CountryDistances> CountryDistances::load(const std::filesystem::path& shapes,
                                                std::span<const Site> sites) {
  const std::string name = shapes.string();
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(shapes, error);
  if (error) return complain(name, 0, "cannot be read: " + error.message());
  if (size > kLargestFile) return complain(name, 0, "larger than any table of countries");
  std::ifstream file{shapes, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  auto parsed = parse_country_shapes(text, name);
  if (!parsed) return tl::unexpected{std::move(parsed.error())};
  return CountryDistances{*parsed, sites};
}

std::optional<double> CountryDistances::nearest_km(CountryCode country,
                                                   const Site& site) const noexcept {
  for (const Table& table : tables_) {
    if (!(table.site == site)) continue;
    const auto found = table.km.find(country);
    if (found != table.km.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace sekimori
