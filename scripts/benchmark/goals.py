"""What must hold."""

import dataclasses

from .participants import CORES, FASTAPI, FLASK, NODE, OPEN, OURS, PLAIN_FLASK
from .summary import Cell, Results
from .workloads import FLOOD_NODES, LIMIT, PLAIN_NODES, WORKLOADS

NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


@dataclasses.dataclass
class Goal:
    what: str
    wanted: float
    measured: float | None
    unit: str = "×"
    # Most goals are lower bounds.
    at_most: bool = False
    # The participant that ours was compared with, if there were several.
    against: str = ""

    @property
    def holds(self) -> bool | None:
        if self.measured is None:
            return None
        return self.measured <= self.wanted if self.at_most else self.measured >= self.wanted


def all_goals(results: Results, database: str, size: int, sizes: list[int]) -> list[Goal]:
    found = OneDatabase(results, database, size)
    goals = [*login(found), *flood(found), *refresh(found), *pages(found, sizes), *footprint(found)]
    for goal in goals:
        goal.what = f"{NAMES[database]}: {goal.what}"
    return [goal for goal in goals if goal.measured is not None]


@dataclasses.dataclass
class OneDatabase:
    results: Results
    database: str
    size: int

    def cell(self, workload: str, who: str = OURS, size: int | None = None) -> Cell:
        return (self.database, workload, self.size if size is None else size, who)

    def over(self, what: str, wanted: float, workload: str, names: list[str]) -> Goal:
        """Ours over the best of these."""
        best = self.results.best(self.database, workload, self.size, names)
        measured = self.results.over_best(self.database, workload, self.size, OURS, names)
        return Goal(what, wanted, measured, against=best[0] if best else "")

    def of_limit(self, what: str, wanted: float, workload: str, each: int = 1) -> Goal:
        """Ours as a share of the bare rate of an operation, which each call needs so many times."""
        measured = self.results.ratio(self.cell(workload), self.cell(WORKLOADS[workload].limit, LIMIT, 0))
        return Goal(what, wanted, measured and measured * each)

    def of_open(self, what: str, workload: str) -> Goal:
        return Goal(what, 0.75, self.results.ratio(self.cell(workload), self.cell(workload, OPEN)))

    def by_database(self, *, postgres: float, sqlite: float) -> float:
        return postgres if self.database == "postgres" else sqlite


def login(found: OneDatabase) -> list[Goal]:
    return [
        found.over("login, over Node at its best", 1.15, "login", list(NODE)),
        found.over("login, over the tutorials' Flask as it comes", 20, "login", [PLAIN_FLASK]),
        # These goals were 0.75 and 0.85 while each hash, also a bare one, ended with a wipe of its memory, which took 9 %
        # as long as the hash. Now a bare hash has no wipe, so bare hashes are faster: the new numbers stand for as many
        # log-ins a second as the old ones.
        found.of_limit("login, of the bare hashes", found.by_database(postgres=0.69, sqlite=0.78), "login"),
    ]


def flood(found: OneDatabase) -> list[Goal]:
    goals = []
    for stream, title in (("jwks", "JWKS"), ("refresh", "refresh")):

        def p99(who: str, stream: str = stream) -> float | None:
            return found.results.median((found.database, "flood", found.size, who), "p99_ms", stream)

        ours, title = p99(OURS), f"{title} p99 while 64 clients sign in"
        peers = {who: p99(who) for who in [*FLOOD_NODES, FASTAPI, PLAIN_FLASK]}
        least = min(((time, who) for who, time in peers.items() if time is not None), default=None)
        goals.append(Goal(title, 20, ours, " ms", at_most=True))
        if ours is not None and least is not None:
            goals.append(Goal(f"{title}, of the best peer's", 1, ours / least[0], at_most=True, against=least[1]))
    peak = found.results.median((found.database, "flood", found.size, OURS), "peak", "memory")
    most = 50 + 19.5 * 1.048576 * CORES
    goals.append(Goal("auth-service while 64 clients sign in", most, peak and peak / 1e6, " MB", at_most=True))
    return goals


def refresh(found: OneDatabase) -> list[Goal]:
    return [
        found.over("refresh, over Node with the same rotation", 1.4, "refresh", PLAIN_NODES),
        found.over("refresh, over Flask's stateless one", 20, "refresh", list(FLASK)),
        found.of_limit("refresh, of the bare signatures, two each", found.by_database(postgres=0.5, sqlite=0.6), "refresh", each=2),
    ]


def pages(found: OneDatabase, sizes: list[int]) -> list[Goal]:
    return [
        found.over("page by cursor, over Node", found.by_database(postgres=1.7, sqlite=1.6), "cursor", PLAIN_NODES),
        found.over("first page with totals, over Node", 1.25, "first", PLAIN_NODES),
        found.of_open("page by cursor, of the same without a token", "cursor"),
        found.of_open("first page, of the same without a token", "first"),
        Goal(
            f"page by cursor, its cost at {sizes[-1]:,} users over that at {sizes[0]:,}",
            found.by_database(postgres=2, sqlite=1.2),
            found.results.ratio(*(found.cell(WORKLOADS["cursor"].by_size, size=size) for size in (sizes[0], sizes[-1]))),
            at_most=True,
        ),
    ]


def footprint(found: OneDatabase) -> list[Goal]:
    goals = []
    for name in ("auth-service", "users-api"):
        idle = found.results.median((found.database, "idle", 0, name), "bytes")
        start = found.results.median((found.database, "start", 0, name), "seconds")
        goals.append(Goal(f"{name}, idle", 20, idle and idle / 1e6, " MB", at_most=True))
        goals.append(Goal(f"{name}, ready after", 150, start and start * 1000, " ms", at_most=True))
    return goals
