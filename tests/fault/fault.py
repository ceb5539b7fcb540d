#!/usr/bin/env python3
"""Faults: after each, the store holds what an undisturbed run's store holds, or the difference is reported as lost.

    fault.py BUILD_DIR CASE

`kills`: 200,000 sessions and 50 kills; the others: 20,000 sessions, or 200,000 with SEKIMORI_FAULT_LONG=1.
SEKIMORI_FAULT_SEED=N repeats a run.
"""

import os
import random
import signal
import sys
import time

from fault_lab import LONG, PATIENCE_S, Lab, differences, wait_for

SESSIONS = 200_000 if LONG else 20_000
KILLS, KILLED_SESSIONS = 50, 200_000


def kills(lab):
    """kill -9 of either side at random moments while the sensor reads part after part of the capture."""
    size = KILLED_SESSIONS // 20
    parts = [lab.capture(first, size) for first in range(0, KILLED_SESSIONS, size)]
    expected = lab.undisturbed(parts)
    assert len(expected) == KILLED_SESSIONS, f"{len(expected)} sessions of {KILLED_SESSIONS}"
    config = lab.configure_sensor()
    lab.start_collector()
    done, waiting, sensor, killed = [], list(parts), None, {"sensor": 0, "collector": 0}
    while waiting or sensor or sum(killed.values()) < KILLS:
        if sensor is None:
            # Once every part was read, whole captures keep coming until there were kills enough.
            part = waiting[0] if waiting else lab.random.choice(parts)
            sensor = lab.sense(config, part)
        deadline = time.monotonic() + lab.random.uniform(0.05, 0.6)
        while time.monotonic() < deadline and sensor.poll() is None:
            time.sleep(0.005)
        if sensor.poll() is None and sum(killed.values()) < KILLS:
            victim = lab.random.choice(("sensor", "collector"))
            killed[victim] += 1
            if victim == "sensor":
                lab.kill(sensor)
            else:
                lab.kill(lab.collector)
                lab.start_collector()
        code = sensor.poll()
        if code is not None:
            assert code in (0, -signal.SIGKILL), f"sensor: exit {code}: {lab.said('sensor.log')[-1000:]}"
            if code == 0 and waiting:
                done.append(waiting.pop(0))
            sensor = None
    # What a killed sensor left in the spool.
    lab.sense_to_end(config, lab.empty_capture())
    print(f"killed {killed['sensor']} sensors and {killed['collector']} collectors")
    faults = differences(lab.sessions(), expected)
    if "no longer has" in lab.said("collector.log"):
        faults.append("a batch was lost: " + lab.said("collector.log")[-500:])
    return faults


def spool_to(lab, capture, config):
    """The whole capture into the spool, with nobody to take it; then the sensor is killed."""
    sensor = lab.sense(config, capture)
    size = lambda: sum(file.stat().st_size for file in (lab.folder / "spool").glob("*.segment"))
    last = [0, 0.0]

    def settled():
        now = size()
        if now != last[0]:
            last[:] = now, time.monotonic()
        return now > 0 and time.monotonic() - last[1] > 2
    wait_for("the spool to be written", settled)
    lab.kill(sensor)
    assert size() > 0


def abandoned(lab):
    """A sensor without a collector is killed: the next one delivers what it left, having read no packet itself."""
    capture = lab.capture(0, SESSIONS)
    expected = lab.undisturbed([capture])
    config = lab.configure_sensor()
    spool_to(lab, capture, config)
    lab.start_collector()
    lab.sense_to_end(config, lab.empty_capture())
    left = list((lab.folder / "spool").glob("*.segment"))
    return differences(lab.sessions(), expected) + ([f"{left} were not unlinked"] if left else [])


