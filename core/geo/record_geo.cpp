#include "core/geo/record_geo.h"

namespace sekimori {
namespace {

void fill_endpoint(Endpoint& into, const GeoAnswer& answer) noexcept {
  if (!into.geo.country) {
    into.geo.country = answer.country;
    into.geo.city = answer.city;
    into.geo.latitude = answer.latitude;
    into.geo.longitude = answer.longitude;
  }
  if (into.as.number == 0) {
    into.as.number = answer.as_number;
    into.as.organization = answer.as_organization;
  }
}

void fill_anonymity(GeoDetail& into, const AnonymityFlags& flags) noexcept {
  const auto fill = [&](std::optional<bool>& flag, Anonymity which) noexcept {
    if (!flag) flag = flags.get(which);
  };
  fill(into.anonymous, Anonymity::anonymous);
  fill(into.vpn, Anonymity::vpn);
  fill(into.hosting, Anonymity::hosting);
  fill(into.public_proxy, Anonymity::public_proxy);
  fill(into.residential_proxy, Anonymity::residential_proxy);
  fill(into.tor_exit, Anonymity::tor_exit);
}

}  // namespace

void fill_geo(SessionRecord& record, const GeoSources& sources) noexcept {
  fill_geo(record, sources.find(record.client.ip), sources.find(record.server.ip));
}

void fill_geo(SessionRecord& record, const CombinedGeo& client,
              const CombinedGeo& server) noexcept {
  GeoDetail& detail = record.geo;
  if (!record.client.geo.country && client.place_from != nullptr) {
    detail.registered_country = client.answer.registered_country;
    detail.accuracy_radius_km = client.answer.accuracy_radius_km;
    detail.second_country = client.second_country;
    detail.database_type = client.place_from->type();
    detail.database_built = client.place_from->built();
  }
  if (record.client.as.number == 0 && client.number_from != nullptr) {
    detail.as_database_type = client.number_from->type();
    detail.as_database_built = client.number_from->built();
  }
  fill_anonymity(detail, client.answer.anonymity);
  fill_endpoint(record.client, client.answer);
  fill_endpoint(record.server, server.answer);
}

}  // namespace sekimori
