#!/usr/bin/env python3
"""The spool's disk is full while interfaces are read and no collector is there: the sensor goes on capturing, and when the
collector comes, what the store holds and what is told as lost are together what was made, each record once.

    full_disk_live.py BUILD_DIR
"""

import pathlib
import re
import shutil
import sqlite3
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import live_lab  # noqa: E402
from live_lab import run, skip, wait_for  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PORT = 7355
SENSOR = f"""
observer: edge-1
interfaces: [t0]
user: nobody
classifier: {{use: "off"}}
flows: {{timeouts: {{half_open: 1s, closing: 1s, datagram: 1s, established: 1s}}}}
ship: {{collector: 'tcp://127.0.0.1:{PORT}', collector_key: collector.pub, key: edge-1.key, spool: {{dir: spool, size: 64MiB}}}}
"""
COLLECTOR = f"""
receive: {{listen: 'tcp://127.0.0.1:{PORT}', key: collector.key, sensors: sensors}}
http: {{}}
store: {{path: store.db}}
rules: {ROOT}/signatures/mismatch
regions: {ROOT}/config/regions.yaml
country_shapes: {ROOT}/config/country_shapes.tsv
"""
LOST_RECORDS = 7  # LossKind::records


def full_disk(lab):
    folder = lab.folder
    (folder / "sensors").mkdir()
    shutil.copy(folder / "edge-1.pub", folder / "sensors")
    (folder / "spool").mkdir()
    if run("mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "none", folder / "spool", check=False).returncode != 0:
        skip("a small disk needs to be mounted")
    try:
        (folder / "sensor.yaml").write_text(SENSOR)
        (folder / "collector.yaml").write_text(COLLECTOR)
        sensor = live_lab.Sensor(lab)
        sensor.wait_until_captures()
        flows = 60_000
        lab.run_in("client", lab.tools / "packet_flood", "c0", str(4 * flows), "60000", str(flows), "100")
        wait_for("the word that the disk is full", lambda: "disk takes nothing" in sensor.said())
        time.sleep(4)  # every session has ended
        with open(folder / "collector.log", "w") as log:
            collector = lab.start("tap", lab.bin / "sekimori-collector", "--config", folder / "collector.yaml", stderr=log)
        # The batch in which the last losses are told needs none after it: it waits no longer than a new session.
        lab.run_in("client", lab.tools / "packet_flood", "c0", "40", "100", "10", "100")
        time.sleep(5)
        said = sensor.stop()
        collector.terminate()
        collector.wait(30)
    finally:
        run("umount", "-l", folder / "spool", check=False)
    database = sqlite3.connect(folder / "store.db")
    stored, distinct = database.execute("SELECT count(*), count(DISTINCT hex(event_id) || type) FROM sessions").fetchone()
    told = database.execute("SELECT coalesce(sum(count), 0), count(*) FROM losses WHERE kind = ?", (LOST_RECORDS,)).fetchone()
    database.close()
    acknowledged, offered = map(int, re.search(r"(\d+) of (\d+) records acknowledged", said).groups())
    lost = int(told[0])
    print(f"{offered} records made, {stored} stored, {lost} told as lost in {told[1]} windows, {acknowledged} acknowledged")
    faults = []
    if stored != distinct:
        faults.append(f"{stored - distinct} records are stored twice")
    if not lost:
        faults.append("nothing was lost: the disk was not full")
    if stored + lost != offered:
        faults.append(f"{offered} made, but {stored} + {lost}")
    return faults


def main():
    with live_lab.Lab(sys.argv[1]) as lab:
        faults = full_disk(lab)
    print(*faults or ["no faults"], sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
