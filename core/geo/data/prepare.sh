#!/usr/bin/env bash
# Makes the default databases in OUTDIR from data that may be redistributed:
#   country.mmdb  IPFire Location by Debian's tor-geoipdb, CC BY-SA 4.0
#   as.mmdb       Route Views, NRO and DB-IP by npm's @ip-location-db/asn, CC BY 4.0
# Nothing is made again while its source and its script are the same.
# TOR_GEOIP_DIR names the folder of geoip and geoip6 where the package is unpacked and not installed.
set -euo pipefail

[[ $# -eq 1 ]] || { echo "usage: $0 OUTDIR" >&2; exit 1; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/../../.."
readonly here=core/geo/data
readonly tor=${TOR_GEOIP_DIR:-/usr/share/tor}
readonly asn=node_modules/@ip-location-db/asn

die() { echo "$0: $1" >&2; exit 1; }

for file in "$tor/geoip" "$tor/geoip6"; do
  [[ -s $file ]] || die "$file is missing: apt-get install tor-geoipdb, or name its folder in TOR_GEOIP_DIR"
done
perl -MMaxMind::DB::Writer::Tree -e 1 2> /dev/null \
  || die "the MaxMind DB writer is missing: apt-get install libmaxmind-db-writer-perl"
# By version: a package of another one lies there after an update of the lock file.
pinned=$(perl -ne 'print $1 if m{"\@ip-location-db/asn": "([^"]+)"}' package.json)
[[ -f $asn/package.json ]] && grep -qF "\"$pinned\"" "$asn/package.json" \
  || npm ci --ignore-scripts --no-audit --no-fund || die "npm ci failed: is the npm registry reachable (npm ping)?"

# make NAME SCRIPT INPUT... -- WITNESS...: runs SCRIPT INPUT... OUT, unless OUT is of these very
# witnesses. Chained by &&, because `set -e` sleeps inside of `||`.
make() {
  local name=$1 script=$2 inputs=() state
  shift 2
  while [[ $1 != -- ]]; do inputs+=("$1"); shift; done
  shift
  state=$(sha256sum "$script" "$@") || return
  [[ -s $out/$name && $(cat "$out/.$name.from" 2> /dev/null) == "$state" ]] && return
  rm -f "$out/.$name.from" \
    && perl "$script" "${inputs[@]}" "$out/.$name.new" \
    && mv "$out/.$name.new" "$out/$name" \
    && printf '%s\n' "$state" > "$out/.$name.from"
}

# Two cores, two databases. The package's version stands for its large files.
make country.mmdb $here/country_mmdb.pl "$tor/geoip" "$tor/geoip6" -- "$tor/geoip" "$tor/geoip6" &
country=$!
failed=
make as.mmdb $here/as_mmdb.pl $asn -- $asn/package.json || failed=as.mmdb
wait $country || failed="$failed country.mmdb"
[[ -z $failed ]] || die "could not be made: $failed"
