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
grep -Eq '^[0-9]+ rules are sound, pack [0-9a-f]{64}(, [0-9]+ warnings)?$' "$work/out" || fail "no summary of the pack"
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

# Warnings: told, counted, and a failure only when asked for; the same as JSON.
mkdir "$work/own"
expect 0 "$sekimori" rules new "$work/own/session.yml" --title "It's ours"
expect 1 "$sekimori" rules new "$work/own/session.yml"
grep -q "exists already and is not overwritten" "$work/err" || fail "new: overwrites"
expect 1 "$sekimori" rules new "$work/own/session.yaml"
expect 0 "$sekimori" rules new "$work/own/claim.yml" --claim
expect 0 "$sekimori" rules check "$work/own" --strict
expect 0 "$sekimori" rules test "$work/own"
cp "$work/explained.yml" "$work/own/"
expect 3 "$sekimori" rules check "$work/own" --strict
grep -q "explained.yml: warning: 'TLS to a platform' has no tests" "$work/err" || fail "check: no warning"
expect 0 "$sekimori" rules check "$work/own" --json
python3 -c 'import json, sys
told = json.load(open(sys.argv[1]))
assert told["rules"] == 3 and not told["errors"], told
assert {"untested", "unreferenced", "unbounded"} <= {one["kind"] for one in told["warnings"]}, told' "$work/out"
expect 1 "$sekimori" rules check "$work/pack" --json
python3 -c 'import json, sys; assert any(one["line"] == 2 for one in json.load(open(sys.argv[1]))["errors"])' "$work/out"

# Tests on captures: what is expected of which sessions, and of how many.
capture=$PWD/tests/golden/tls13_curl/capture.pcap
with_test() {  # with_test LINE: the rule with one test
  { cat "$work/explained.yml"; printf 'sekimori:\n  tests:\n    - {name: recorded, capture: %s, %s}\n' "$capture" "$1"; } > "$work/own/explained.yml"
}
with_test "expect: match"
expect 0 "$sekimori" rules test "$work/own"
with_test "where: {server.port: 443}, count: 1, expect: match"
expect 0 "$sekimori" rules test "$work/own"
with_test "expect: no_match"
expect 3 "$sekimori" rules test "$work/own"
grep -q "test 'recorded': as expected of 0 of 1 sessions, not of 1" "$work/err" || fail "test: the capture's answer is not told"
with_test "where: {server.port: 444}, expect: match"
expect 3 "$sekimori" rules test "$work/own" --json
python3 -c 'import json, sys
told = json.load(open(sys.argv[1]))
assert told["failed"] == 1 and "none of its 1 sessions is meant" in told["failures"][0]["what"], told' "$work/out"
capture=none.pcap with_test "expect: match"
expect 3 "$sekimori" rules test "$work/own"
grep -q "own/none.pcap: " "$work/err" || fail "test: the missing capture is not named"

# Backtest: against what the records say, and against another pack; payload cannot be judged.
"$sekimori" replay --sessions "$work/recorded" tests/tunnels/*.pcap > /dev/null 2>&1
expect 0 "$sekimori" rules backtest signatures --records "$work/recorded"
grep -q " 0 matches new, 0 gone$" "$work/out" || fail "backtest: the pack differs from itself"
grep -q "rules ask for payload, which is never stored" "$work/out" || fail "backtest: what it cannot judge is not told"
cp -r signatures "$work/next"
chmod -R go-w "$work/next"
sed -i 's/t13d181100_796efca44d18_d41ae481755e/t13d181100_000000000000_d41ae481755e/; s/tls.client.ja3: \[.*/tls.client.ja3: x/' "$work/next/tunnel/tor.yml"
for more in "" "--against signatures"; do
  # shellcheck disable=SC2086  # words
  expect 0 "$sekimori" rules backtest "$work/next" $more --records "$work/recorded" --json
  python3 -c 'import json, sys
told = json.load(open(sys.argv[1]))
(tor,) = [one for one in told["rules"] if one["title"] == "Tor by its TLS hello"]
assert (tor["matches"], tor["new"], tor["gone"]) == (0, 0, 1) and len(tor["gone_events"]) == 32, tor
assert sum(one["new"] + one["gone"] for one in told["rules"]) == 1, told
assert told["not_judged"] and told["sessions"] > 40, told' "$work/out"
done
expect 1 "$sekimori" rules backtest signatures --records "$work/none"

