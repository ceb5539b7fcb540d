#include "sensor/handshake/quic_initial.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include <openssl/evp.h>
#include <openssl/sha.h>

namespace sekimori {
namespace {

using Salt = std::array<std::uint8_t, 20>;
using Secret = std::array<std::uint8_t, 32>;  // SHA-256

// RFC 9001, section 5.2; RFC 9369, section 3.3.1; the same section of the drafts; QUICHE for
// Google's.
constexpr Salt kSaltV1{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                       0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
constexpr Salt kSaltV2{0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
                       0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
constexpr Salt kSaltDraft29{0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
                            0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99};
constexpr Salt kSaltDraft23{0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
                            0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02};

constexpr Salt kSaltQ050{0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94,
                         0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45};
constexpr Salt kSaltT050{0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80,
                         0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10};
constexpr Salt kSaltT051{0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50,
                         0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d};

constexpr std::size_t kTagSize = 16;       // bytes, of AEAD_AES_128_GCM
constexpr std::size_t kMaxNumberSize = 4;  // bytes; RFC 9000, section 17.1
constexpr std::size_t kSampleSize = 16;    // bytes; RFC 9001, section 5.4.3
constexpr std::uint8_t kMaskedBits =
    0x0f;  // RFC 9001, section 5.4.1: of a long header's first byte
constexpr std::uint8_t kNumberSizeBits = 0x03;  // RFC 9000, section 17.2

const Salt& salt_of(std::uint32_t version) noexcept {
  switch (static_cast<QuicVersion>(version)) {
    case QuicVersion::v2:
      return kSaltV2;
    case QuicVersion::mvfst_27:
    case QuicVersion::mvfst_experimental:
      return kSaltDraft23;
    case QuicVersion::google_q050:
      return kSaltQ050;
    case QuicVersion::google_t050:
      return kSaltT050;
    case QuicVersion::google_t051:
      return kSaltT051;
    default:
      break;
  }
  const bool is_draft = version >= static_cast<std::uint32_t>(QuicVersion::draft_23);
  if (!is_draft || version >= static_cast<std::uint32_t>(QuicVersion::draft_33)) return kSaltV1;
  return version >= static_cast<std::uint32_t>(QuicVersion::draft_29) ? kSaltDraft29 : kSaltDraft23;
}

struct Free {
  void operator()(EVP_CIPHER* cipher) const noexcept { EVP_CIPHER_free(cipher); }
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};

// One cipher with a context of its own, fetched once for each thread: a look-up by name costs as
// much as the work (OpenSSL 3, crypto(7)), and a context that changes ciphers takes memory anew.
struct Cipher {
  enum class Way : int { decrypt = 0, encrypt = 1 };
  Cipher(const char* name, Way way) noexcept
      : cipher{EVP_CIPHER_fetch(nullptr, name, nullptr)}, context{EVP_CIPHER_CTX_new()} {
    good = cipher && context &&
           EVP_CipherInit_ex2(context.get(), cipher.get(), nullptr, nullptr, static_cast<int>(way),
                              nullptr) == 1;
  }
  std::unique_ptr<EVP_CIPHER, Free> cipher;
  std::unique_ptr<EVP_CIPHER_CTX, Free> context;
  bool good = false;
};
struct Machine {
  Cipher ecb{"AES-128-ECB", Cipher::Way::encrypt};
  Cipher gcm{"AES-128-GCM", Cipher::Way::decrypt};
};

Machine& machine() noexcept {
  thread_local Machine one;
  return one;
}

int int_size(Bytes bytes) noexcept {
  return static_cast<int>(bytes.size());
}

// HMAC-SHA-256 over the parts, one after the other (RFC 2104), for keys of at most a block. With
// OpenSSL's SHA-256 itself: its EVP_MAC takes memory for each message, and here two packets wait.
template <std::size_t N>
bool hmac(Bytes key, const std::array<Bytes, N>& parts, Secret& out) noexcept {
  std::array<std::uint8_t, SHA256_CBLOCK> inner;
  std::array<std::uint8_t, SHA256_CBLOCK> outer;
  inner.fill(0x36);
  outer.fill(0x5c);
  for (std::size_t at = 0; at < key.size() && at < inner.size(); ++at) {
    inner[at] ^= key[at];
    outer[at] ^= key[at];
  }
  SHA256_CTX sha;
  bool good = SHA256_Init(&sha) == 1 && SHA256_Update(&sha, inner.data(), inner.size()) == 1;
  for (const Bytes part : parts) {
    good = good && SHA256_Update(&sha, part.data(), part.size()) == 1;
  }
  return good && SHA256_Final(out.data(), &sha) == 1 && SHA256_Init(&sha) == 1 &&
         SHA256_Update(&sha, outer.data(), outer.size()) == 1 &&
         SHA256_Update(&sha, out.data(), out.size()) == 1 && SHA256_Final(out.data(), &sha) == 1;
}

Bytes bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()),
          text.size()};  // NOLINT: char to bytes
}

// RFC 8446, section 7.1: HKDF-Expand-Label with an empty context. One block of HMAC holds all that
// is asked.
bool expand_label(const Secret& secret, std::string_view label,
                  std::span<std::uint8_t> out) noexcept {
  constexpr std::string_view prefix = "tls13 ";
  const std::array<std::uint8_t, 3> head{0, static_cast<std::uint8_t>(out.size()),
                                         static_cast<std::uint8_t>(prefix.size() + label.size())};
  constexpr std::array<std::uint8_t, 2> no_context_and_block{0, 1};
  Secret block;
  const std::array<Bytes, 4> info{head, bytes_of(prefix), bytes_of(label), no_context_and_block};
  if (!hmac(secret, info, block)) return false;
  std::copy_n(block.begin(), out.size(), out.begin());
  return true;
}

bool derive(const Secret& initial, std::string_view side, bool is_v2,
            QuicProtection& out) noexcept {
  Secret secret;
  return expand_label(initial, side, secret) &&
         expand_label(secret, is_v2 ? "quicv2 key" : "quic key", out.key) &&
         expand_label(secret, is_v2 ? "quicv2 iv" : "quic iv", out.iv) &&
         expand_label(secret, is_v2 ? "quicv2 hp" : "quic hp", out.hp);
}

// RFC 9001, section 5.4.3.
bool header_mask(const QuicProtection& protection, Bytes sample,
                 std::array<std::uint8_t, 16>& mask) noexcept {
  const Cipher& ecb = machine().ecb;
  EVP_CIPHER_CTX* const context = ecb.context.get();
  int size = 0;
  return ecb.good &&
         EVP_EncryptInit_ex2(context, nullptr, protection.hp.data(), nullptr, nullptr) == 1 &&
         EVP_EncryptUpdate(context, mask.data(), &size, sample.data(), int_size(sample)) == 1;
}

// A header without its protection. What lies between the first byte and the number was never
// protected.
struct PlainHeader {
  std::uint8_t first;
  Bytes middle;
  std::array<std::uint8_t, kMaxNumberSize> number;
  std::size_t number_size;
};

// RFC 9001, section 5.3. The number's upper bytes are taken for zero: no Initial has so high a one.
std::array<std::uint8_t, 12> nonce_of(const QuicProtection& protection,
                                      const PlainHeader& header) noexcept {
  auto nonce = protection.iv;
  const std::size_t before = nonce.size() - header.number_size;
  for (std::size_t i = 0; i < header.number_size; ++i) nonce[before + i] ^= header.number[i];
  return nonce;
}

bool decrypt(const QuicProtection& protection, const PlainHeader& header, Bytes sealed,
             std::span<std::uint8_t> out) noexcept {
  const Cipher& gcm = machine().gcm;
  EVP_CIPHER_CTX* const context = gcm.context.get();
  const auto nonce = nonce_of(protection, header);
  const Bytes text = sealed.first(sealed.size() - kTagSize);
  std::array<std::uint8_t, kTagSize> tag;
  std::copy_n(sealed.last(kTagSize).begin(), kTagSize, tag.begin());
  int size = 0;
  if (!gcm.good ||
      EVP_DecryptInit_ex2(context, nullptr, protection.key.data(), nonce.data(), nullptr) != 1) {
    return false;
  }
  const Bytes number = Bytes{header.number}.first(header.number_size);
  for (const Bytes part : {Bytes{&header.first, 1}, header.middle, number}) {
    if (EVP_DecryptUpdate(context, nullptr, &size, part.data(), int_size(part)) != 1) return false;
  }
  return EVP_DecryptUpdate(context, out.data(), &size, text.data(), int_size(text)) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kTagSize),
                             tag.data()) == 1 &&
         EVP_DecryptFinal_ex(context, out.data(), &size) == 1;
}

