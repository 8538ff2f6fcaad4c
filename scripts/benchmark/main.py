"""`scripts/bench`: everything from the build to the report."""

import argparse
import fcntl
import shutil
import signal
import sys
import time

from . import agreement, build, footprint, machine, report, requirements
from .participants import OURS
from .summary import Results
from .paths import RUN, SAVED, WORK
from .rounds import Rounds
from .test_bed import TestBed
from .workloads import WORKLOADS

SIZES, MAIN_SIZE = [1_000, 100_000, 1_000_000], 100_000


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Builds both services in release, starts them beside their peers on this machine, and measures all "
        "with the same work and data, in turns. Writes target/bench/report.md and says which goals hold.",
    )
    parser.add_argument("--quick", action="store_true", help="one short round without a million users: to try")
    parser.add_argument("--only", default=",".join(WORKLOADS), help=f"workloads, of {','.join(WORKLOADS)}")
    parser.add_argument("--databases", default="sqlite,postgres", help="of sqlite,postgres")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--save", action="store_true", help="copy the report to docs/benchmarks/, its table into docs/performance.md")
    given = parser.parse_args()
    given.only, given.databases = given.only.split(","), given.databases.split(",")
    for name, known in (("only", WORKLOADS), ("databases", ("sqlite", "postgres"))):
        unknown = [one for one in getattr(given, name) if one not in known]
        if unknown:
            parser.error(f"--{name}: {unknown[0]} is unknown; choose from {', '.join(known)}")
    if given.save and (given.quick or set(given.only) != set(WORKLOADS) or set(given.databases) != {"sqlite", "postgres"}):
        parser.error("--save takes a whole run: without --quick, --only and --databases")
    return given


def main() -> int:
    given, began = arguments(), time.monotonic()
    # As Ctrl-C: all started programs are ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))
    databases = requirements.check(given.databases)
    if given.save and databases != given.databases:
        raise SystemExit("--save takes a whole run: on both databases")
    WORK.mkdir(parents=True, exist_ok=True)
    lock = (WORK / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit("another scripts/bench runs here: they would measure each other") from None
    shutil.rmtree(RUN, ignore_errors=True)
    RUN.mkdir(parents=True)
    programs = build.everything()
    results, sizes = Results(), SIZES[:2] if given.quick else SIZES
    rounds = Rounds(programs, results, given.only, 1 if given.quick else given.rounds, 0.5 if given.quick else 1.0)
    wanted = {name for workload in given.only for name in WORKLOADS[workload].who} | {OURS}
    for database in databases:
        with TestBed(database, programs, sizes, MAIN_SIZE, sorted(wanted)) as test_bed:
            agreement.check(test_bed, given.only)
            footprint.measure(test_bed, results)
            rounds.run(test_bed)
    facts = machine.facts(programs)
    facts["minutes"] = round((time.monotonic() - began) / 60, 1)
    results.save(WORK / "results.json", {"facts": facts, "main_size": MAIN_SIZE, "sizes": sizes})
    print(report.write(WORK))
    if given.save:
        print(report.save(WORK, SAVED))
    return 0
