#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "core/bytes/cursor.h"

namespace sekimori {

// How one element is read off the wire. After the list's end it never runs: see WireList.
struct ReadU16 {
  using value_type = std::uint16_t;
  static value_type next(Cursor& cursor) noexcept { return cursor.u16(); }
};

struct Extension {
  std::uint16_t type;  // ExtensionType, or any other number
  Bytes data;          // borrowed
};
struct ReadExtension {
  using value_type = Extension;
  static value_type next(Cursor& cursor) noexcept {
    const std::uint16_t type = cursor.u16();
    return {type, cursor.take(cursor.u16())};
  }
};

// RFC 7301, section 3.1: one length byte, then the name.
struct ReadProtocolName {
  using value_type = Bytes;
  static value_type next(Cursor& cursor) noexcept { return cursor.take(cursor.u8()); }
};

// A vector of the TLS presentation language (RFC 8446, section 3.4) without its length, read anew
// by each pass over it and borrowed from the hello. An element that is cut by the list's end is not
// part of it.
template <typename Read>
class WireList {
 public:
  using value_type = typename Read::value_type;

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = typename Read::value_type;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    explicit Iterator(Bytes bytes) noexcept : cursor_{bytes} { ++*this; }
    reference operator*() const noexcept { return value_; }
    pointer operator->() const noexcept { return &value_; }
    Iterator& operator++() noexcept {
      at_end_ = cursor_.left() == 0;
      if (at_end_) return *this;
      value_ = Read::next(cursor_);
      at_end_ = !cursor_.ok();
      return *this;
    }
    void operator++(int) noexcept { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t /*end*/) noexcept {
      return it.at_end_;
    }

   private:
    Cursor cursor_;
    value_type value_{};
    bool at_end_ = false;
  };

  using const_iterator = Iterator;  // the name that algorithms ask for

  WireList() noexcept = default;
  explicit WireList(Bytes bytes) noexcept : bytes_{bytes} {}

  Iterator begin() const noexcept { return Iterator{bytes_}; }
  std::default_sentinel_t end() const noexcept { return {}; }
  bool empty() const noexcept { return begin() == end(); }
  Bytes bytes() const noexcept { return bytes_; }

 private:
  Bytes bytes_;
};

using U16List = WireList<ReadU16>;
using ExtensionList = WireList<ReadExtension>;
using ProtocolNameList = WireList<ReadProtocolName>;

}  // namespace sekimori