tl::unexpected<Defect> refuse(Fault fault) noexcept {
  return tl::unexpected{Defect{fault, Layer::quic, 0}};
}

}  // namespace

std::optional<QuicProtection> derive_initial_protection(std::uint32_t version, Bytes destination_id,
                                                        QuicSide sender) noexcept {
  if (!is_known_quic_version(version)) return std::nullopt;
  const bool is_v2 = version == static_cast<std::uint32_t>(QuicVersion::v2);
  const std::string_view label = sender == QuicSide::client ? "client in" : "server in";
  Secret initial;
  QuicProtection protection;
  const bool derived = hmac(salt_of(version), std::array<Bytes, 1>{destination_id}, initial) &&
                       derive(initial, label, is_v2, protection);
  return derived ? std::optional{protection} : std::nullopt;
}

Result<Bytes> open_initial(const QuicLongPacket& packet, const QuicProtection& protection,
                           std::span<std::uint8_t> scratch) noexcept {
  const Bytes body = packet.protected_part;
  if (packet.type != QuicPacketType::initial || scratch.size() < body.size()) {
    return refuse(Fault::unsupported);
  }
  if (body.size() < kMaxNumberSize + kSampleSize) return refuse(Fault::malformed);
  std::array<std::uint8_t, 16> mask{};
  if (!header_mask(protection, body.subspan(kMaxNumberSize, kSampleSize), mask)) {
    return refuse(Fault::unsupported);
  }
  const std::size_t header_size = packet.bytes.size() - body.size();
  PlainHeader header{};
  header.first = static_cast<std::uint8_t>(packet.bytes.front() ^ (mask[0] & kMaskedBits));
  header.middle = packet.bytes.subspan(1, header_size - 1);
  header.number_size = std::size_t{1} + (header.first & kNumberSizeBits);
  for (std::size_t i = 0; i < header.number_size; ++i) {
    header.number[i] = static_cast<std::uint8_t>(body[i] ^ mask[i + 1]);
  }
  const Bytes sealed = body.subspan(header.number_size);  // at least the tag: body holds 20 bytes
  const auto plain = scratch.first(sealed.size() - kTagSize);
  if (!decrypt(protection, header, sealed, plain)) return refuse(Fault::malformed);
  return Bytes{plain};
}

}  // namespace sekimori
