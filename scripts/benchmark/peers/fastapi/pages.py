"""Pages of users: by number with totals, by cursor with the keyset query of users-api."""

import base64
from datetime import datetime, timedelta, timezone

from database import engine
from sqlalchemy import text

LIST = "SELECT id, username, email, created_at FROM public_users"
AT_OFFSET = text(f"{LIST} ORDER BY created_at, id LIMIT :limit OFFSET :offset")
AFTER = text(
    f"{LIST} WHERE created_at >= :at AND (created_at > :at OR id > :id) ORDER BY created_at, id LIMIT :limit"
)
COUNT = text("SELECT count(*) FROM public_users")
SOME = text("SELECT count(*) FROM (SELECT id FROM public_users LIMIT 1)")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def by_number(page, per_page):
    with engine.connect() as connection:
        rows = connection.execute(AT_OFFSET, {"limit": per_page + 1, "offset": (page - 1) * per_page}).all()
        total = connection.execute(COUNT).scalar_one()
    users, cursor = cut(rows, per_page)
    pages = -(-total // per_page)
    return {"users": users, "page": page, "per_page": per_page, "total": total, "pages": pages, "next_cursor": cursor}


def by_cursor(cursor, per_page):
    at, _, user = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(":")
    with engine.connect() as connection:
        rows = connection.execute(AFTER, {"at": int(at), "id": user, "limit": per_page + 1}).all()
    users, cursor = cut(rows, per_page)
    return {"users": users, "per_page": per_page, "next_cursor": cursor}


def some():
    with engine.connect() as connection:
        return connection.execute(SOME).scalar_one()


def cut(rows, size):
    shown = [shown_user(row) for row in rows[:size]]
    if len(rows) <= size:
        return shown, None
    place = f"{rows[size - 1].created_at}:{rows[size - 1].id}"
    return shown, base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def shown_user(row):
    at = (EPOCH + timedelta(microseconds=row.created_at)).isoformat(timespec="microseconds")
    return {"id": row.id, "username": row.username, "email": row.email, "created_at": at.replace("+00:00", "Z")}
