"""Calls both Flask apps with good and bad tokens; run by `with_pair`."""

import os
import pathlib
import subprocess
import sys

from app import with_key_set, with_settings_alone

JWKS_TO_PEM = pathlib.Path(__file__).resolve().parents[2] / "jwks_to_pem.py"
ISSUER = os.environ["ISSUER"]
REJECTIONS = {
    "EXPIRED": (401, "Token has expired"),
    "TAMPERED": (422, "Signature verification failed"),
    "UNSIGNED": (422, "The specified alg value is not allowed"),
    "REFRESH": (422, "Audience doesn't match"),
}

pem = subprocess.run([sys.executable, JWKS_TO_PEM, ISSUER], capture_output=True, text=True, check=True).stdout
for app in (with_settings_alone(ISSUER, pem), with_key_set(ISSUER)):
    client = app.test_client()

    def get(path, token=None):
        return client.get(path, headers={"Authorization": f"Bearer {os.environ[token]}"} if token else {})

    assert get("/whoami").json == {"logged_in_as": "anonymous user"}
    assert get("/whoami", "GOOD").json == {"logged_in_as": "ana"}, get("/whoami", "GOOD").json
    assert get("/claims", "REFRESHED").json["sub"] == os.environ["SUBJECT"]
    assert get("/fresh", "GOOD").status_code == 200
    assert get("/fresh", "REFRESHED").status_code == 401
    for token, expected in REJECTIONS.items():
        answer = get("/claims", token)
        found = (answer.status_code, answer.json["msg"])
        assert found == expected, f"{token}: {found}"
print(
    "Flask-JWT-Extended, with settings alone and with the key set, accepts access tokens, tells fresh ones apart "
    "and refuses expired, tampered, unsigned and refresh tokens"
)
