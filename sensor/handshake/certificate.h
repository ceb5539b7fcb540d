#pragma once

#include <span>

#include "core/bytes/inline_text.h"
#include "sensor/handshake/tls_record.h"

namespace sekimori {

// Whom a certificate names, in the order it names them: "C=US, O=Example, CN=www.example". Only
// country, organization, unit, common name and e-mail address; bytes that are not printing ASCII,
// commas and backslashes are \xNN. Cut at 128.
struct CertificateNames {
  InlineText<128> subject;
  InlineText<128> issuer;
};

// Of the first certificate in the Certificate message that follows a ServerHello (RFC 5246,
// sections 7.4.1.3 and 7.4.2; RFC 5280, section 4.1). `flight` is what is there of the server's
// first handshake messages. The certificate is not verified: it is what the server says of itself.
//
// truncated: so far all is well, and the names are not there yet; when flight.is_over they never
// will be. malformed: another message follows, or no certificate is in it.
Result<CertificateNames> parse_certificate_names(const HandshakeFlight& flight) noexcept;

}  // namespace sekimori
