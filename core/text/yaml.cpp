#include "core/text/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "core/text/utf8.h"

namespace sekimori {
namespace {

// Ends the parsing where going on makes no sense; never leaves this file.
struct Stop {};

struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// yaml-cpp counts from 0, and has -1 for nowhere.
Place place_of(const YAML::Mark& mark) noexcept {
  if (mark.line < 0 || mark.column < 0) return {};
  return {static_cast<std::uint32_t>(mark.line) + 1, static_cast<std::uint32_t>(mark.column) + 1};
}

Place place_of(std::string_view text, std::size_t offset) noexcept {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<std::uint32_t>(lines) + 1,
          static_cast<std::uint32_t>(offset - line_start) + 1};
}

// A list or map whose end has not come.
struct Open {
  YamlNode node;
  bool has_key = false;  // a map's key waits for its value in node.entries.back()
  std::unordered_set<std::string> keys;
};

// Builds the tree from yaml-cpp's events: the library's own tree has lost anchors, quotes and
// doubled keys by then. Deriving is the only way to its events.
class TreeBuilder final : public YAML::EventHandler {
 public:
  // `above`: lines of the file before the text that is read.
  TreeBuilder(std::string_view file, std::uint32_t above, std::vector<Complaint>& complaints)
      : file_{file}, above_{above}, complaints_{complaints} {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    complain(in_file(place_of(mark)), "a second document begins", "one file holds one document");
    throw Stop{};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    attach(made(YamlKind::null, mark, {}, anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    complain(in_file(place_of(mark)), "aliases are not supported", "write the value out");
    attach(made(YamlKind::null, mark, {}, 0));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = made(YamlKind::scalar, mark, tag, anchor);
    node.quoted = tag == "!";
    node.text = value;
    if (node.quoted) last_quoted_ = mark;
    attach(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(made(YamlKind::list, mark, tag, anchor));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(made(YamlKind::map, mark, tag, anchor));
  }
  void OnMapEnd() override { close(); }

  // A place of the text as one of the file.
  Place in_file(Place place) const noexcept {
    return {place.line == 0 ? 0 : place.line + above_, place.column};
  }
  void complain(Place place, std::string what, std::string way_out) {
    complaints_.push_back(
        {std::string{file_}, place.line, place.column, std::move(what), std::move(way_out)});
  }
  YamlNode take_root() { return std::move(root_); }
  const YAML::Mark& last_quoted() const noexcept { return last_quoted_; }

 private:
  YamlNode made(YamlKind kind, const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor) {
    const Place place = in_file(place_of(mark));
    if (anchor != 0) complain(place, "anchors are not supported", "write the value out");
    if (!tag.empty() && tag != "?" && tag != "!") {
      complain(place, "tags are not supported: '" + tag + "'", "remove it");
    }
    if (++nodes_ > kYamlNodeLimit) {
      complain(place, "more than " + std::to_string(kYamlNodeLimit) + " values", "");
      throw Stop{};
    }
    YamlNode node;
    node.kind = kind;
    node.line = place.line;
    node.column = place.column;
    return node;
  }

  void open(YamlNode node) {
    if (open_.size() == kYamlDepthLimit) {
      complain({node.line, node.column},
               "lists and maps lie more than " + std::to_string(kYamlDepthLimit) + " deep", "");
      throw Stop{};
    }
    Open one;
    one.node = std::move(node);
    open_.push_back(std::move(one));
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    attach(std::move(node));
  }

  void attach(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlKind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.has_key) {
      YamlEntry& entry = parent.node.entries.back();
      // yaml-cpp places a missing value where the next key stands.
      if (node.kind == YamlKind::null) node.line = entry.line, node.column = entry.column;
      entry.value = std::move(node);
      parent.has_key = false;
    } else {
      begin_entry(parent, std::move(node));
    }
  }

  void begin_entry(Open& parent, YamlNode key) {
    if (key.kind != YamlKind::scalar) {
      complain({key.line, key.column}, "a key must be a word", "");
    } else if (!parent.keys.insert(key.text).second) {
      complain({key.line, key.column}, "key '" + key.text + "' stands here twice",
               "remove one of the two");
    }
    parent.node.entries.push_back({std::move(key.text), key.line, key.column, {}});
    parent.has_key = true;
  }

  std::string_view file_;
  std::uint32_t above_;
  std::vector<Complaint>& complaints_;
  std::vector<Open> open_;
  YamlNode root_;
  YAML::Mark last_quoted_ = YAML::Mark::null_mark();
  std::size_t nodes_ = 0;
  std::size_t documents_ = 0;
};

// yaml-cpp takes the end of the file for the end of the quotes.
bool quotes_end(std::string_view text, int start) noexcept {
  if (start < 0 || static_cast<std::size_t>(start) >= text.size()) return true;
  const char quote = text[static_cast<std::size_t>(start)];
  if (quote != '"' && quote != '\'') return true;  // a block, not quotes
  for (std::size_t at = static_cast<std::size_t>(start) + 1; at < text.size(); ++at) {
    if (text[at] == '\\' && quote == '"') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || text.substr(at + 1, 1) != "'") return true;
      ++at;
    }
  }
  return false;
}

// The most frequent fault of a person, for which the parser has other words at each place.
std::string way_out_of(std::string_view text, Place place, std::uint32_t above) {
  std::istringstream lines{std::string{text}};
  std::string line;
  for (std::uint32_t number = 1; std::getline(lines, line) && number <= place.line; ++number) {
    const std::size_t tab = line.find('\t');
    const bool indents = tab != std::string::npos && tab < line.find_first_not_of(" \t");
    if (indents && number + 1 >= place.line) {
      return "line " + std::to_string(number + above) + " is indented with a tab: use spaces";
    }
  }
  return {};
}

bool readable(std::string_view text, TreeBuilder& builder) {
  if (text.size() > kYamlSizeLimit) {
    builder.complain({}, "longer than " + std::to_string(kYamlSizeLimit) + " bytes", "");
    return false;
  }
  const std::size_t bad = first_bad_utf8(text);
  if (bad < text.size()) {
    builder.complain(builder.in_file(place_of(text, bad)), "this is not UTF-8",
                     "save the file as UTF-8");
    return false;
  }
  const auto control = std::find_if(text.begin(), text.end(), [](char one) {
    return (static_cast<unsigned char>(one) < 0x20 && one != '\t' && one != '\n' && one != '\r') ||
           one == 0x7f;
  });
  if (control == text.end()) return true;
  const Place place = place_of(text, static_cast<std::size_t>(control - text.begin()));
  builder.complain(builder.in_file(place), "a control character, so this is not YAML",
                   "is this the right file?");
  return false;
}

std::string_view without_mark(std::string_view text) noexcept {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

// Where the next document begins. YAML 1.2, section 9.1.2: a line that begins with `---` and a
// blank stands in no scalar, so quotes and blocks need not be understood.
std::size_t end_of_document(std::string_view text) noexcept {
  constexpr std::string_view kMarker = "\n---";
  for (std::size_t at = text.find(kMarker); at != std::string_view::npos;
       at = text.find(kMarker, at + 1)) {
    const std::size_t behind = at + kMarker.size();
    const std::string_view rest = text.substr(behind);
    // yaml-cpp takes a lone carriage return for no end of a line.
    const bool ends = rest.empty() || rest.front() == ' ' || rest.front() == '\t' ||
                      rest.front() == '\n' || rest.starts_with("\r\n");
    if (ends) return at + 1;
  }
  return text.size();
}

void build(std::string_view text, TreeBuilder& builder) {
  std::istringstream stream{std::string{text}};
  try {
    YAML::Parser parser{stream};
    while (parser.HandleNextDocument(builder)) {
    }
    if (!quotes_end(text, builder.last_quoted().pos)) {
      builder.complain(builder.in_file(place_of(builder.last_quoted())),
                       "the file ends inside quotes", "close them; was the file cut?");
    }
  } catch (const Stop&) {
    // Said where it was thrown.
  } catch (const YAML::Exception& fault) {
    const Place place = place_of(fault.mark);
    const std::uint32_t above = builder.in_file({1, 1}).line - 1;
    builder.complain(builder.in_file(place), "YAML: " + fault.msg, way_out_of(text, place, above));
  } catch (const std::exception& fault) {
    builder.complain({}, std::string{"YAML: "} + fault.what(), "");
  }
}

LoadedAll<YamlDocument> read_document(std::string_view file, std::string_view text,
                                      std::uint32_t above) {
  std::vector<Complaint> complaints;
  TreeBuilder builder{file, above, complaints};
  if (readable(text, builder)) build(text, builder);
  if (!complaints.empty()) return tl::unexpected{std::move(complaints)};
  return YamlDocument{std::string{file}, builder.take_root()};
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const noexcept {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const YamlEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

LoadedAll<YamlDocument> read_yaml(std::string_view file, std::string_view text) {
  return read_document(file, without_mark(text), 0);
}

LoadedAll<std::vector<YamlDocument>> read_yaml_documents(std::string_view file,
                                                         std::string_view text) {
  std::vector<YamlDocument> documents;
  std::vector<Complaint> complaints;
  if (text.size() > kYamlFileLimit) {
    complaints.push_back(
        {std::string{file}, 0, 0, "longer than " + std::to_string(kYamlFileLimit) + " bytes", ""});
    return tl::unexpected{std::move(complaints)};
  }
  text = without_mark(text);
  std::uint32_t above = 0;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, end_of_document(text));
    auto document = read_document(file, part, above);
    if (!document) {
      complaints.insert(complaints.end(), document.error().begin(), document.error().end());
    } else if (document->root.kind != YamlKind::null) {
      documents.push_back(std::move(*document));
    }
    above += static_cast<std::uint32_t>(std::count(part.begin(), part.end(), '\n'));
    text.remove_prefix(part.size());
  }
  if (!complaints.empty()) return tl::unexpected{std::move(complaints)};
  return documents;
}

LoadedAll<YamlDocument> read_yaml_file(const std::string& path) {
  const auto unreadable = [&](std::string why) {
    return tl::unexpected{std::vector{Complaint{path, 0, 0, std::move(why), {}}}};
  };
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) return unreadable("a folder, not a file");
  errno = 0;
  std::ifstream stream{path, std::ios::binary};
  if (!stream) {
    return unreadable("cannot be opened: " + std::generic_category().message(errno));
  }
  std::string text(kYamlSizeLimit + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) return unreadable("cannot be read: " + std::generic_category().message(errno));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return read_yaml(path, text);
}

}  // namespace sekimori
