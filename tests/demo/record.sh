#!/usr/bin/env bash
# Records the connections of plan.yaml: real clients, a real TLS server, real kernels.
#
#   namespace c             namespace w                  namespace s
#   client  c0 ---------- w0  delay_bridge  w1 ---------- s0  caddy, tcpdump
#           line's MTU        half the RTT each way           the edge
#
# usage: record.sh OUTPUT_DIRECTORY [VISIT...]     needs root; a VISIT is e.g. w-1041-1
# Leaves VISIT.pcap (as seen at the edge) and VISIT.log (caddy's access log) in OUTPUT_DIRECTORY.
# SEKIMORI_BUILD names the build directory when it is not build/release.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tools=${SEKIMORI_BUILD:-$here/../../build/release}/tests
plan=$here/plan.yaml
host=work.platform.example

[[ $# -ge 1 ]] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 1; }
[[ $EUID -eq 0 ]] || { echo "record.sh: needs root, for network namespaces" >&2; exit 1; }
for program in caddy chromium firefox-esr certutil curl openssl tcpdump ethtool ss; do
  command -v "$program" >/dev/null || { echo "record.sh: $program is missing" >&2; exit 1; }
done
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift

c=skm-c-$$ w=skm-w-$$ s=skm-s-$$
work=$(mktemp -d)
declare -A running

cleanup() {
  for pid in "${running[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  for namespace in "$c" "$w" "$s"; do
    ip netns delete "$namespace" 2>/dev/null || true
    rm -rf "/etc/netns/$namespace"
  done
  rm -rf "$work"
}
trap cleanup EXIT

# await SECONDS COMMAND...: until the command succeeds.
await() {
  local left=$(($1 * 20))
  shift
  until "$@" >/dev/null 2>&1; do
    ((left-- > 0)) || { echo "record.sh: waited in vain for: $*" >&2; return 1; }
    sleep 0.05
  done
}

stop() { # NAME SIGNAL
  kill "-$2" "${running[$1]}" && wait "${running[$1]}" || true
  unset "running[$1]"
}

# Frames as they would be on a cable: no segmentation or checksum left to a network card.
plain_frames() { ip netns exec "$1" ethtool -K "$2" tso off gso off gro off tx off rx off >/dev/null; }

make_certificates() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj "/CN=demo throw-away CA" -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$host" \
    -keyout "$work/server.key" -out "$work/server.csr" 2>/dev/null
  openssl x509 -req -in "$work/server.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" \
    -CAcreateserial -days 30 -out "$work/server.crt" 2>/dev/null \
    -extfile <(printf 'subjectAltName=DNS:%s\nextendedKeyUsage=serverAuth\n' "$host")
  spki=$(openssl x509 -in "$work/server.crt" -pubkey -noout |
    openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64)
}

make_namespaces() {
  for namespace in "$c" "$w" "$s"; do
    ip netns add "$namespace"
    ip -n "$namespace" link set lo up
  done
  # Debian's default on an ordinary computer; from it follows the window scale of the SYN.
  ip netns exec "$c" sysctl -qw net.ipv4.tcp_rmem="4096 131072 6291456"
  ip link add s0 netns "$s" type veth peer name w1 netns "$w"
  ip -n "$s" address add 198.18.255.10/15 dev s0
  ip -n "$s" address add 2001:2:0:ff::10/48 dev s0 nodad
  plain_frames "$s" s0
  plain_frames "$w" w1
  ip -n "$s" link set s0 up
  ip -n "$w" link set w1 up
}

make_line() { # CLIENT_ADDRESS MTU: the client's cable, new for every visit
  ip -n "$c" link delete c0 2>/dev/null || true
  ip link add c0 netns "$c" type veth peer name w0 netns "$w"
  if [[ $1 == *:* ]]; then
    ip -n "$c" address add "$1/48" dev c0 nodad
  else
    ip -n "$c" address add "$1/15" dev c0
  fi
  plain_frames "$c" c0
  plain_frames "$w" w0
  ip -n "$c" link set c0 mtu "$2" up
  ip -n "$w" link set w0 up
}

start_server() {
  mkdir -p "$work/www"
  for page in login apply; do
    printf '<!doctype html><title>%s</title><form method="post"><input name="name"></form>\n' \
      "$page" >"$work/www/$page.html"
  done
  cat >"$work/Caddyfile" <<EOF
{
  admin off
  auto_https off
}
https://$host {
  tls $work/server.crt $work/server.key
  root * $work/www
  try_files {path}.html
  file_server
  log {
    output file $work/access.log
    format json
  }
}
EOF
  XDG_DATA_HOME=$work XDG_CONFIG_HOME=$work ip netns exec "$s" \
    caddy run --config "$work/Caddyfile" --adapter caddyfile >"$work/caddy.err" 2>&1 &
  running[caddy]=$!
  # The first answer of a fresh server is slow; nobody's visit should be that one.
  await 20 ip netns exec "$s" curl -s --cacert "$work/ca.crt" --resolve "$host:443:198.18.255.10" \
    "https://$host/login"
}

