#include "collector/receive/claim_reader.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace sekimori {
namespace {

using Json = nlohmann::json;
using Kind = RawField::Kind;

Complaint refuse(std::string_view what, std::string_view way_out) {
  return {{}, 0, 0, std::string{what}, std::string{way_out}};
}

Complaint line_too_long() {
  return refuse("longer than " + std::to_string(kLongestClaimLine) + " bytes",
                "one claim per line");
}

// Takes the events of nlohmann's parser, whose interface this is; it never recurses, and stops at
// the first event that is answered with false. Depth is bounded by refusing what a claim does not
// nest.
class ClaimEvents {
 public:
  bool null() { return depth_ > 0 || keep({}); }
  bool boolean(bool /*value*/) { return keep({Kind::other, {}, 0}); }
  bool number_integer(Json::number_integer_t /*negative*/) { return keep({Kind::other, {}, 0}); }
  bool number_unsigned(Json::number_unsigned_t value) { return keep({Kind::integer, {}, value}); }
  bool number_float(Json::number_float_t /*value*/, const std::string& /*text*/) {
    return keep({Kind::other, {}, 0});
  }
  bool string(std::string& value) { return keep({Kind::text, std::move(value), 0}); }
  bool binary(Json::binary_t& /*value*/) { return keep({Kind::other, {}, 0}); }

  bool start_object(std::size_t /*size*/) {
    ++depth_;
    if (depth_ == 1) return true;
    if (depth_ == 2 && !field_ && (parent_ == "travel." || parent_ == "links.")) return true;
    return fail(refuse("an object where a value belongs", "only travel and links hold an object"));
  }
  bool key(std::string& name) {
    if (depth_ == 1 && (name == "travel" || name == "links")) {
      parent_ = name + ".";
      field_.reset();
      if (std::exchange(name == "travel" ? travel_seen_ : links_seen_, true)) return twice(name);
      return true;
    }
    const std::string full = depth_ == 1 ? name : parent_ + name;
    field_ =
        depth_ == 1 && name.find('.') != std::string::npos ? std::nullopt : find_claim_field(full);
    if (!field_) return fail(unknown_claim_field("key", full));
    const auto at = static_cast<std::size_t>(*field_);
    if (std::exchange(seen_[at], true)) return twice(full);
    return true;
  }
  bool end_object() {
    --depth_;
    field_.reset();
    return true;
  }
  bool start_array(std::size_t /*size*/) {
    return fail(refuse("an array where a value belongs", "one JSON object per line"));
  }
  bool end_array() { return true; }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*why*/) {
    Complaint complaint = refuse("not JSON", "one JSON object per line, UTF-8");
    complaint.column = static_cast<std::uint32_t>(position);
    return fail(std::move(complaint));
  }

  const RawClaim& raw() const { return raw_; }
  const Complaint& complaint() const { return complaint_; }

 private:
  bool keep(RawField value) {
    if (depth_ == 0) return fail(refuse("not a JSON object", "one JSON object per line"));
    if (!field_) {
      return fail(refuse("'" + parent_.substr(0, parent_.size() - 1) + "' is not an object", ""));
    }
    raw_[static_cast<std::size_t>(*field_)] = std::move(value);
    return true;
  }
  bool twice(const std::string& name) {
    return fail(refuse("key '" + name + "' comes twice", "keep one of them"));
  }
  bool fail(Complaint complaint) {
    complaint_ = std::move(complaint);
    return false;
  }

  RawClaim raw_;
  std::array<bool, kClaimFieldCount> seen_{};
  bool travel_seen_ = false;
  bool links_seen_ = false;
  std::size_t depth_ = 0;
  std::string parent_;               // "travel." or "links.", the last that was met
  std::optional<ClaimField> field_;  // of the key that was read last
  Complaint complaint_;
};

