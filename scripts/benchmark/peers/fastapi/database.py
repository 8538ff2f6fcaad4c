"""The connections, with the settings of auth-service's, but for a longer wait where the other process writes."""

import contextlib
import os
import threading

from sqlalchemy import create_engine, event

engine = create_engine(os.environ["DATABASE"], pool_size=8, max_overflow=0)


@event.listens_for(engine, "connect")
def settings(connection, _record):
    for pragma in ("busy_timeout = 20000", "foreign_keys = ON", "synchronous = FULL", "journal_mode = WAL"):
        connection.execute(f"PRAGMA {pragma}")


# SQLite takes one writer. Threads that wait for it here do so in turn; in SQLite they try again now and then, and
# under load some found the database locked for seconds.
turn = threading.Lock()


@contextlib.contextmanager
def writing():
    with turn, engine.begin() as connection:
        yield connection