in_client() { ip netns exec "$c" timeout 90 env HOME="$work/user" "$@"; }

run_chromium() { # SERVER URL OPTION...
  in_client chromium --headless=new --no-sandbox --disable-gpu --disable-background-networking \
    --user-data-dir="$work/user/chromium" --host-resolver-rules="MAP $host $1" \
    --ignore-certificate-errors-spki-list="$spki" "${@:3}" --dump-dom "$2" \
    >"$work/page.html" 2>"$work/chromium.err"
  grep -q '<form' "$work/page.html"
}

run_firefox() { # SERVER URL
  local profile=$work/user/firefox
  mkdir -p "$profile" "/etc/netns/$c"
  printf '127.0.0.1 localhost\n%s %s\n' "$1" "$host" >"/etc/netns/$c/hosts"
  certutil -N -d "sql:$profile" --empty-password
  certutil -A -d "sql:$profile" -n demo -t C,, -i "$work/ca.crt"
  cat >"$profile/user.js" <<'EOF'
user_pref("network.http.http3.enable", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.dns.disablePrefetch", true);
user_pref("network.trr.mode", 5);
user_pref("app.update.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("services.settings.server", "data:,");
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
EOF
  in_client firefox-esr --headless --no-remote --profile "$profile" \
    --screenshot "$work/page.png" "$2" >"$work/firefox.err" 2>&1
  [[ -s $work/page.png ]]
}

run_openssl() { # SERVER PATH OPTION...
  # The pause keeps the input open until the answer is in.
  { printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$2" "$host"; sleep 3; } |
    in_client openssl s_client -connect "$1:443" -servername "$host" -quiet \
      -CAfile "$work/ca.crt" -verify_return_error "${@:3}" >"$work/page.html" 2>"$work/openssl.err"
  grep -q '<form' "$work/page.html"
}

run_client() { # CLIENT SERVER PATH
  local url=https://$host$3 server=$2
  [[ $server != *:* ]] || server="[$server]"
  local curl=(curl -sS --cacert "$work/ca.crt" --resolve "$host:443:$server")
  rm -rf "$work/user" "$work"/page.*
  mkdir -p "$work/user"
  case $1 in
    chromium) run_chromium "$server" "$url" --disable-quic ;;
    chromium-quic) run_chromium "$server" "$url" --enable-quic --origin-to-force-quic-on="$host:443" ;;
    firefox) run_firefox "$2" "$url" ;;
    curl) in_client "${curl[@]}" -o /dev/null "$url" ;;
    curl-twice)
      in_client "${curl[@]}" --http1.1 --parallel --parallel-immediate \
        -o /dev/null "$url" -o /dev/null "$url" 2>/dev/null ;;
    openssl-tls1.2) run_openssl "$server" "$3" -tls1_2 ;;
    *) echo "record.sh: no such client: $1" >&2; return 1 ;;
  esac
}

no_connection_left() { [[ -z $(ip netns exec "$s" ss -Htn state established state fin-wait-1 \
  state fin-wait-2 state close-wait state last-ack) ]]; }

record() { # VISIT CLIENT CLIENT_ADDRESS SERVER_ADDRESS RTT_US MTU PATH
  make_line "$3" "$6"
  ip netns exec "$w" "$tools/delay_bridge" --left w0 --right w1 \
    --to-right-us $(($5 / 2)) --to-left-us $(($5 - $5 / 2)) >"$work/bridge.out" &
  running[bridge]=$!
  await 10 grep -q ready "$work/bridge.out"

  # Immediate mode: without it the last block of the ring is lost when tcpdump is stopped.
  ip netns exec "$s" tcpdump --immediate-mode -U -s 0 -Z root -i s0 -w "$out/$1.pcap" \
    "host $3 and port 443" 2>"$work/tcpdump.err" &
  running[tcpdump]=$!
  await 10 grep -q 'listening on' "$work/tcpdump.err"

  local before
  before=$(wc -l <"$work/access.log")
  run_client "$2" "$4" "$7" || { echo "record.sh: $1: $2 did not get its page" >&2; return 1; }
  await 20 no_connection_left
  stop tcpdump INT
  stop bridge TERM
  tail -n "+$((before + 1))" "$work/access.log" >"$out/$1.log"
  echo "$1: $2, $(stat -c %s "$out/$1.pcap") bytes; $(tail -n +2 "$work/bridge.out" | paste -sd';')"
}

make_certificates
make_namespaces
start_server
while IFS=$'\t' read -r visit client client_address server_address rtt_us mtu path _; do
  [[ $# -eq 0 || " $* " == *" $visit "* ]] || continue
  record "$visit" "$client" "$client_address" "$server_address" "$rtt_us" "$mtu" "$path" </dev/null
done < <("$tools/relocate" --plan "$plan" --list-visits)
