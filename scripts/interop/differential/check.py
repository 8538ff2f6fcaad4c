"""Sends each hostile token to users-api, PyJWT and joserfc: whatever either library refuses, users-api refuses.

Run by `with_pair`, which says where the issuer's private key is: the tokens are signed with it.
"""

import http.client
import json
import os
import pathlib
import urllib.request

import jwt
from cryptography.hazmat.primitives import serialization
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet

from cases import Forge, cases

ISSUER, USERS = os.environ["ISSUER"], os.environ["USERS_API"]
LEEWAY = 30
REQUIRED = ["iss", "sub", "aud", "exp", "iat", "jti"]


def main() -> None:
    file = next(pathlib.Path(os.environ["KEYS"]).glob("*.pem"))
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    forge = Forge(key, file.stem, ISSUER)
    with urllib.request.urlopen(f"{ISSUER}/.well-known/jwks.json", timeout=5) as answer:
        jwks = answer.read()
    keys = KeySet.import_key_set(json.loads(jwks))
    public = key.public_key()
    assert users_api(forge.token()) == 200, "users-api refuses the good token"
    assert pyjwt_refuses(forge.token(), public) is None, "PyJWT refuses the good token"
    assert joserfc_refuses(forge.token(), keys) is None, "joserfc refuses the good token"
    worse, only_ours, refused_by_all, harmless = [], [], 0, []
    for name, token in cases(forge):
        rejections = {"PyJWT": pyjwt_refuses(token, public), "joserfc": joserfc_refuses(token, keys)}
        status = users_api(token)
        assert status in (200, 400, 401), f"{name}: users-api answers {status}"
        by = [library for library, reason in rejections.items() if reason]
        if status == 200 and by:
            worse.append(f"{name}: refused by {', '.join(by)}")
        elif status == 200:
            harmless.append(name)
        elif by:
            refused_by_all += 1
        else:
            only_ours.append(name)
    assert not worse, "users-api accepts:\n  " + "\n  ".join(worse)
    print(
        f"users-api refuses all {refused_by_all} tokens that PyJWT or joserfc refuses, and {len(only_ours)} that both accept; "
        f"all three accept {len(harmless)}: {'; '.join(harmless)}"
    )


def users_api(token: str) -> int:
    host = USERS.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.request("GET", "/api/whoami", headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse().status
    finally:
        connection.close()


def pyjwt_refuses(token: str, key: object) -> str | None:
    try:
        jwt.decode(
            token, key, algorithms=["RS256"], audience="users-api", issuer=ISSUER, leeway=LEEWAY,
            options={"require": REQUIRED},
        )
    except Exception as error:  # any failure counts as a rejection, also a crash of the library
        return repr(error)
    return None


def joserfc_refuses(token: str, keys: KeySet) -> str | None:
    registry = joserfc_jwt.JWTClaimsRegistry(
        leeway=LEEWAY, iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": "users-api"},
        sub={"essential": True}, exp={"essential": True}, iat={"essential": True}, jti={"essential": True},
    )
    try:
        registry.validate(joserfc_jwt.decode(token, keys, algorithms=["RS256"]).claims)
    except Exception as error:
        return repr(error)
    return None


if __name__ == "__main__":
    main()