# Lists of others.
expect 0 "$sekimori" rules import sslbl-ja3 tests/fuzz/corpus/rule_import/sslbl --out "$work/own/sslbl.yml"
grep -q "^2 rules of 3 fingerprints, 0 entries left out$" "$work/out" || fail "import: no summary"
expect 0 "$sekimori" rules import ja4-database tests/fuzz/corpus/rule_import/ja4db --out "$work/own/ja4.yml" --json
rm "$work/own/explained.yml"
expect 0 "$sekimori" rules test "$work/own"
expect 1 "$sekimori" rules import sslbl-ja3 README.md --out "$work/own/readme.yml"
[[ ! -e $work/own/readme.yml ]] || fail "import: a file was written of nothing"

# explain of a correlation: the group, how many, whether it holds, what could not be counted.
cat > "$work/claims" <<'CLAIMS'
{"claim":{"id":"a","time":"2024-03-26T01:00:00Z","account":"w-1"},"client":{"geo":{"country_iso_code":"JP"}},"sekimori":{"place":{"physics":"possible"}}}
{"claim":{"id":"b","time":"2024-03-26T01:10:00Z"},"client":{"geo":{"country_iso_code":"CN"}},"sekimori":{"place":{"physics":"possible"}}}
{"claim":{"id":"c","time":"2024-03-26T01:20:00Z","account":"w-1"},"client":{"geo":{"country_iso_code":"CN"}},"sekimori":{"place":{"physics":"possible"}}}
{"claim":{"id":"d","time":"2024-03-26T01:30:00Z","account":"w-1"},"sekimori":{"place":{"physics":"possible"}}}
CLAIMS
expect 0 "$sekimori" rules explain signatures/account/many_countries.yml --record "$work/claims"
title="'One account from several countries within an hour'"
grep -q "^line 1, $title: no_match$" "$work/out" || fail "explain: a correlation that does not hold is not told"
grep -q "^line 2, $title: undecided, for want of claim.account$" "$work/out" || fail "explain: what cannot be counted is not told"
grep -A3 "^line 3, $title: match$" "$work/out" | tr -d '\n' \
  | grep -q '2 of gte 2 (value_count), from 2024-03-26T01:00:00.*claim.account: "w-1".*events: a c' || fail "explain: a correlation that holds is not told"
grep -q "^line 4, $title: no event" "$work/out" || fail "explain: a record that no rule matches is not told"
expect 0 "$sekimori" rules explain signatures/account/many_countries.yml --record "$work/claims" --json
python3 -c 'import json, sys
told = [one for one in map(json.loads, open(sys.argv[1])) if "selections" not in one]
assert [one["answer"] for one in told] == ["no_match", "undecided", "match", "no event"], told
assert told[2]["group"] == {"claim.account": "w-1"} and told[2]["events"] == ["a", "c"] and told[2]["count"] == 2, told' "$work/out"
sed -n '1,/^---/p' signatures/account/many_countries.yml > "$work/alone.yml"
expect 1 "$sekimori" rules explain "$work/alone.yml" --record "$work/claims"
grep -q "alone.yml:[0-9]*:[0-9]*: no rule has the id or name 'claim_from_a_country'" "$work/err" || fail "explain: the rule that is elsewhere is not named"
mkdir "$work/apart" && mv "$work/alone.yml" "$work/apart/"
sed '1,/^---/d' signatures/account/many_countries.yml > "$work/apart/counted.yml"
expect 0 "$sekimori" rules explain "$work/apart/alone.yml" --pack "$work/apart" --record "$work/claims"
grep -q "^line 3, $title: match$" "$work/out" || fail "explain: the rule of another file is not found"

# A correlation whose test fails, and one that names what is not there.
sed '0,/expect: match/s//expect: no_match/' signatures/account/many_countries.yml > "$work/apart/alone.yml" && rm "$work/apart/counted.yml"
expect 3 "$sekimori" rules test "$work/apart"
grep -q "alone.yml:[0-9]*: test 'Tokyo, and Shenyang forty minutes later': expected no_match, the correlation says match" "$work/err" || fail "the failing sequence is not named"
sed -i 's/group-by: .claim.account./group-by: [claim.acount]/' "$work/apart/alone.yml"
expect 1 "$sekimori" rules check "$work/apart"
grep -q "alone.yml:[0-9]*:[0-9]*: unknown field 'claim.acount' (did you mean 'claim.account'?)" "$work/err" || fail "the misspelt field of a correlation is not named"

echo "rules.sh: the subcommands of rules do what they say and tell of every fault"