def corrupt(lab):
    """Bytes of the spool are changed, an end is torn and strange files lie in it: the rest arrives, what is missing is counted."""
    capture = lab.capture(0, SESSIONS)
    expected = lab.undisturbed([capture])
    config = lab.configure_sensor(size="32MiB")  # segments of 1 MiB
    spool_to(lab, capture, config)
    segments = sorted((lab.folder / "spool").glob("*.segment"))
    rotten = 0
    for segment in segments[:2]:
        data = bytearray(segment.read_bytes())
        data[24 + 40 + 100] ^= 0xFF  # in the first frame: that batch alone
        segment.write_bytes(data)
        rotten += 1
    with open(segments[-1], "r+b") as last:
        last.truncate(segments[-1].stat().st_size - 7)
    for name, data in (("ffffffffffffff00.segment", b"SKSP\x09" + bytes(100)), ("ffffffffffffff01.segment", os.urandom(5000)),
                       ("ffffffffffffff02.segment", b""), ("notes.txt", b"hello")):
        (lab.folder / "spool" / name).write_bytes(data)
    (lab.folder / "spool" / "mark").write_bytes(os.urandom(40))
    lab.start_collector()
    lab.sense_to_end(config, lab.empty_capture())
    got = lab.sessions()
    faults = [f"{len(got - expected)} sessions that nobody sent"] if {one[0] for one in got} - {one[0] for one in expected} else []
    # A batch holds 256 records; of a session whose end was lost the start may be there.
    lost = {one[0] for one in expected} - {one[0] for one in got}
    most = 256 * (rotten + 1)
    whole = expected & got
    if len(expected) - len(whole) > most:
        faults.append(f"{len(expected) - len(whole)} sessions are not whole where at most {most} records were spoilt")
    if len(whole) == len(expected):
        faults.append("nothing was spoilt")
    if "bytes of the spool could not be read" not in lab.said("sensor.log"):
        faults.append("the torn end was not reported")
    if "no longer has" not in lab.said("collector.log"):
        faults.append("the collector did not report the gap")
    if not (lab.folder / "spool" / "ffffffffffffff00.segment").exists():
        faults.append("a segment of a newer version was deleted")
    print(f"{len(lost)} sessions gone, {len(expected) - len(whole)} not whole, of {len(expected)}")
    return faults


def network(lab):
    """The network is cut, stuck and slow, in turns, while a sensor sends."""
    capture = lab.capture(0, SESSIONS)
    expected = lab.undisturbed([capture])
    lab.start_collector()
    wire = lab.wire(rate=400_000)
    sensor = lab.sense(lab.configure_sensor(port=wire.port), capture)
    for fault in ("cut", "freeze", "cut", "freeze", "cut"):
        time.sleep(lab.random.uniform(0.3, 0.8))
        assert sensor.poll() is None or wire.passed > 0
        getattr(wire, fault)()
        time.sleep(lab.random.uniform(0.3, 1.5) + (4 if fault == "freeze" else 0))
        wire.mend()
    wire.rate = 0
    code = sensor.wait(300)
    if code != 0:
        return [f"sensor: exit {code}: {lab.said('sensor.log')[-1000:]}"]
    return differences(lab.sessions(), expected)


def full_disk(lab):
    """The spool's disk is full while no collector is there: a sensor of files says so, waits, and loses nothing."""
    capture = lab.capture(0, SESSIONS)
    expected = lab.undisturbed([capture])
    lab.small_disk("spool", "256k")
    config = lab.configure_sensor(size="1GiB")
    sensor = lab.sense(config, capture)
    wait_for("the disk to be full", lambda: "disk takes nothing" in lab.said("sensor.log") or sensor.poll() is not None, 60)
    time.sleep(2)
    if sensor.poll() is not None:
        return [f"sensor: exit {sensor.returncode} on a full disk: {lab.said('sensor.log')[-1000:]}"]
    lab.start_collector()
    code = sensor.wait(PATIENCE_S * 2)
    if code != 0:
        return [f"sensor: exit {code}: {lab.said('sensor.log')[-1000:]}"]
    return differences(lab.sessions(), expected)


CASES = {"full_disk": full_disk, "kills": kills, "abandoned": abandoned, "corrupt": corrupt, "network": network}


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left behind
    seed = int(os.environ.get("SEKIMORI_FAULT_SEED", random.randrange(1 << 30)))
    print(f"seed {seed}")
    began = time.monotonic()
    with Lab(sys.argv[1], seed) as lab:
        try:
            faults = CASES[sys.argv[2]](lab)
        except AssertionError as error:
            faults = [str(error)]
        if faults:
            for log in ("sensor.log", "collector.log"):
                if (lab.folder / log).exists():
                    print(f"-- {log}:\n{lab.said(log)[-3000:]}")
    print(f"{len(faults)} faults after {time.monotonic() - began:.1f} s")
    for fault in faults:
        print("  " + fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
