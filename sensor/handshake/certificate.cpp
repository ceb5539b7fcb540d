#include "sensor/handshake/certificate.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "sensor/handshake/client_hello.h"

namespace sekimori {
namespace {

// X.690, section 8.1.2, and X.680, section 8.6: the identifier octets met here.
enum Tag : std::uint8_t {
  kInteger = 0x02,
  kObjectIdentifier = 0x06,
  kSequence = 0x30,
  kSet = 0x31,
  kVersion = 0xa0,  // [0] EXPLICIT
};

struct Element {
  std::uint8_t tag = 0;
  Bytes content;  // what is there of it: the cursor is overrun when that is not all
};

// DER (X.690, section 10.1): definite lengths in the fewest octets; more than 64 KiB is no name and
// no certificate.
Element next_element(Cursor& cursor) noexcept {
  Element element;
  element.tag = cursor.u8();
  std::size_t length = cursor.u8();
  if (length == 0x81) {
    length = cursor.u8();
  } else if (length == 0x82) {
    length = cursor.u16();
  } else if (length > 0x7f) {
    element.tag = 0;  // of nothing that is looked for
    length = 0;
  }
  element.content = cursor.take(length);
  return element;
}

// What is there of an element that holds what is looked for.
Result<Cursor> enter(Cursor& outer, std::uint8_t tag) noexcept {
  if (outer.u8() != tag) return outer.reject(Layer::tls, 0);
  const std::uint8_t length = outer.u8();
  if (length > 0x82 || length == 0x80) return outer.reject(Layer::tls, 1);
  outer.skip(length > 0x80 ? length - 0x80U : 0U);
  return outer.finish(Layer::tls, Cursor{outer.take(outer.left())});
}

struct Attribute {
  std::array<std::uint8_t, 9> type;
  std::uint8_t size;
  std::string_view name;
};
// RFC 4519 and, for the e-mail address, RFC 2985.
constexpr std::array<Attribute, 5> kAttributes{
    {{{0x55, 0x04, 0x03}, 3, "CN"},
     {{0x55, 0x04, 0x06}, 3, "C"},
     {{0x55, 0x04, 0x0a}, 3, "O"},
     {{0x55, 0x04, 0x0b}, 3, "OU"},
     {{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01}, 9, "emailAddress"}}};

void append_attribute(Bytes type, Bytes value, InlineText<128>& out) noexcept {
  const auto known =
      std::find_if(kAttributes.begin(), kAttributes.end(), [type](const Attribute& attribute) {
        return std::ranges::equal(type, Bytes{attribute.type}.first(attribute.size));
      });
  if (known == kAttributes.end()) return;
  if (!out.empty()) out.append(", ");
  out.append(known->name);
  out.append("=");
  const auto text = escaped_text(value);
  for (const char one : text.view()) {
    // Else a value could pretend to be several.
    out.append(one == ',' ? std::string_view{"\\x2c"} : std::string_view{&one, 1});
  }
}

// Name ::= SEQUENCE OF SET OF SEQUENCE {type, value} (RFC 5280, section 4.1.2.4).
InlineText<128> text_of(Bytes name) noexcept {
  InlineText<128> text;
  Cursor sets{name};
  while (sets.left() > 0 && sets.ok()) {
    const Element set = next_element(sets);
    if (set.tag != kSet) break;
    Cursor inside{set.content};
    while (inside.left() > 0 && inside.ok()) {
      const Element pair = next_element(inside);
      if (pair.tag != kSequence) break;
      Cursor parts{pair.content};
      const Element type = next_element(parts);
      const Element value = next_element(parts);
      if (type.tag != kObjectIdentifier || !parts.ok()) break;
      append_attribute(type.content, value.content, text);
    }
  }
  return text;
}

// TBSCertificate (RFC 5280, section 4.1): version, serialNumber, signature, issuer, validity,
// subject.
Result<CertificateNames> names_in(Cursor tbs) noexcept {
  Element element = next_element(tbs);
  if (element.tag == kVersion) element = next_element(tbs);
  if (element.tag != kInteger) return tbs.reject(Layer::tls, 0);
  const Element signature = next_element(tbs);
  const Element issuer = next_element(tbs);
  const Element validity = next_element(tbs);
  const Element subject = next_element(tbs);
  for (const Element& each : {signature, issuer, validity, subject}) {
    if (each.tag != kSequence) return tbs.reject(Layer::tls, 0);
  }
  if (!tbs.ok()) return tbs.finish(Layer::tls, CertificateNames{});
  return CertificateNames{text_of(subject.content), text_of(issuer.content)};
}

}  // namespace

Result<CertificateNames> parse_certificate_names(const HandshakeFlight& flight) noexcept {
  Cursor cursor{flight.messages};
  if (cursor.u8() != static_cast<std::uint8_t>(HandshakeType::server_hello)) {
    return cursor.reject(Layer::tls, 0);
  }
  cursor.skip(cursor.u24());
  // Nothing behind the hello is no error yet.
  if (cursor.u8() != static_cast<std::uint8_t>(HandshakeType::certificate)) {
    return cursor.reject(Layer::tls, 0);
  }
  cursor.skip(3 + 3 + 3);  // lengths of the message, the list and its first certificate
  Result<Cursor> certificate = enter(cursor, kSequence);
  if (!certificate) return tl::unexpected{certificate.error()};
  const Result<Cursor> tbs = enter(*certificate, kSequence);
  if (!tbs) return tl::unexpected{tbs.error()};
  return names_in(*tbs);
}

}  // namespace sekimori
