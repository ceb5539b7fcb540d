"""Fails when a file includes from a room that its own room may not see, or names a foreign library outside its room."""

import re
import sys

from tracked import ROOT, tracked

# Each list is a data flow: a room sees what stands left of it.
CORE = [f"core/{room}" for room in ("bytes", "text", "net", "confine", "record", "rules", "geo", "health")]
SENSOR = [
    f"sensor/{room}"
    for room in ("capture", "decode", "handshake", "fingerprint", "flow", "classify", "enrich", "spool", "ship")
]
COLLECTOR = [f"collector/{room}" for room in ("receive", "join", "judge", "store", "web")]


def flow(rooms, below=()):
    return {room: {*below, *rooms[:place]} for place, room in enumerate(rooms)}


# "sensor" and "collector" are a program's own main, shard and config: they see all of it and no room sees them.
MAY_SEE = {
    **flow(CORE),
    **flow(SENSOR, CORE),
    **flow(COLLECTOR, CORE),
    "sensor": {*CORE, *SENSOR},
    "collector": {*CORE, *COLLECTOR},
    "cli": {*CORE, *SENSOR, *COLLECTOR, "sensor", "collector"},
}
# Start of a foreign header -> the only rooms that may name it.
ONLY_IN = {
    "tl/": {*CORE},
    "pcap": {"sensor/capture"},
    "seccomp.h": {"core/confine"},
    "zlib.h": {"sensor/capture"},
    "ndpi/": {"sensor/classify"},
    "openssl/": {"sensor/handshake", "sensor/fingerprint", "core/net", "core/text", "core/rules", "core/record"},
    "maxminddb": {"core/geo"},
    "yaml-cpp/": {"core/text"},
    "re2/": {"core/rules"},
    "zmq": {"sensor/ship", "collector/receive", "cli"},
    "zstd": {"core/record"},
    "sqlite3": {"collector/store"},
    "httplib": {"collector/web", "collector/receive", "cli"},
    "microhttpd.h": {"core/health"},
    "flatbuffers/": {"core/record"},
    "CLI/": {"sensor", "collector", "cli"},
}
# Foreign headers that hold values and no resource.
EVERYWHERE = ("nlohmann/", "xxhash.h")
SYSTEM = re.compile(
    r"[a-z_0-9]+$"  # C++ standard library
    r"|(arpa|linux|net|netinet|sys)/|(dirent|endian|fcntl|grp|ifaddrs|netdb|poll|pthread|pwd|sched|signal|spawn|termios|time|unistd)\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def faults_of_line(room, bracket, target):
    seen = target.rpartition("/")[0]
    if bracket == '"':
        if seen not in MAY_SEE:
            yield f"{target} is no path from the repository root to a room"
        elif seen != room and seen not in MAY_SEE[room]:
            yield f"{room} may not see {seen}"
        return
    for start, rooms in ONLY_IN.items():
        if target.startswith(start):
            if room not in rooms:
                yield f"{target} stays in {', '.join(sorted(rooms))}"
            return
    if not SYSTEM.match(target) and not target.startswith(EVERYWHERE):
        yield f"{target} has no room yet: give it one in {__file__}"


def faults_of_file(path, text):
    room = path.parent.as_posix()
    if room not in MAY_SEE:
        if path.parts[0] in {"core", "sensor", "collector", "cli"}:
            yield f"{path}:1: {room} is no room that {__file__} knows"
        return
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield from (f"{path}:{number}: {fault}" for fault in faults_of_line(room, *found.groups()))


def self_test():
    """The lint must see what it forbids, or its silence means nothing."""
    for room, line, forbidden in [
            ("sensor/decode", '#include "sensor/flow/flow.h"', True),
            ("sensor/flow", '#include "sensor/decode/packet.h"', False),
            ("core/net", '#include "core/record/codec.h"', True),
            ("collector/judge", '#include "sensor/shard.h"', True),
            ("cli", '#include "sensor/shard.h"', False),
            ("sensor/flow", '#include "sensor/shard.h"', True),
            ("sensor/decode", "#include <pcap/pcap.h>", True),
            ("sensor/capture", "#include <pcap/pcap.h>", False),
            ("core/text", "#include <sys/stat.h>", False),
            ("core/text", "#include <boost/any.hpp>", True),
            ("core/text", '#include "complaint.h"', True)]:
        bracket, target = INCLUDE.match(line).groups()
        if bool(list(faults_of_line(room, bracket, target))) != forbidden:
            yield f"self test: {room} with {line} should be {'refused' if forbidden else 'allowed'}"


if __name__ == "__main__":
    found = list(self_test())
    for source in tracked("*.h", "*.cpp"):
        found += faults_of_file(source, (ROOT / source).read_text())
    print("\n".join(found) or "include direction holds")
    sys.exit(bool(found))
