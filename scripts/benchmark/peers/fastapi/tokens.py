"""Signs and verifies with a key that is kept; the claims of auth-service."""

import os
import pathlib
import uuid

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fastapi import HTTPException

ACCESS_SECONDS = 15 * 60
ISSUER = os.environ["ISSUER"]
PRIVATE = load_pem_private_key(pathlib.Path(os.environ["KEY"]).read_bytes(), None)
PUBLIC = PRIVATE.public_key()
KEY_SET = {"keys": [jwt.algorithms.RSAAlgorithm.to_jwk(PUBLIC, as_dict=True)]}


def verify(authorization, audience):
    scheme, _, token = authorization.partition(" ")
    if scheme != "Bearer":
        raise HTTPException(401, "authorization_header")
    try:
        return jwt.decode(token, PUBLIC, algorithms=["RS256"], issuer=ISSUER, audience=audience)
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "invalid_token") from error


def response(user, session, fresh, now):
    """Two signatures: an access and a refresh token."""
    access = {
        "iss": ISSUER,
        "sub": session["user_id"],
        "aud": ["auth-service", "users-api"],
        "exp": now + ACCESS_SECONDS,
        "iat": now,
        "jti": str(uuid.uuid4()),
        "sid": session["id"],
        "client_id": "first-party",
        "scope": user.scope,
        "fresh": fresh,
        "auth_time": session["auth_time"],
        "preferred_username": user.username,
    }
    refresh = {
        "iss": ISSUER,
        "sub": session["user_id"],
        "aud": "auth-service",
        "exp": session["refresh_expires_at"],
        "iat": now,
        "jti": session["current_jti"],
        "sid": session["id"],
    }
    return {
        "access_token": jwt.encode(access, PRIVATE, "RS256", {"typ": "at+jwt"}),
        "token_type": "Bearer",
        "expires_in": ACCESS_SECONDS,
        "refresh_token": jwt.encode(refresh, PRIVATE, "RS256", {"typ": "refresh+jwt"}),
        "scope": user.scope,
        "user_id": session["user_id"],
        "session_id": session["id"],
    }
