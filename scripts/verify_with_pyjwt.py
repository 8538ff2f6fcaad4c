#!/usr/bin/env python3
"""Verifies an access token knowing only the issuer's address, with PyJWT (`pip install 'pyjwt[crypto]'`).

    scripts/verify_with_pyjwt.py http://127.0.0.1:8080 "$ACCESS"

Prints the claims; exits 1 with the reason if the token is not for users-api.
"""

import json
import sys
import urllib.request

import jwt


def main(issuer: str, token: str) -> int:
    with urllib.request.urlopen(f"{issuer}/.well-known/oauth-authorization-server", timeout=10) as answer:
        metadata = json.load(answer)
    if metadata["issuer"] != issuer:  # RFC 8414 §3.3
        raise SystemExit(f"the metadata is of another issuer: {metadata['issuer']}")
    keys = jwt.PyJWKClient(metadata["jwks_uri"])
    try:
        token_type = jwt.get_unverified_header(token).get("typ", "").lower().removeprefix("application/")
        if token_type != "at+jwt":  # RFC 9068 §4
            raise jwt.InvalidTokenError(f"not an access token: typ is {token_type!r}")
        claims = jwt.decode(
            token,
            keys.get_signing_key_from_jwt(token),
            algorithms=["RS256"],
            issuer=issuer,
            audience="users-api",
            options={"require": ["iss", "sub", "aud", "exp", "iat", "jti"]},
        )
    except (jwt.InvalidTokenError, jwt.PyJWKClientError) as error:
        print(f"refused: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(json.dumps(claims, indent=2))
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    sys.exit(main(sys.argv[1].rstrip("/"), sys.argv[2]))
