"""FastAPI, PyJWT, argon2-cffi and SQLAlchemy Core: the work of auth-service and users-api on SQLite.

Handlers are plain functions, which FastAPI runs on threads: hashing and signing leave Python's lock.
"""

import time

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import FastAPI, Header, HTTPException, Query, Request
from pydantic import BaseModel

import pages
import sessions
import tokens

app = FastAPI(openapi_url=None)
hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


class Login(BaseModel):
    username: str
    password: str


@app.post("/api/auth/login")
def login(body: Login, request: Request):
    user = sessions.user_by_name(body.username.lower())
    try:
        if user is None or not hasher.verify(user.password_hash, body.password):
            raise HTTPException(401, "invalid_credentials")
    except VerifyMismatchError as error:
        raise HTTPException(401, "invalid_credentials") from error
    now = int(time.time())
    session = sessions.start(user, now, request.headers.get("user-agent"), request.client.host)
    return tokens.response(user, session, fresh=True, now=now)


@app.post("/api/auth/refresh")
def refresh(authorization: str = Header("")):
    claims = tokens.verify(authorization, audience="auth-service")
    now = int(time.time())
    row = sessions.rotated(claims, now)
    if row is None:
        raise HTTPException(401, "token_revoked")
    return tokens.response(row, dict(row._mapping) | {"id": claims["sid"]}, fresh=False, now=now)


@app.get("/api/users")
def users(
    authorization: str = Header(""),
    page: int = Query(1, ge=1),
    per_page: int = Query(20, ge=1, le=100),
    cursor: str | None = None,
):
    claims = tokens.verify(authorization, audience="users-api")
    if "users:read" not in claims["scope"].split():
        raise HTTPException(403, "insufficient_scope")
    return pages.by_number(page, per_page) if cursor is None else pages.by_cursor(cursor, per_page)


@app.get("/.well-known/jwks.json")
async def jwks():
    return tokens.KEY_SET


@app.get("/readyz")
def readyz():
    return {"users": pages.some()}
