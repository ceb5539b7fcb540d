#include "sensor/capture/packet_view.h"

namespace sekimori {

bool is_named(LinkType link) noexcept {
  switch (link) {
    case LinkType::null_loopback:
    case LinkType::ethernet:
    case LinkType::ppp:
    case LinkType::raw_ip_bsd:
    case LinkType::raw_ip_openbsd:
    case LinkType::ppp_hdlc:
    case LinkType::raw_ip:
    case LinkType::cisco_hdlc:
    case LinkType::ieee802_11:
    case LinkType::ieee802_11_radiotap:
    case LinkType::per_packet_information:
    case LinkType::nflog:
    case LinkType::openbsd_loopback:
    case LinkType::linux_cooked:
    case LinkType::ipv4:
    case LinkType::ipv6:
    case LinkType::linux_cooked_v2:
      return true;
  }
  return false;
}

}  // namespace sekimori
