#!/usr/bin/env python3
"""Writes the user table of a Flask-SQLAlchemy application as CSV, for `auth-service users import`.

    python export_flask_users.py DATABASE_URL [--table users] [--identity COLUMN] >users.csv

Run it in the application's own environment: it needs SQLAlchemy, and the driver of the database, and reads row by row.
--identity names the column whose value the application puts into its tokens (`create_refresh_token(identity=…)`): with
it, refresh tokens of the old application can be exchanged for sessions. Without it, tokens name users by their id.
The file holds the hashes of all passwords: keep it as the database itself is kept, and delete it after the import.
"""

import argparse
import csv
import os
import sys

import sqlalchemy

# What the import reads; other columns of the table stay behind.
COLUMNS = [
    "id",
    "user_id",
    "username",
    "user_name",
    "email",
    "email_address",
    "emails",
    "emials",
    "password",
    "password_hash",
    "pw_hash",
    "_password",
    "hashed_password",
    "active",
    "is_active",
    "confirmed_at",
    "confirmed",
    "email_verified",
    "created_at",
    "create_datetime",
    "date_created",
    "created_on",
    "registered_on",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--table", default="users")
    parser.add_argument("--identity")
    given = parser.parse_args()
    if sys.stdout.isatty():
        raise SystemExit("the output holds password hashes: send it to a file")
    if os.fstat(sys.stdout.fileno()).st_mode & 0o077:
        print("warning: others may read the file; chmod 600 it", file=sys.stderr)

    engine = sqlalchemy.create_engine(given.url)
    table = sqlalchemy.Table(given.table, sqlalchemy.MetaData(), autoload_with=engine)
    columns = [name for name in COLUMNS if name in table.columns]
    if given.identity and given.identity not in table.columns:
        raise SystemExit(f"{given.table} has no column {given.identity}")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*columns, *(["external_id"] if given.identity else [])])
    selected = [table.columns[name] for name in columns]
    selected += [table.columns[given.identity]] if given.identity else []
    with engine.connect().execution_options(stream_results=True, yield_per=1000) as connection:
        for row in connection.execute(sqlalchemy.select(*selected)):
            writer.writerow(["" if value is None else value for value in row])


if __name__ == "__main__":
    main()