// Splits one CSV row (RFC 4180, section 2).
Loaded<std::vector<std::string>> split_row(std::string_view row) {
  std::vector<std::string> cells(1);
  std::size_t at = 0;
  while (at < row.size()) {
    if (row[at] == '"') {
      if (!cells.back().empty())
        return tl::unexpected{
            refuse("a quotation mark inside a cell", "quote the whole cell and double the mark")};
      bool closed = false;
      for (++at; at < row.size() && !closed; ++at) {
        if (row[at] != '"') {
          cells.back().push_back(row[at]);
        } else if (at + 1 < row.size() && row[at + 1] == '"') {
          cells.back().push_back('"');
          ++at;
        } else {
          closed = true;
        }
      }
      if (!closed) return tl::unexpected{refuse("a quoted cell does not end on its line", "")};
      if (at < row.size() && row[at] != ',') {
        return tl::unexpected{refuse("text after a quoted cell", "a comma belongs there")};
      }
    } else if (row[at] == ',') {
      cells.emplace_back();
      ++at;
    } else {
      cells.back().push_back(row[at]);
      ++at;
    }
  }
  return cells;
}

// A cell has no type of its own: a port is one by its column.
RawField raw_cell(ClaimField field, std::string cell) {
  if (cell.empty()) return {};
  RawField raw{Kind::text, std::move(cell), 0};
  if (field != ClaimField::port && field != ClaimField::server_port) return raw;
  const char* const end = raw.text.data() + raw.text.size();
  const auto [stop, error] = std::from_chars(raw.text.data(), end, raw.integer);
  if (error == std::errc{} && stop == end) raw.kind = Kind::integer;
  return raw;
}

}  // namespace

Loaded<Claim> read_claim_json(std::string_view line, std::optional<Timestamp> arrival) {
  if (line.size() > kLongestClaimLine) return tl::unexpected{line_too_long()};
  ClaimEvents events;
  if (!Json::sax_parse(line.begin(), line.end(), &events)) {
    return tl::unexpected{events.complaint()};
  }
  return make_claim(events.raw(), arrival);
}

Loaded<ClaimColumns> ClaimColumns::parse(std::string_view header) {
  if (header.size() > kLongestClaimLine) return tl::unexpected{line_too_long()};
  const auto cells = split_row(header);
  if (!cells) return tl::unexpected{cells.error()};
  ClaimColumns columns;
  for (const std::string& name : *cells) {
    const auto field = find_claim_field(name);
    if (!field) return tl::unexpected{unknown_claim_field("column", name)};
    if (std::find(columns.fields_.begin(), columns.fields_.end(), *field) !=
        columns.fields_.end()) {
      return tl::unexpected{refuse("column '" + name + "' comes twice", "keep one of them")};
    }
    columns.fields_.push_back(*field);
  }
  for (const ClaimField needed :
       {ClaimField::time, ClaimField::account, ClaimField::country, ClaimField::ip}) {
    if (std::find(columns.fields_.begin(), columns.fields_.end(), needed) ==
        columns.fields_.end()) {
      return tl::unexpected{
          refuse("no column '" + std::string{claim_field_name(needed)} + "' in the header",
                 "the first line names the columns: time,account,country,ip,...")};
    }
  }
  return columns;
}

bool ClaimColumns::looks_like_header(std::string_view line) {
  const auto cells = split_row(line.substr(0, kLongestClaimLine));
  return cells && std::any_of(cells->begin(), cells->end(), [](const std::string& name) {
           return find_claim_field(name).has_value();
         });
}

Loaded<Claim> ClaimColumns::read_claim(std::string_view row,
                                       std::optional<Timestamp> arrival) const {
  if (row.size() > kLongestClaimLine) return tl::unexpected{line_too_long()};
  auto cells = split_row(row);
  if (!cells) return tl::unexpected{cells.error()};
  if (cells->size() != fields_.size()) {
    return tl::unexpected{refuse(std::to_string(cells->size()) + " cells, but the header names " +
                                     std::to_string(fields_.size()) + " columns",
                                 "quote a cell that holds a comma")};
  }
  RawClaim raw;
  for (std::size_t at = 0; at < fields_.size(); ++at) {
    raw[static_cast<std::size_t>(fields_[at])] = raw_cell(fields_[at], std::move((*cells)[at]));
  }
  return make_claim(raw, arrival);
}

}  // namespace sekimori
