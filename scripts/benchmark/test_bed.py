"""All participants, started on one database."""

import contextlib
import http.client
import json
import pathlib

from . import data, participants
from .participants import FASTAPI, FLASK, NODE, OPEN, OURS, Participant
from .paths import RUN
from .postgres import Postgres
from .processes import Server
from .workloads import PLAIN_NODES, login_calls

STEP = 100


class TestBed:
    """The participants by name. They run while the context is entered."""

    def __init__(self, database: str, programs: dict, sizes: list[int], main_size: int, names: list[str]):
        self.database, self.programs, self.names = database, programs, names
        self.sizes, self.main_size = sizes, main_size
        self.participants: dict[str, Participant] = {}
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
        ours = participants.ours(self.programs, url(self.writers["ours"]), readers, keys)
        self.add(stack, ours)
        self.key = next(keys.glob("*.pem"))
        if OPEN in self.names:
            self.add(stack, participants.ours_unchecked(self.programs, ours, self.main_size))

    def start_peers(self, stack: contextlib.ExitStack) -> None:
        size, key = self.main_size, self.key
        for name in NODE:
            own = {size: self.writers["node"]}
            readers = self.readers | own if name in PLAIN_NODES else own
            self.add(stack, participants.node(name, self.programs, self.writers["node"], readers, key))
        if self.database == "sqlite":
            self.add(stack, participants.fastapi(self.programs, self.writers["fastapi"], size, key))
            for name in FLASK:
                self.add(stack, participants.flask(name, self.programs, self.tutorial, size, key))

    def add(self, stack: contextlib.ExitStack, participant: Participant) -> None:
        """Starts a participant that is wanted, signs in, and finds the cursor where its deep pages begin."""
        if participant.name not in self.names:
            return
        for server in participant.servers():
            stack.callback(server.stop)
            server.start()
        self.participants[participant.name] = participant
        if participant.name == OPEN:
            return
        participant.token = answer(participant.auth, login_calls(1)[0])["access_token"]
        if participant.name in (OURS, *PLAIN_NODES, FASTAPI):
            participant.cursors = {size: self.cursor(participant, size) for size in participant.users}

    def cursor(self, participant: Participant, size: int) -> str:
        """The cursor behind nine tenths of the users, found as a client finds it. Servers of one kind share them."""
        like = [other for other in self.participants.values() if other.name in PLAIN_NODES and other is not participant]
        if participant.name in PLAIN_NODES and like:
            return like[0].cursors[size]
        return walk(participant.users[size], participant.token, size * 9 // 10)


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
