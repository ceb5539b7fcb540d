#!/usr/bin/env bash
# The committed capture and claims are what `relocate` makes of the committed recording, byte for byte.
# usage: check_relocate.sh RELOCATE
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$1" --plan "$here/plan.yaml" --recording "$here/recording" \
  --capture "$work/demo.pcap" --claims "$work/claims.ndjson"
cmp "$work/demo.pcap" "$here/demo.pcap"
cmp "$work/claims.ndjson" "$here/claims.ndjson"
