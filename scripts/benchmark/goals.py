"""What must hold."""

import dataclasses

from .contestants import CORES, FASTAPI, FLASK, NODE, OURS, PLAIN_FLASK
from .medians import Results
from .works import FLOOD_NODES, LIMIT, OPEN, PLAIN_NODES

NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


@dataclasses.dataclass
class Goal:
    what: str
    wanted: float
    measured: float | None
    unit: str = "×"
    # Most goals are lower bounds.
    at_most: bool = False
    # Against whom, where there was a choice.
    against: str = ""

    @property
    def holds(self) -> bool | None:
        if self.measured is None:
            return None
        return self.measured <= self.wanted if self.at_most else self.measured >= self.wanted


def all_goals(results: Results, database: str, size: int, sizes: list[int]) -> list[Goal]:
    found = Found(results, database, size)
    goals = [*login(found), *flood(found), *refresh(found), *pages(found, sizes), *footprint(found)]
    for goal in goals:
        goal.what = f"{NAMES[database]}: {goal.what}"
    return [goal for goal in goals if goal.measured is not None]


@dataclasses.dataclass
class Found:
    results: Results
    database: str
    size: int

    def ours(self, work: str, size: int | None = None) -> float | None:
        return self.rate(work, OURS, size)

    def rate(self, work: str, who: str, size: int | None = None) -> float | None:
        return self.results.median((self.database, work, size or self.size, who))

    def limit(self, name: str) -> float | None:
        return self.results.median((self.database, name, 0, LIMIT))

    def over(self, what: str, wanted: float, work: str, names: list[str]) -> Goal:
        """Ours over the best of these."""
        best = self.results.best(self.database, work, self.size, names)
        who, rate = best if best else ("", None)
        return Goal(what, wanted, ratio(self.ours(work), rate), against=who)

    def on_postgres(self, there: float, here: float) -> float:
        return there if self.database == "postgres" else here


def ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def login(found: Found) -> list[Goal]:
    return [
        found.over("login, over Node at its best", 1.15, "login", list(NODE)),
        found.over("login, over the tutorials' Flask as it comes", 20, "login", [PLAIN_FLASK]),
        Goal(
            "login, of the bare hashes", found.on_postgres(0.75, 0.85), ratio(found.ours("login"), found.limit("hashes"))
        ),
    ]


def flood(found: Found) -> list[Goal]:
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


def refresh(found: Found) -> list[Goal]:
    signatures = found.limit("signatures")
    return [
        found.over("refresh, over Node with the same rotation", 1.4, "refresh", PLAIN_NODES),
        found.over("refresh, over Flask's stateless one", 20, "refresh", list(FLASK)),
        Goal(
            "refresh, of the bare signatures, two each",
            found.on_postgres(0.5, 0.6),
            ratio(found.ours("refresh"), signatures and signatures / 2),
        ),
    ]


def pages(found: Found, sizes: list[int]) -> list[Goal]:
    return [
        found.over("page by cursor, over Node", found.on_postgres(1.7, 1.6), "cursor", PLAIN_NODES),
        found.over("first page with totals, over Node", 1.25, "first", PLAIN_NODES),
        Goal("page by cursor, of the same without a token", 0.75,
             ratio(found.ours("cursor"), found.rate("cursor", OPEN))),
        Goal("first page, of the same without a token", 0.75, ratio(found.ours("first"), found.rate("first", OPEN))),
        Goal(f"page by cursor, its cost at {sizes[-1]:,} users over that at {sizes[0]:,}", found.on_postgres(2, 1.2),
             ratio(found.ours("cursor", sizes[0]), found.ours("cursor", sizes[-1])), at_most=True),
    ]  # fmt: skip


def footprint(found: Found) -> list[Goal]:
    goals = []
    for name in ("auth-service", "users-api"):
        idle = found.results.median((found.database, "idle", 0, name), "bytes")
        start = found.results.median((found.database, "start", 0, name), "seconds")
        goals.append(Goal(f"{name}, idle", 20, idle and idle / 1e6, " MB", at_most=True))
        goals.append(Goal(f"{name}, ready after", 150, start and start * 1000, " ms", at_most=True))
    return goals
