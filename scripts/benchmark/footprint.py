"""Memory and time to start of our two services, on an existing database."""

import time

from .participants import OURS
from .summary import Results
from .test_bed import TestBed

SETTLE = 2.0
STARTS = 5
# The poll must not compete with what it waits for.
POLL = 0.002


def measure(test_bed: TestBed, results: Results) -> None:
    """Starts each service several times. Its idle memory is measured after the last start and a pause."""
    ours = test_bed.participants[OURS]
    for name, server in (("auth-service", ours.auth), ("users-api", ours.users[test_bed.main_size])):
        for _ in range(STARTS):
            server.stop()
            seconds = server.start(POLL)
            results.add((test_bed.database, "start", 0, name), {"main": {"seconds": seconds}})
        time.sleep(SETTLE)
        memory = server.memory("VmRSS")
        results.add((test_bed.database, "idle", 0, name), {"main": {"bytes": memory}})
        print(f"{test_bed.database}: {name} starts in {seconds * 1000:.0f} ms, idle at {memory / 1e6:.1f} MB", flush=True)
