#include "collector/receive/claim_writer.h"

#include <nlohmann/json.hpp>

namespace sekimori {
namespace {

using Json = nlohmann::ordered_json;

void put_text(Json& out, const char* name, const std::string& text) {
  if (!text.empty()) out[name] = text;
}

}  // namespace

std::string write_claim_json(const Claim& claim) {
  Json out;
  out["id"] = claim.id;
  out["time"] = format_rfc3339(claim.time).view();
  out["received"] = format_rfc3339(claim.received).view();
  out["account"] = claim.account;
  out["country"] = claim.country.text();
  out["ip"] = claim.ip.text().view();
  if (claim.port) out["port"] = *claim.port;
  if (claim.server_ip) out["server_ip"] = claim.server_ip->text().view();
  if (claim.server_port) out["server_port"] = *claim.server_port;
  put_text(out, "event", claim.event);
  put_text(out, "user_agent", claim.user_agent);
  put_text(out, "time_zone", claim.time_zone);
  put_text(out, "language", claim.language);
  if (claim.travel) {
    out["travel"]["country"] = claim.travel->country.text();
    out["travel"]["until"] = format_rfc3339(claim.travel->until).view();
  }
  Json links;
  put_text(links, "payout", claim.links.payout);
  put_text(links, "document", claim.links.document);
  put_text(links, "phone", claim.links.phone);
  put_text(links, "email", claim.links.email);
  if (!links.empty()) out["links"] = std::move(links);
  // Text was checked when it was read; replacing keeps this function free of exceptions all the
  // same.
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sekimori
