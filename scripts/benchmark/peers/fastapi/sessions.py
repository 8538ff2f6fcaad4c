"""One row a session; rotation by compare and swap, with ten seconds of grace for the token just replaced."""

import uuid

from database import engine, writing
from sqlalchemy import text

SESSION_SECONDS = 30 * 24 * 3600
IDLE_SECONDS = 7 * 24 * 3600
GRACE_SECONDS = 10

USER = text("SELECT id, username, scope, password_hash FROM users WHERE username_key = :key AND disabled_at IS NULL")
START = text(
    "INSERT INTO sessions (id, user_id, current_jti, rotated_at, refresh_expires_at, access_expires_at, auth_time,"
    " created_at, last_used_at, expires_at, user_agent, ip) VALUES (:id, :user_id, :current_jti, :now,"
    " :refresh_expires_at, :now + 900, :auth_time, :now, :now, :now + :lives, :user_agent, :ip)"
)
FIND = text(
    "SELECT s.user_id, s.current_jti, s.previous_jti, s.rotated_at, s.refresh_expires_at, s.auth_time, u.username,"
    " u.scope FROM sessions s JOIN users u ON u.id = s.user_id"
    " WHERE s.id = :id AND s.revoked_at IS NULL AND s.expires_at > :now AND u.disabled_at IS NULL"
)
ROTATE = text(
    "UPDATE sessions SET current_jti = :to, previous_jti = :from, rotated_at = :now, last_used_at = :now,"
    " refresh_expires_at = min(expires_at, :now + :idle), access_expires_at = min(expires_at, :now + 900)"
    " WHERE id = :id AND current_jti = :from AND revoked_at IS NULL"
)
REVOKE = text("UPDATE sessions SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL")


def user_by_name(key):
    with engine.connect() as connection:
        return connection.execute(USER, {"key": key}).first()


def start(user, now, user_agent, ip):
    session = {
        "id": str(uuid.uuid4()),
        "user_id": user.id,
        "current_jti": str(uuid.uuid4()),
        "refresh_expires_at": now + IDLE_SECONDS,
        "auth_time": now,
    }
    with writing() as connection:
        more = {"now": now, "lives": SESSION_SECONDS, "user_agent": user_agent, "ip": ip}
        connection.execute(START, session | more)
    return session


def rotated(claims, now):
    """The session with its new token, or None if it is over."""
    token = {"id": claims["sid"], "from": claims["jti"], "to": str(uuid.uuid4()), "now": now, "idle": IDLE_SECONDS}
    with writing() as connection:
        # The write comes first: an SQLite transaction that begins with a read may find the database locked.
        rotated = connection.execute(ROTATE, token).rowcount == 1
        row = connection.execute(FIND, token).first()
        repeated = row and row.previous_jti == claims["jti"] and now - row.rotated_at <= GRACE_SECONDS
        if row is not None and not rotated and not repeated:
            connection.execute(REVOKE, token)
            row = None
    return row
