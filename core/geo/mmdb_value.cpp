#include "core/geo/mmdb_value.h"

#include <bit>

namespace sekimori {
namespace {

// Levels; the metadata of every known database has three.
constexpr unsigned kDeepestMetadata = 8;

std::uint64_t unsigned_number_of(Cursor& cursor, std::size_t width) noexcept {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : cursor.take(width)) number = number << 8U | byte;
  return number;
}

// A payload size of 29, 30 or 31 stands for one, two or three further bytes.
std::uint32_t payload_size(Cursor& cursor, std::uint8_t control) noexcept {
  const std::uint32_t size = control & 0x1fU;
  if (size == 29) return 29U + cursor.u8();
  if (size == 30) return 285U + cursor.u16();
  if (size == 31) return 65821U + cursor.u24();
  return size;
}

// The value bits of the control byte are the highest of the three shorter forms.
std::size_t pointer_target(Cursor& cursor, std::uint8_t control) noexcept {
  const std::size_t high = control & 0x07U;
  switch (control >> 3U & 0x03U) {
    case 0:
      return (high << 8U) + cursor.u8();
    case 1:
      return (high << 16U) + cursor.u16() + 2048U;
    case 2:
      return (high << 24U) + cursor.u24() + 526336U;
    default:
      return cursor.u32();
  }
}

// A number may be stored in fewer bytes than its type has, never in more; zero needs none.
std::size_t widest(MmdbType type) noexcept {
  switch (type) {
    case MmdbType::uint16:
      return 2;
    case MmdbType::uint32:
    case MmdbType::int32:
      return 4;
    case MmdbType::uint64:
      return 8;
    default:
      return 16;
  }
}

bool is_bounded(MmdbReader& reader, const MmdbValue& value, unsigned depth) noexcept {
  if (!value.is_container()) return reader.ok();
  if (depth == 0) return false;
  const std::uint64_t items = value.type == MmdbType::map ? 2ULL * value.count : value.count;
  std::size_t offset = value.first;
  for (std::uint64_t at = 0; at < items && reader.ok(); ++at) {
    const MmdbValue item = reader.read(offset);
    if (!is_bounded(reader, item, depth - 1)) return false;
    if (item.is_container() && !item.by_pointer) offset = reader.end_of(item);
  }
  return reader.ok();
}

}  // namespace

std::optional<std::string_view> MmdbValue::text() const noexcept {
  if (type != MmdbType::utf8_string) return std::nullopt;
  return std::string_view{reinterpret_cast<const char*>(content.data()), content.size()};
}

std::optional<std::uint64_t> MmdbValue::unsigned_number() const noexcept {
  if (type != MmdbType::uint16 && type != MmdbType::uint32 && type != MmdbType::uint64) {
    return std::nullopt;
  }
  return number;
}

std::optional<double> MmdbValue::real_number() const noexcept {
  if (type != MmdbType::double_precision && type != MmdbType::single_precision) return std::nullopt;
  return real;
}

std::optional<bool> MmdbValue::boolean() const noexcept {
  if (type != MmdbType::boolean) return std::nullopt;
  return number != 0;
}

MmdbValue MmdbReader::fail() noexcept {
  corrupt_ = true;
  return {};
}

MmdbValue MmdbReader::read(std::size_t& offset) noexcept {
  MmdbValue value = read_here(offset);
  if (!ok() || value.type != MmdbType::pointer) return value;
  std::size_t target = value.first;
  value = read_here(target);
  if (value.type == MmdbType::pointer) return fail();
  value.by_pointer = true;
  return value;
}

MmdbValue MmdbReader::read_here(std::size_t& offset) noexcept {
  if (corrupt_ || left_ == 0 || offset >= section_.size()) return fail();
  --left_;
  Cursor cursor{section_.subspan(offset)};
  const std::uint8_t control = cursor.u8();
  MmdbValue value;
  value.type = static_cast<MmdbType>(control >> 5U);
  if (value.type == MmdbType::pointer) {
    value.first = pointer_target(cursor, control);
    if (!cursor.ok()) return fail();
    offset = section_.size() - cursor.left();
    return value;
  }
  // Type 0 says that the next byte holds the type, less seven.
  if ((control >> 5U) == 0) value.type = static_cast<MmdbType>(std::min(cursor.u8() + 7U, 255U));
  const std::uint32_t size = payload_size(cursor, control);
  switch (value.type) {
    case MmdbType::map:
    case MmdbType::array:
      value.count = size;
      break;
    case MmdbType::utf8_string:
    case MmdbType::bytes:
      value.content = cursor.take(size);
      break;
    case MmdbType::uint16:
    case MmdbType::uint32:
    case MmdbType::int32:
    case MmdbType::uint64:
    case MmdbType::uint128:
      if (size > widest(value.type)) return fail();
      value.number = unsigned_number_of(cursor, size);
      break;
    case MmdbType::double_precision:
      if (size != 8) return fail();
      value.real = std::bit_cast<double>(cursor.u64());
      break;
    case MmdbType::single_precision:
      if (size != 4) return fail();
      value.real = static_cast<double>(std::bit_cast<float>(cursor.u32()));
      break;
    case MmdbType::boolean:
      if (size > 1) return fail();
      value.number = size;
      break;
    default:
      return fail();
  }
  if (!cursor.ok()) return fail();
  offset = section_.size() - cursor.left();
  value.first = offset;
  return value;
}

std::size_t MmdbReader::end_of(const MmdbValue& container) noexcept {
  const auto items_of = [](const MmdbValue& value) -> std::uint64_t {
    if (!value.is_container()) return 0;
    return value.type == MmdbType::map ? 2ULL * value.count : value.count;
  };
  std::size_t offset = container.first;
  for (std::uint64_t left = items_of(container); left > 0 && ok(); --left) {
    left += items_of(read_here(offset));
  }
  return offset;
}

bool mmdb_metadata_is_bounded(Bytes metadata) noexcept {
  MmdbReader reader{metadata};
  std::size_t offset = 0;
  const MmdbValue root = reader.read(offset);
  return root.type == MmdbType::map && is_bounded(reader, root, kDeepestMetadata);
}

}  // namespace sekimori
