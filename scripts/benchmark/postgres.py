"""A PostgreSQL server of its own, durable as PostgreSQL is by default; kept filled for the next run."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from . import data
from .requirements import postgres_bin
from .paths import WORK
from .processes import free_port

# The user that the server runs as if root starts the benchmark.
OTHER_USER = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
# Everything else is PostgreSQL's default. The settings of durability are defaults, too; they are named to be visible here.
OPTIONS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}


class Postgres:
    def __init__(self) -> None:
        self.bin = postgres_bin()
        self.as_owner = OTHER_USER if os.geteuid() == 0 else []
        self.folder, self.is_kept = self.place()
        self.port = free_port()
        self.process: subprocess.Popen | None = None

    def place(self) -> tuple[pathlib.Path, bool]:
        """Where the server may write: beside the other data, or a temporary folder if it cannot get there."""
        folder = WORK / "postgres"
        folder.mkdir(parents=True, exist_ok=True)
        if self.as_owner:
            shutil.chown(folder, "nobody", "nogroup")
        reached = subprocess.run([*self.as_owner, "test", "-w", folder], cwd="/").returncode == 0
        if reached:
            return folder, True
        other = pathlib.Path(tempfile.mkdtemp(prefix="authpair-bench-"))
        shutil.chown(other, "nobody", "nogroup")
        return other, False

    def start(self) -> None:
        cluster = self.folder / "cluster"
        if not (cluster / "PG_VERSION").exists():
            self.run("initdb", "-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        options = [word for name, value in OPTIONS.items() for word in ("-c", f"{name}={value}")]
        log = (self.folder / "server.log").open("a")
        self.process = subprocess.Popen(
            [*self.as_owner, self.bin / "postgres", "-D", cluster, "-p", str(self.port), *options],
            cwd="/",
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        until = time.monotonic() + 60
        while self.psql("postgres", "SELECT 1").returncode != 0:
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"PostgreSQL does not start: see {log.name}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None:
            # Fast shutdown: the one process ends its children.
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=60)
            self.process = None
        if not self.is_kept:
            shutil.rmtree(self.folder)

    def url(self, database: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def filled(self, auth_service: pathlib.Path, file: pathlib.Path, size: int) -> str:
        """A database with the users of the file."""
        name = f"users_{size}"
        if not self.has(name):
            print(f"filling PostgreSQL with {size:,} users", flush=True)
            self.execute("postgres", f"DROP DATABASE IF EXISTS {name}_half")
            self.execute("postgres", f"CREATE DATABASE {name}_half")
            data.migrate(auth_service, self.url(f"{name}_half"))
            self.copy(f"{name}_half", file)
            self.execute(f"{name}_half", "VACUUM ANALYZE")
            self.execute("postgres", f"ALTER DATABASE {name}_half RENAME TO {name}")
        return name

    def copied(self, database: str, to: str) -> str:
        self.execute("postgres", f"DROP DATABASE IF EXISTS {to}")
        self.execute("postgres", f"CREATE DATABASE {to} TEMPLATE {database}")
        self.execute(to, "VACUUM ANALYZE")
        self.execute("postgres", "CHECKPOINT")
        return self.url(to)

    def copy(self, database: str, file: pathlib.Path) -> None:
        command = self.command(database, f"COPY users ({data.COLUMNS}) FROM STDIN (FORMAT csv)")
        with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as psql:
            psql.stdin.writelines(data.rows(file))
        if psql.returncode != 0:
            raise SystemExit("PostgreSQL cannot be filled")

    def has(self, database: str) -> bool:
        found = self.psql("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{database}'")
        return found.stdout.strip() == "1"

    def execute(self, database: str, sql: str) -> None:
        done = self.psql(database, sql)
        if done.returncode != 0:
            raise SystemExit(f"{sql}: {done.stderr}")

    def psql(self, database: str, sql: str) -> subprocess.CompletedProcess:
        return subprocess.run(self.command(database, sql), capture_output=True, text=True)

    def command(self, database: str, sql: str) -> list:
        return [self.bin / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", sql]

    def run(self, program: str, *arguments: object) -> None:
        command = [*self.as_owner, self.bin / program, *arguments]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{program}: {done.stderr}")
