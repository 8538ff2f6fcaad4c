"""The workloads: which calls, by how many clients, to which participants."""

import dataclasses
import json
from collections.abc import Callable

from .participants import CORES, FASTAPI, FLASK, NODE, OPEN, OURS, PLAIN_FLASK, Participant
from .data import PASSWORD, user
from .processes import Server

# Node as it comes, and as many of it as there are cores. The others differ in what only hashing feels.
PLAIN_NODES = ["Node, 4 threads", f"Node ×{CORES}, 4 threads each"]
FLOOD_NODES = [f"Node, {CORES} threads", *PLAIN_NODES]
EVERYBODY = [OURS, *PLAIN_NODES, FASTAPI, PLAIN_FLASK]
PER_PAGE = 20
# Numbers of pages reach 100,000 rows deep.
DEEPEST_PAGE = 5_000


@dataclasses.dataclass
class Workload:
    title: str
    streams: Callable[[Participant, int], list[dict]]
    who: list[str]
    seconds: float = 1.5
    # Pages are read from users-api; everything else is auth-service's.
    is_page: bool = False
    # The workload's upper bound. It is measured in turn with the participants, because the machine's speed changes.
    limit: str = ""
    # The cell under which its cost with few and with many users is measured.
    by_size: str = ""

    def server(self, participant: Participant, size: int) -> Server:
        return participant.users[size] if self.is_page else participant.auth


def login_calls(number: int) -> list[dict]:
    bodies = [json.dumps({"username": user(one), "password": PASSWORD}) for one in range(1, number + 1)]
    return [{"method": "POST", "path": "/api/auth/login", "token": None, "body": body} for body in bodies]


def get(path: str, token: str | None = None) -> list[dict]:
    return [{"method": "GET", "path": path, "token": token, "body": None}]


def stream(clients: int, calls: list[dict], name: str = "main", **more: object) -> dict:
    return {"name": name, "clients": clients, "calls": calls, **more}


def login(_participant: Participant, _size: int) -> list[dict]:
    return [stream(16, login_calls(1000))]


def refresh(_participant: Participant, _size: int) -> list[dict]:
    return [stream(32, login_calls(32), refresh="/api/auth/refresh")]


def jwks(_participant: Participant, _size: int) -> list[dict]:
    return [stream(32, get("/.well-known/jwks.json"))]


def flood(_participant: Participant, _size: int) -> list[dict]:
    return [
        stream(64, login_calls(1000)),
        stream(1, get("/.well-known/jwks.json"), name="jwks", every_ms=10),
        stream(1, login_calls(1), name="refresh", every_ms=10, refresh="/api/auth/refresh"),
    ]


def page(query: Callable[[Participant, int], str]) -> Callable[[Participant, int], list[dict]]:
    def streams(participant: Participant, size: int) -> list[dict]:
        return [stream(32, get(f"/api/users?{query(participant, size)}&per_page={PER_PAGE}", participant.token))]

    return streams


WORKLOADS = {
    # Longer than the others: on a slow machine Flask serves four log-ins a second.
    "login": Workload("login", login, [OURS, *NODE, FASTAPI, *FLASK], seconds=3.0, limit="hashes"),
    "flood": Workload("64 clients sign in", flood, [OURS, *FLOOD_NODES, FASTAPI, PLAIN_FLASK], seconds=2.0),
    "refresh": Workload("refresh", refresh, [OURS, *PLAIN_NODES, FASTAPI, *FLASK], limit="signatures"),
    "cursor": Workload("deep page by cursor", page(lambda who, size: f"cursor={who.cursors[size]}"),
                   [OURS, OPEN, *PLAIN_NODES, FASTAPI], seconds=1.0, is_page=True, by_size="cursor by size"),
    "first": Workload("first page with totals", page(lambda _, __: "page=1"), [OURS, OPEN, *PLAIN_NODES, FASTAPI, PLAIN_FLASK],
                  seconds=0.8, is_page=True),
    "deep": Workload("deep page by number", page(lambda _, size: f"page={min(size // PER_PAGE, DEEPEST_PAGE)}"),
                 EVERYBODY, seconds=0.8, is_page=True),
    "jwks": Workload("JWKS", jwks, EVERYBODY, seconds=0.6),
}  # fmt: skip
# Stands for a limit among the participants.
LIMIT = "the bare limit"
LIMITS = {"hashes": "Argon2id hashes", "signatures": "RS256 signatures"}
