"""Who takes part, and with which settings."""

import dataclasses
import os
import pathlib

from .paths import PEERS
from .processes import Server, free_port

OURS, FASTAPI = "authpair", "FastAPI"
# Ours without the check of tokens, to find out what the check costs.
OPEN = "without token"
CORES = os.cpu_count() or 1
# The tutorials' Flask as gunicorn runs it by default, with one worker, and with one a core.
FLASK = {"Flask": 1, f"Flask ×{CORES}": CORES}
PLAIN_FLASK = "Flask"
# Node in one process or one a core, its pool of threads from as many as there are cores to twice its default.
NODE = {
    f"Node, {threads} threads": {"WORKERS": "1", "UV_THREADPOOL_SIZE": str(threads)}
    for threads in sorted({CORES, 4, 8})
} | {
    f"Node ×{CORES}, {threads} thread{'s' * (threads > 1)} each": {
        "WORKERS": str(CORES),
        "UV_THREADPOOL_SIZE": str(threads),
    }
    for threads in (1, 4)
}
# Each peer with its configurations; the best one counts.
CONFIGURATIONS = {"Node": list(NODE), FASTAPI: [FASTAPI], "Flask": list(FLASK)}


@dataclasses.dataclass
class Participant:
    """A program with the API of the pair, ours or a peer: one server for sign-in, and one for the users of each size."""

    name: str
    auth: Server
    users: dict[int, Server]
    # Filled in when it runs: an access token, and where its deep pages begin.
    token: str = ""
    cursors: dict[int, str] = dataclasses.field(default_factory=dict)

    def servers(self) -> list[Server]:
        return list(dict.fromkeys([self.auth, *self.users.values()]))


def ours(programs: dict, url: str, readers: dict[int, str], keys: pathlib.Path) -> Participant:
    """Both services with the settings they come with. users-api reads each size's users."""
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    settings = {
        "AUTH_LISTEN": f"127.0.0.1:{port}",
        "AUTH_ISSUER": issuer,
        "AUTH_DATABASE_URL": url,
        "AUTH_KEYS_DIR": str(keys),
        "AUTH_METRICS_LISTEN": f"127.0.0.1:{free_port()}",
        # All calls come from one address. The throttle of accounts stays on: every log-in reads it.
        "AUTH_LIMIT_LOGIN": "off",
        "AUTH_LIMIT_REGISTER": "off",
        "AUTH_LIMIT_REFRESH": "off",
    }
    auth = Server("auth-service", [programs["auth-service"]], settings, port)
    users = {size: users_api(programs["users-api"], issuer, reader) for size, reader in readers.items()}
    return Participant(OURS, auth, users)


def users_api(program: pathlib.Path, issuer: str, url: str, *arguments: str) -> Server:
    port = free_port()
    settings = {
        "USERS_LISTEN": f"127.0.0.1:{port}",
        "USERS_ISSUER": issuer,
        "USERS_DATABASE_URL": url,
        "USERS_METRICS_LISTEN": f"127.0.0.1:{free_port()}",
        # The same key for the cursors of both programs.
        "USERS_CURSOR_SECRET": "shared-by-both-programs",
    }
    return Server(program.name, [program, *arguments], settings, port)


def ours_unchecked(programs: dict, participant: Participant, size: int) -> Participant:
    """Our own users-api without the check of tokens."""
    settings = participant.users[size].settings
    server = users_api(programs["users_api_unchecked"], settings["USERS_ISSUER"], settings["USERS_DATABASE_URL"], participant.token)
    return Participant(OPEN, server, {size: server}, "anything", participant.cursors)


def node(name: str, programs: dict, database: str, readers: dict[int, str], key: pathlib.Path) -> Participant:
    def server(database: str) -> Server:
        port = free_port()
        fixed = {"PORT": str(port), "DATABASE": database, "KEY": str(key), "ISSUER": ISSUER, "NODE_ENV": "production"}
        return Server(name, ["node", "main.mjs"], fixed | NODE[name], port, folder=programs["node"])

    auth = server(database)
    return Participant(name, auth, {size: auth if at == database else server(at) for size, at in readers.items()})


# Of the peers' tokens. Servers of one kind accept each other's.
ISSUER = "http://peer.test"


def fastapi(programs: dict, file: pathlib.Path, size: int, key: pathlib.Path) -> Participant:
    port = free_port()
    options = ["--port", str(port), "--workers", str(CORES), "--log-level", "warning"]
    return python_peer(FASTAPI, programs["fastapi"], "fastapi", ["uvicorn", *options, "app:app"], port, file, size, key)


def flask(name: str, programs: dict, file: pathlib.Path, size: int, key: pathlib.Path) -> Participant:
    port = free_port()
    options = ["--bind", f"127.0.0.1:{port}", "--workers", str(FLASK[name]), "--log-level", "warning"]
    command = ["gunicorn", *options, "app:app"]
    return python_peer(name, programs["flask_tutorial"], "flask_tutorial", command, port, file, size, key)


def python_peer(name, environment, folder, command, port, file, size, key) -> Participant:
    settings = {"DATABASE": f"sqlite:///{file}", "KEY": str(key), "ISSUER": ISSUER, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [environment / "bin" / command[0], *command[1:]]
    server = Server(name, command, settings, port, folder=PEERS / folder)
    return Participant(name, server, {size: server})
