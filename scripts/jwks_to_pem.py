#!/usr/bin/env python3
"""Prints an issuer's public keys as PEM, for verifiers that do not read JWKS (`pip install 'pyjwt[crypto]'`).

    scripts/jwks_to_pem.py http://127.0.0.1:8080 > issuer.pem

With a key's id as second argument, that key alone.
"""

import json
import sys
import urllib.request

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def main(issuer: str, kid: str | None = None) -> None:
    with urllib.request.urlopen(f"{issuer}/.well-known/oauth-authorization-server", timeout=10) as answer:
        jwks_uri = json.load(answer)["jwks_uri"]
    keys = [key for key in jwt.PyJWKClient(jwks_uri).get_signing_keys() if kid in (None, key.key_id)]
    if not keys:
        raise SystemExit("no such key")
    for key in keys:
        print(key.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(), end="")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    main(sys.argv[1].rstrip("/"), *sys.argv[2:])
