"""Everybody, started on one database."""

import contextlib
import http.client
import json
import pathlib

from . import competitors, data
from .competitors import FASTAPI, FLASK, NODE, OPEN, OURS, Competitor
from .paths import RUN
from .postgres import Postgres
from .processes import Server
from .workloads import PLAIN_NODES, login_calls

STEP = 100


class TestBed:
    """Contestants by name. Entered, they run; left, they are gone."""

    def __init__(self, database: str, programs: dict, sizes: list[int], main_size: int, names: list[str]):
        self.database, self.programs, self.names = database, programs, names
        self.sizes, self.main_size = sizes, main_size
        self.competitors: dict[str, Competitor] = {}
        self.stack = contextlib.ExitStack()
        self.key: pathlib.Path | None = None

    def __enter__(self) -> "TestBed":
        with contextlib.ExitStack() as stack:
            self.fill(stack)
            self.start_ours(stack)
            self.start_peers(stack)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def fill(self, stack: contextlib.ExitStack) -> None:
        """The users of each size to read, and copies of the main ones to sign in with."""
        files = {size: data.sqlite_file(self.programs["auth-service"], size) for size in self.sizes}
        self.readers: dict[int, str] = {size: str(file) for size, file in files.items()}
        main = files[self.main_size]
        if self.database == "sqlite":
            self.writers = {name: str(data.copied(main, RUN / f"{name}.db")) for name in ("ours", "node", "fastapi")}
            self.tutorial = data.tutorial_file(main)
        else:
            postgres = Postgres()
            stack.callback(postgres.stop)
            postgres.start()
            filled = {size: postgres.filled(self.programs["auth-service"], files[size], size) for size in self.sizes}
            self.readers = {size: postgres.url(name) for size, name in filled.items()}
            self.writers = {name: postgres.copied(filled[self.main_size], name) for name in ("ours", "node")}

    def start_ours(self, stack: contextlib.ExitStack) -> None:
        def url(place: str) -> str:
            return place if place.startswith("postgres:") else f"sqlite://{place}"

        readers = {size: url(place) for size, place in (self.readers | {self.main_size: self.writers["ours"]}).items()}
        keys = RUN / f"keys-{self.database}"
        ours = competitors.ours(self.programs, url(self.writers["ours"]), readers, keys)
        self.add(stack, ours)
        self.key = next(keys.glob("*.pem"))
        if OPEN in self.names:
            self.add(stack, competitors.ours_unchecked(self.programs, ours, self.main_size))

    def start_peers(self, stack: contextlib.ExitStack) -> None:
        size, key = self.main_size, self.key
        for name in NODE:
            own = {size: self.writers["node"]}
            readers = self.readers | own if name in PLAIN_NODES else own
            self.add(stack, competitors.node(name, self.programs, self.writers["node"], readers, key))
        if self.database == "sqlite":
            self.add(stack, competitors.fastapi(self.programs, self.writers["fastapi"], size, key))
            for name in FLASK:
                self.add(stack, competitors.flask(name, self.programs, self.tutorial, size, key))

    def add(self, stack: contextlib.ExitStack, competitor: Competitor) -> None:
        """Starts somebody who is asked for, signs in, and walks to where the deep pages begin."""
        if competitor.name not in self.names:
            return
        for server in competitor.servers():
            stack.callback(server.stop)
            server.start()
        self.competitors[competitor.name] = competitor
        if competitor.name == OPEN:
            return
        competitor.token = answer(competitor.auth, login_calls(1)[0])["access_token"]
        if competitor.name in (OURS, *PLAIN_NODES, FASTAPI):
            competitor.cursors = {size: self.cursor(competitor, size) for size in competitor.users}

    def cursor(self, competitor: Competitor, size: int) -> str:
        """The cursor behind nine tenths of the users, found as a client finds it. Servers of one kind share them."""
        like = [other for other in self.competitors.values() if other.name in PLAIN_NODES and other is not competitor]
        if competitor.name in PLAIN_NODES and like:
            return like[0].cursors[size]
        return walk(competitor.users[size], competitor.token, size * 9 // 10)


def walk(server: Server, token: str, rows: int) -> str:
    connection = http.client.HTTPConnection(server.address, timeout=30)
    by_number = min(rows // STEP, 1000)
    place = f"page={by_number}"
    for _ in range(rows // STEP - by_number + 1):
        call = {"method": "GET", "path": f"/api/users?{place}&per_page={STEP}", "token": token, "body": None}
        cursor = ask(connection, call)["next_cursor"]
        place = f"cursor={cursor}"
    connection.close()
    return cursor


def answer(server: Server, call: dict) -> dict:
    connection = http.client.HTTPConnection(server.address, timeout=30)
    try:
        return ask(connection, call)
    finally:
        connection.close()


def ask(connection: http.client.HTTPConnection, call: dict) -> dict:
    headers = {"content-type": "application/json"} if call["body"] else {}
    if call["token"]:
        headers["authorization"] = f"Bearer {call['token']}"
    connection.request(call["method"], call["path"], call["body"], headers)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise SystemExit(f"{call['method']} {call['path']}: {response.status} {body.decode()}")
    return json.loads(body)
