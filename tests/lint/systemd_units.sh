#!/usr/bin/env bash
# The units load without a complaint, expose little (systemd's own score, 0 safe to 10 unsafe), and the users and
# folders that they name come into being. Needs systemd's tools and no running systemd.
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in systemd-analyze systemd-sysusers systemd-tmpfiles; do
  command -v $tool > /dev/null || { echo "skip: $tool is not installed (package systemd)"; exit 77; }
done

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
fail() { echo "$*"; exit 1; }

# verify wants the programs to exist. Here they are not installed, so each stands in for itself.
mkdir -p "$root/units"
for unit in systemd/*.service; do
  sed 's|/usr/bin/sekimori-[a-z]*|/bin/true|' "$unit" > "$root/units/$(basename "$unit")"
done
# man=no: whether the documentation is installed is not the units' fault. verify tells of an unknown key or a bad value
# in words and exits 0 all the same, so any word is a failure.
complaints=$(SYSTEMD_UNIT_PATH="$root/units:" systemd-analyze verify --man=no --recursive-errors=no \
  "$root/units/sekimori-collector.service" "$root/units/sekimori-sensor@.service" 2>&1) || fail "verify: $complaints"
[[ -z $complaints ]] || fail "verify: $complaints"

# The score in tenths: the collector holds no privilege, the sensor one capability and packet sockets. Two tenths of each are
# sched_setscheduler, without which ZeroMQ aborts.
check_exposure() {
  systemd-analyze security --offline=true --no-pager --threshold="$2" "$root/units/$1" > "$root/security" 2>&1 \
    || { cat "$root/security"; fail "$1 exposes more than $2 tenths"; }
  tail -n 1 "$root/security"
}
check_exposure sekimori-collector.service 14
check_exposure sekimori-sensor@.service 20

# The promises that no score may average away.
for unit in systemd/*.service; do
  for line in NoNewPrivileges=yes ProtectSystem=strict ProtectHome=yes PrivateDevices=yes RestrictNamespaces=yes \
      MemoryDenyWriteExecute=yes; do
    grep -qx "$line" "$unit" || fail "$unit: $line is missing"
  done
done
[[ $(grep -h '^CapabilityBoundingSet=' systemd/sekimori-sensor@.service) == CapabilityBoundingSet=CAP_NET_RAW ]] \
  || fail "the sensor holds CAP_NET_RAW and nothing else"
[[ $(grep -h '^CapabilityBoundingSet=' systemd/sekimori-collector.service) == CapabilityBoundingSet= ]] \
  || fail "the collector holds no capability"

# Users first, then the folders that belong to them, as at installation.
mkdir -p "$root/etc"
systemd-sysusers --root="$root" "$PWD/systemd/sekimori.sysusers" > "$root/sysusers" 2>&1 \
  || { cat "$root/sysusers"; fail "sysusers"; }
for unit in systemd/*.service; do
  user=$(sed -n 's/^User=//p' "$unit")
  grep -q "^$user:" "$root/etc/passwd" || fail "$unit: sysusers makes no user $user"
  awk -v user="$user" '$4 == user { found = 1 } END { exit !found }' systemd/sekimori.tmpfiles \
    || fail "$unit: tmpfiles gives $user no folder"
done
if ((EUID == 0)); then  # only root can give a folder away
  systemd-tmpfiles --root="$root" --create "$PWD/systemd/sekimori.tmpfiles" > "$root/tmpfiles" 2>&1 \
    || { cat "$root/tmpfiles"; fail "tmpfiles"; }
  uid=$(sed -n 's/^sekimori-collector:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/passwd")
  [[ $(stat -c '%u %a' "$root/var/lib/sekimori-collector") == "$uid 700" ]] || fail "the store's folder is open to others"
fi
echo "units, users and folders hold"
