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
echo "rules.sh: check and test tell of every fault"
