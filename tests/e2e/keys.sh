#!/usr/bin/env bash
# `sekimori keys` makes pairs that CurveZMQ takes, keeps secrets to their owner and overwrites nothing.
# Usage: keys.sh path/to/sekimori
set -euo pipefail
sekimori=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "keys.sh: $*" >&2; exit 1; }
umask 0022

"$sekimori" keys sensor tokyo-1 --dir "$work" > "$work/out"
"$sekimori" keys collector --dir "$work" >> "$work/out"
"$sekimori" keys token "$work/api.token" >> "$work/out"
printf '%s\n' "$work"/{tokyo-1.key,tokyo-1.pub,collector.key,collector.pub,api.token} | diff - "$work/out" \
  || fail "standard output is not the list of files"
for file in tokyo-1.key collector.key api.token; do
  [[ $(stat -c %a "$work/$file") == 600 ]] || fail "$file is not its owner's alone"
done
for file in tokyo-1 collector; do
  [[ $(stat -c %a "$work/$file.pub") == 644 ]] || fail "$file.pub is not for everyone"
  for ending in key pub; do
    [[ $(wc -c < "$work/$file.$ending") == 41 && $(wc -l < "$work/$file.$ending") == 1 ]] || fail "$file.$ending is not one key"
  done
  cmp -s "$work/$file.key" "$work/$file.pub" && fail "$file: secret and public key are the same"
done
cmp -s "$work/tokyo-1.key" "$work/collector.key" && fail "two pairs are the same"
[[ $(cat "$work/api.token") =~ ^[A-Za-z0-9_-]{43}$ ]] || fail "the token is not 32 bytes in base64url"
[[ $(tr '_-' '/+' < "$work/api.token" | sed 's/$/=/' | base64 -d | wc -c) == 32 ]] || fail "the token is not 32 bytes"

refuses() {  # refuses WORDS COMMAND...: exit 1, the words on standard error, nothing changed
  local words=$1 code=0 before
  shift
  before=$(sha256sum "$work"/*.{key,pub,token})
  "$sekimori" keys "$@" > "$work/out" 2> "$work/err" || code=$?
  [[ $code == 1 ]] || fail "$*: exit $code"
  grep -qF -- "$words" "$work/err" || fail "$*: says $(cat "$work/err")"
  [[ $(sha256sum "$work"/*.{key,pub,token}) == "$before" ]] || fail "$*: changed a file"
}
refuses "tokyo-1.key: exists already and is not overwritten" sensor tokyo-1 --dir "$work"
refuses "collector.key: exists already" collector --dir "$work"
refuses "api.token: exists already" token "$work/api.token"
refuses "a sensor cannot be called 'a/b'" sensor a/b --dir "$work"
refuses "cannot be made: No such file or directory" collector --dir "$work/none"
refuses "subcommand is required"
# Both or neither.
mv "$work/collector.key" "$work/kept.key"
refuses "collector.pub: exists already" collector --dir "$work"
[[ ! -e $work/collector.key ]] || fail "a secret key without its public key was left"
"$sekimori" keys --help | grep -qF 'sekimori keys sensor tokyo-1' || fail "--help has no example"
