"""The users: the same rows for all participants.

Their passwords are all the same, and so are their hashes: what a login costs does not depend on it.
"""

import os
import pathlib
import shutil
import sqlite3
import subprocess

from .paths import WORK

PASSWORD = "correct horse battery"
ARGON2 = "$argon2id$v=19$m=19456,t=2,p=1$C3jAmq7U7nE7/sEcQlkx+w$2F73PK5SNN5yFyblFy/rc8CVXKqIUN7JFXywIOy2XAg"
# What werkzeug's generate_password_hash makes by default.
SCRYPT = (
    "scrypt:32768:8:1$I9uALboYohnafFOx$4fd2d7e859c2846b9e0f0f3f6338d8c673e58aed3e1b8cde4bb3200de1f38f5d"
    "ce91ffb723cae0ee47a46f9b3e006bf6710455c1a6b8c478e5a7084853b8e7b5"
)
# 2026-01-01, in microseconds; each user comes a millisecond after the one before.
FIRST_CREATED = 1_767_225_600_000_000

FILL = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :size),
     made AS (SELECT n, printf('user%07d', n) AS name, lower(hex(randomblob(16))) AS hex FROM numbers)
INSERT INTO users (id, username, username_key, username_look, email, email_key, password_hash, scope, credential_version,
    created_at)
SELECT substr(hex, 1, 8) || '-' || substr(hex, 9, 4) || '-4' || substr(hex, 14, 3) || '-a' || substr(hex, 18, 3)
         || '-' || substr(hex, 21),
       name, name, 'ascii:' || replace(replace(name, '1', 'l'), '0', 'o'),
       name || '@example.com', name || '@example.com', :hash, 'users:read users:email', 0, :first + n * 1000
FROM made
"""
# With the looks of the names, so that the service has nothing to bring up to date when it starts.
COLUMNS = "id, username, username_key, username_look, email, email_key, password_hash, scope, credential_version, created_at"


def user(number: int) -> str:
    return f"user{number:07d}"


def sqlite_file(auth_service: pathlib.Path, size: int) -> pathlib.Path:
    """A file with so many users in auth-service's schema; kept for the next run."""
    file = WORK / "data" / f"{size}.db"
    if not file.exists():
        print(f"filling SQLite with {size:,} users", flush=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        half = file.with_suffix(".half")
        remove(half)
        migrate(auth_service, f"sqlite://{half}")
        with connected(half) as database:
            database.execute(FILL, {"size": size, "hash": ARGON2, "first": FIRST_CREATED})
            database.commit()
            database.execute("ANALYZE")
        half.rename(file)
    return file


def tutorial_file(file: pathlib.Path) -> pathlib.Path:
    """The same users in the tutorials' schema, with the hashes that the tutorials make."""
    tutorial = file.with_name(f"tutorial-{file.name}")
    if not tutorial.exists():
        half = tutorial.with_suffix(".half")
        remove(half)
        with connected(half) as database:
            database.execute(
                "CREATE TABLE users (id VARCHAR NOT NULL PRIMARY KEY, username VARCHAR NOT NULL, email VARCHAR NOT NULL,"
                " password TEXT NOT NULL, created_at VARCHAR NOT NULL)"
            )
            database.execute("ATTACH ? AS real", (str(file),))
            database.execute(
                "INSERT INTO users SELECT id, username, email, ?, strftime('%Y-%m-%dT%H:%M:%S', created_at / 1000000,"
                " 'unixepoch') || printf('.%06dZ', created_at % 1000000) FROM real.users",
                (SCRYPT,),
            )
            database.execute("CREATE INDEX ix_users_username ON users (username)")
            database.execute("CREATE INDEX ix_users_order ON users (created_at, id)")
            database.commit()
        half.rename(tutorial)
    return tutorial


def rows(file: pathlib.Path):
    """The users of a file as lines of CSV; no value of theirs needs quoting."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        for row in database.execute(f"SELECT {COLUMNS} FROM users ORDER BY created_at"):
            yield '"%s","%s","%s","%s","%s","%s","%s","%s",%d,%d\n' % row


def migrate(auth_service: pathlib.Path, url: str) -> None:
    environment = os.environ | {"AUTH_DATABASE_URL": url}
    done = subprocess.run([auth_service, "migrate"], cwd=WORK, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"auth-service migrate: {done.stderr}")


def copied(file: pathlib.Path, to: pathlib.Path) -> pathlib.Path:
    remove(to)
    shutil.copy(file, to)
    return to


def remove(file: pathlib.Path) -> None:
    for end in ("", "-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)


class connected:
    """A connection for filling: nothing has to survive a crash, and all is in the one file at the end."""

    def __init__(self, file: pathlib.Path):
        self.database = sqlite3.connect(file)

    def __enter__(self) -> sqlite3.Connection:
        for pragma in ("synchronous = OFF", "cache_size = -500000", "temp_store = MEMORY"):
            self.database.execute(f"PRAGMA {pragma}")
        return self.database

    def __exit__(self, *_: object) -> None:
        self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.database.close()
