#!/usr/bin/env bash
# replay.sh SEKIMORI: what a person can get wrong on the command line of `sekimori replay` is said, and
# each ending has the exit code that scripts rely on.
set -euo pipefail
sekimori=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
capture=tests/demo/demo.pcap
claims=tests/demo/claims.ndjson

fail() { echo "replay.sh: $*" >&2; exit 1; }
expect() {  # expect CODE ARGUMENT...: replays, keeps the output, demands the exit code
  local code=$1 got=0
  shift
  timeout 60 "$sekimori" replay "$@" > "$work/out" 2> "$work/err" || got=$?
  ((got == code)) || { cat "$work/err" >&2; fail "'replay $*' ended with $got, not $code"; }
}

# What follows the one file of --claims is a capture, however many there are.
cp "$capture" "$work/copy.pcap"
expect 0 --claims "$claims" "$capture" "$work/copy.pcap"
grep -q '^1638 frames' "$work/err" || fail "not both captures were read"
expect 2 --claims "$claims" "$work/none.pcap" "$capture"
grep -q 'none.pcap: cannot be opened' "$work/err" || fail "the missing capture is not named"
grep -q '^819 frames' "$work/err" || fail "the capture beside a missing one was not read"

# No output empties an input or another output.
expect 1 --sessions "$work/copy.pcap" "$work/copy.pcap"
cmp -s "$capture" "$work/copy.pcap" || fail "a capture was overwritten"
expect 1 --claims "$claims" --sessions "$work/lines" --verdicts "$work/../${work##*/}/lines" "$capture"
[[ ! -e $work/lines ]] || fail "something was written before the complaint"
expect 0 --claims "$claims" --sessions /dev/null --verdicts /dev/null "$capture"
expect 0 --claims "$claims" --sessions - --verdicts - "$capture"

# A table that nobody got is no success.
got=0
"$sekimori" replay --claims "$claims" "$capture" > /dev/full 2> "$work/err" || got=$?
((got == 1)) || fail "a lost table ended with $got"
grep -q 'standard output: did not take the table' "$work/err" || fail "the lost table is not named"

# Interrupted: what was read is told, and that it was not everything.
mkfifo "$work/pipe"
"$sekimori" replay --sessions "$work/sessions" - < "$work/pipe" > "$work/out" 2> "$work/err" &
replay=$!
exec 3> "$work/pipe"
cat "$capture" >&3  # fits into a pipe with what was read of it
for _ in {1..100}; do [[ -e $work/sessions ]] && break; sleep 0.05; done
sleep 0.2
kill -TERM "$replay"
tail -c +25 "$capture" >&3 || true
exec 3>&-
got=0
wait "$replay" || got=$?
((got == 2)) || { cat "$work/err" >&2; fail "an interrupted run ended with $got"; }
# One account in two countries within the hour: the correlation stands in the second claim's verdict, whatever the number of
# workers, and in the table.
sed 's/w-1288/w-1041/' "$claims" > "$work/one_account"
for workers in 1 2; do
  expect 0 --config tests/demo/sekimori.yaml --workers "$workers" --claims "$work/one_account" --verdicts "$work/verdicts.$workers" "$capture"
done
cmp -s "$work/verdicts.1" "$work/verdicts.2" || fail "correlations depend on the number of workers"
python3 -c 'import json, sys
found = [(one["claim"]["time"], finding) for one in map(json.loads, open(sys.argv[1])) for finding in one["findings"] if finding["name"] == "many_places"]
assert found and all(finding["evidence"]["claim.account"] == "w-1041" for _, finding in found), found
time, first = min(found, key=lambda one: one[0])
assert time.startswith("2024-03-26T01:04:20") and len(first["evidence"]["sekimori.correlation.events"]) == 2, found' "$work/verdicts.1" \
  || fail "one account in two countries is not told"

"$sekimori" replay --check-config > /dev/null || fail "the default configuration is not sound"
echo "replay.sh: every ending is said"
