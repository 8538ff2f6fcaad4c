"""The connections, with the settings of auth-service's."""

import os

from sqlalchemy import create_engine, event

engine = create_engine(os.environ["DATABASE"], pool_size=8, max_overflow=0)


@event.listens_for(engine, "connect")
def settings(connection, _record):
    for pragma in ("busy_timeout = 2000", "foreign_keys = ON", "synchronous = FULL", "journal_mode = WAL"):
        connection.execute(f"PRAGMA {pragma}")
