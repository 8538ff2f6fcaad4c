"""Memory and time to start of our two services, on a database that there is."""

import time

from .contestants import OURS
from .medians import Results
from .stage import Stage

SETTLE = 2.0
STARTS = 5
# The poll must not compete with what it waits for.
POLL = 0.002


def measure(stage: Stage, results: Results) -> None:
    """Starts each anew several times. Its idle memory is that of the last start, when all has settled."""
    ours = stage.contestants[OURS]
    for name, server in (("auth-service", ours.auth), ("users-api", ours.users[stage.main_size])):
        for _ in range(STARTS):
            server.stop()
            seconds = server.start(POLL)
            results.add((stage.database, "start", 0, name), {"main": {"seconds": seconds}})
        time.sleep(SETTLE)
        memory = server.memory("VmRSS")
        results.add((stage.database, "idle", 0, name), {"main": {"bytes": memory}})
        print(f"{stage.database}: {name} starts in {seconds * 1000:.0f} ms, idle at {memory / 1e6:.1f} MB", flush=True)
