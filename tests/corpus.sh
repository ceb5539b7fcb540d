#!/usr/bin/env bash
# corpus.sh SEKIMORI: holds `SEKIMORI replay` against the corpus that SEKIMORI_CORPUS names. Its check.py fails on a
# crash, on a capture that takes over 120 s, and on each ratio below the one required here.
set -euo pipefail
sekimori=$1
if [[ -z "${SEKIMORI_CORPUS:-}" ]]; then
  echo "skip: SEKIMORI_CORPUS names no corpus folder"
  exit 77
fi
exec python3 -B "$SEKIMORI_CORPUS/check.py" --replay "$sekimori replay --sessions -" \
  --part clienthello --part serverhello --part tcp_syn --part rtt --part protocol \
  --require clienthello=1 --require serverhello=0.99 --require tcp_syn=0.997 --require rtt=0.97 --require protocol=0.95
