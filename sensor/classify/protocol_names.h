#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/record/session_record.h"
#include "sensor/flow/flow_samples.h"

namespace sekimori {

// What a name of nDPI's means in a record. Names are nDPI's own, of any version from 4.2 on, never
// its numbers, which change from one version to the next; the words are lower case, as ECS has
// them. Empty: that field is left as it is.
struct ProtocolName {
  std::string_view ndpi;
  std::string_view protocol;       // network.protocol
  std::string_view application;    // network.application
  std::string_view remote_access;  // sekimori.remote_access.name
  std::string_view tunnel;         // sekimori.tunnel.name
};

// Left out on purpose, because nDPI 4.2 says them of other things too, or by a port alone:
//   Cassandra, EAQ, AVASTSecureDNS, IEC60870   of SOCKS and of anything (seen)
//   Citrix, VMware, CiscoVPN, IPsec            by port; rules know them by their bytes
//   TLS, DTLS, QUIC                            whose hellos are read here
//   RTP, Starcraft, Nintendo, HP_VIRTGRP ...   by so little that chance matches it
// and everything that is of no use to somebody who looks for remote access and tunnels.
inline constexpr std::array kProtocolNames = std::to_array<ProtocolName>({
    // remote access
    {"RDP", "rdp", "", "rdp", ""},
    {"VNC", "vnc", "", "vnc", ""},
    {"SSH", "ssh", "", "ssh", ""},
    {"Telnet", "telnet", "", "telnet", ""},
    {"XDMCP", "xdmcp", "", "xdmcp", ""},
    {"TeamViewer", "teamviewer", "teamviewer", "teamviewer", ""},
    {"AnyDesk", "anydesk", "anydesk", "anydesk", ""},
    {"NoMachine", "nx", "nomachine", "nomachine", ""},
    {"Radmin", "radmin", "radmin", "radmin", ""},
    {"RMCP", "rmcp", "", "", ""},
    // tunnels
    {"OpenVPN", "openvpn", "", "", "openvpn"},
    {"WireGuard", "wireguard", "", "", "wireguard"},
    {"PPTP", "pptp", "", "", "pptp"},
    {"TINC", "tinc", "", "", "tinc"},
    {"Tor", "", "tor", "", "tor"},
    {"HotspotShield", "", "hotspotshield", "", "hotspotshield"},
    {"SOCKS", "socks", "", "", "socks"},
    {"Softether", "softether", "softether", "", "softether"},
    {"Tailscale", "tailscale", "tailscale", "", "tailscale"},
    {"UltraSurf", "", "ultrasurf", "", "ultrasurf"},
    {"Psiphon", "", "psiphon", "", "psiphon"},
    {"NordVPN", "", "nordvpn", "", "nordvpn"},
    {"SurfShark", "", "surfshark", "", "surfshark"},
    {"ProtonVPN", "", "protonvpn", "", "protonvpn"},
    {"Windscribe", "", "windscribe", "", "windscribe"},
    {"Mullvad", "", "mullvad", "", "mullvad"},
    {"CloudflareWarp", "", "cloudflare_warp", "", "cloudflare_warp"},
    {"PrivateInternetAccess", "", "private_internet_access", "", "private_internet_access"},
    {"FortiClient", "", "forticlient", "", "forticlient"},
    // what else a session can be, so that rules can leave it aside
    {"AMQP", "amqp", "", "", ""},
    {"BGP", "bgp", "", "", ""},
    {"COAP", "coap", "", "", ""},
    {"DCE_RPC", "dce_rpc", "", "", ""},
    {"DHCP", "dhcp", "", "", ""},
    {"DHCPV6", "dhcpv6", "", "", ""},
    {"DNS", "dns", "", "", ""},
    {"DNScrypt", "dnscrypt", "", "", ""},
    {"Diameter", "diameter", "", "", ""},
    {"FTP_CONTROL", "ftp", "", "", ""},
    {"GTP", "gtp", "", "", ""},
    {"Git", "git", "", "", ""},
    {"HTTP", "http", "", "", ""},
    {"HTTP_Connect", "http", "", "", ""},  // that it is a tunnel, rules say
    {"HTTP_Proxy", "http", "", "", ""},    // of any request with a whole address
    {"IMAP", "imap", "", "", ""},
    {"IPP", "ipp", "", "", ""},
    {"IRC", "irc", "", "", ""},
    {"Jabber", "xmpp", "", "", ""},
    {"Kerberos", "kerberos", "", "", ""},
    {"LDAP", "ldap", "", "", ""},
    {"LLMNR", "llmnr", "", "", ""},
    {"MDNS", "mdns", "", "", ""},
    {"MQTT", "mqtt", "", "", ""},
    {"Memcached", "memcached", "", "", ""},
    {"Modbus", "modbus", "", "", ""},
    {"MongoDB", "mongodb", "", "", ""},
    {"MsSQL-TDS", "tds", "", "", ""},
    {"MySQL", "mysql", "", "", ""},
    {"NFS", "nfs", "", "", ""},
    {"NTP", "ntp", "", "", ""},
    {"NetBIOS", "netbios", "", "", ""},
    {"Oracle", "tns", "", "", ""},
    {"POP3", "pop3", "", "", ""},
    {"PostgreSQL", "postgresql", "", "", ""},
    {"RSYNC", "rsync", "", "", ""},
    {"RTMP", "rtmp", "", "", ""},
    {"RTSP", "rtsp", "", "", ""},
    {"Radius", "radius", "", "", ""},
    {"Redis", "redis", "", "", ""},
    {"SIP", "sip", "", "", ""},
    {"SMBv1", "smb", "", "", ""},
    {"SMBv23", "smb", "", "", ""},
    {"SMTP", "smtp", "", "", ""},
    {"SNMP", "snmp", "", "", ""},
    {"SSDP", "ssdp", "", "", ""},
    {"STUN", "stun", "", "", ""},
    {"Syslog", "syslog", "", "", ""},
    {"TFTP", "tftp", "", "", ""},
    {"ZeroMQ", "zmtp", "", "", ""},
});
// Row 0 says nothing; row n is kProtocolNames[n - 1].
inline constexpr std::size_t kNameRows = kProtocolNames.size() + 1;

// 0 for a name that is not in the table.
constexpr std::uint16_t row_of(std::string_view ndpi) noexcept {
  for (std::size_t at = 0; at < kProtocolNames.size(); ++at) {
    if (kProtocolNames[at].ndpi == ndpi) return static_cast<std::uint16_t>(at + 1);
  }
  return 0;
}

// Whether somebody has said what this session is.
bool has_name(const SessionRecord& record) noexcept;

// Into the fields that are still empty. `names` holds rows below kNameRows.
void add_names(const FlowNames& names, SessionRecord& record) noexcept;

}  // namespace sekimori
