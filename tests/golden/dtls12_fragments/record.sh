#!/usr/bin/env bash
# Records capture.pcap of this case: OpenSSL's DTLS client and server on two kernels' ends of one cable.
#
#   namespace c                    namespace s
#   s_client  c0 ---------------- s0  s_server, tcpdump
#
# usage: record.sh CAPTURE     needs root. Random bytes and times are new in each recording.
set -euo pipefail

[[ $# -eq 1 ]] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 1; }
[[ $EUID -eq 0 ]] || { echo "record.sh: needs root, for network namespaces" >&2; exit 1; }
for program in openssl tcpdump ethtool ip ss; do
  command -v "$program" >/dev/null || { echo "record.sh: $program is missing" >&2; exit 1; }
done
out=$(realpath "$1")
c=skm-c-$$ s=skm-s-$$
work=$(mktemp -d)
server= capture=

cleanup() {
  for pid in $server $capture; do kill "$pid" 2>/dev/null || true; done
  wait
  for namespace in "$c" "$s"; do ip netns delete "$namespace" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT

ip netns add "$c"
ip netns add "$s"
ip link add c0 netns "$c" type veth peer name s0 netns "$s"
ip -n "$c" address add 198.18.40.7/15 dev c0
ip -n "$s" address add 198.18.255.10/15 dev s0
for end in "$c c0" "$s s0"; do
  read -r namespace device <<<"$end"
  ip netns exec "$namespace" ethtool -K "$device" tso off gso off gro off tx off rx off >/dev/null
  ip -n "$namespace" link set "$device" up
done

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=work.platform.example" \
  -keyout "$work/server.key" -out "$work/server.crt" 2>/dev/null
# Without -listen the server's own state machine asks for the cookie: DTLSv1_listen knows no fragments.
ip netns exec "$s" openssl s_server -dtls1_2 -accept 198.18.255.10:443 -cert "$work/server.crt" \
  -key "$work/server.key" -alpn webrtc,c-webrtc -quiet >"$work/server.log" 2>&1 < <(sleep 60) &
server=$!
for ((tries = 0; tries < 100; ++tries)); do
  [[ $(ip netns exec "$s" ss -Hlun 'sport = :443') ]] && break
  sleep 0.05
done

ip netns exec "$s" tcpdump -i s0 -w "$work/capture.pcap" -U udp port 443 2>"$work/tcpdump.log" &
capture=$!
until grep -q listening "$work/tcpdump.log"; do sleep 0.05; done

# The least MTU that OpenSSL takes: 228 bytes of UDP payload. Both hellos are longer, with and without cookie.
ip netns exec "$c" openssl s_client -dtls1_2 -mtu 256 -connect 198.18.255.10:443 -servername work.platform.example \
  -alpn webrtc,c-webrtc >"$work/client.log" 2>&1 < <(sleep 1; echo hello; sleep 1)
sleep 0.5
kill -INT "$capture"
wait "$capture" || true
capture=
grep -q 'Protocol *: DTLSv1.2' "$work/client.log" || { cat "$work/client.log" >&2; exit 1; }
mv "$work/capture.pcap" "$out"
