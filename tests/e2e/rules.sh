#!/usr/bin/env bash
# rules.sh SEKIMORI: the rules we ship are sound and pass their tests; a pack with faults names all of
# them, with file and line, and each failure has the exit code that scripts rely on.
set -euo pipefail
sekimori=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "rules.sh: $*" >&2; exit 1; }
expect() {  # expect CODE COMMAND...: runs it, keeps its output, demands the exit code
  local code=$1 got=0
  shift
  "$@" > "$work/out" 2> "$work/err" || got=$?
  ((got == code)) || { cat "$work/err" >&2; fail "'$*' ended with $got, not $code"; }
}

expect 0 "$sekimori" rules check signatures
grep -Eq '^[0-9]+ rules are sound, pack [0-9a-f]{64}$' "$work/out" || fail "no summary of the pack"
expect 0 "$sekimori" rules test signatures
grep -Eq '^[0-9]+ rules, [0-9]+ tests, 0 failed$' "$work/out" || fail "no summary of the tests"

cp -r signatures "$work/pack"
chmod -R o-w "$work/pack"
cp -r config "$work/"
rule=$work/pack/mismatch/foreign_china.yml
sed -i '0,/expect: match/s//expect: no_match/' "$rule"
expect 3 "$sekimori" rules test "$work/pack"
grep -Eq "foreign_china.yml:[0-9]+: test '.*': expected no_match, the rule says match" "$work/err" \
  || fail "the failing test is not named"
expect 0 "$sekimori" rules check "$work/pack"

sed -i 's/sekimori.place.agrees: false/sekimori.place.agree: false/' "$rule"
printf 'a:\n\tb: 1\n' > "$work/pack/tab.yml"
expect 1 "$sekimori" rules check "$work/pack"
grep -q "tab.yml:2:.*line 2 is indented with a tab" "$work/err" || fail "the tab is not named"
grep -Eq "foreign_china.yml:[0-9]+:[0-9]+: unknown field .*did you mean 'sekimori.place.agrees'" "$work/err" \
  || fail "the misspelt field is not answered with its nearest name"

expect 1 "$sekimori" rules check "$work/none"
expect 1 "$sekimori" rules test signatures --regions "$work/none.yaml"
expect 1 "$sekimori" rules
# explain: each test with its value, unknown for want of a field, payload never shown, bad records named.
"$sekimori" replay --sessions "$work/records" tests/golden/tls13_curl/capture.pcap > /dev/null 2>&1
cat > "$work/explained.yml" <<'RULE'
title: TLS to a platform
id: 0f8fad5b-d9cb-469f-a165-708677289501
status: test
level: low
logsource: {product: sekimori, category: session}
detection:
  tls: {tls.version: '1.3', server.port|gt: 1024}
  head: {sekimori.payload.client_head|startswith: '160301'}
  condition: tls or head
RULE
expect 0 "$sekimori" rules explain "$work/explained.yml" --record "$work/records"
grep -q "^line 1, 'TLS to a platform': undecided, for want of sekimori.payload.client_head$" "$work/out" || fail "explain: no answer"
grep -q "tls.version: 1.3  <-  \"1.3\"$" "$work/out" || fail "explain: the value is not shown"
grep -q "^  no.*server.port|gt: 1024  <-  443$" "$work/out" || fail "explain: what did not hold is not told"
grep -q "client_head.*<-  absent$" "$work/out" || fail "explain: a field that is absent is not told"
printf '{"sekimori":{"payload":{"client_head":"160301beef"}}}\n{"client":{"prt":1}}\n{' > "$work/more"
expect 1 "$sekimori" rules explain "$work/explained.yml" --record "$work/more"
grep -q "payload, which is not shown" "$work/out" && ! grep -q beef "$work/out" || fail "explain: payload is shown"
grep -q "more:2: unknown field 'client.prt' (did you mean 'client.port'?)" "$work/err" || fail "explain: the misspelt field is not named"
grep -q "more:3: is no JSON object" "$work/err" || fail "explain: the broken line is not named"
expect 0 "$sekimori" rules explain "$work/explained.yml" --record "$work/records" --json
python3 -c 'import json, sys
(told,) = map(json.loads, open(sys.argv[1]))
assert told["answer"] == "undecided" and told["missing"] == "sekimori.payload.client_head", told
assert told["selections"][0]["alternatives"][0][0] == {"test": "tls.version: 1.3", "answer": "yes", "value": "1.3"}, told' "$work/out"

echo "rules.sh: check, test and explain tell of every fault"
