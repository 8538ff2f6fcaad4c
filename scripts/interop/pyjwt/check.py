"""Runs verify_with_pyjwt.py on good and bad tokens; run by `with_pair`."""

import json
import os
import pathlib
import subprocess
import sys

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "verify_with_pyjwt.py"
REJECTIONS = {
    "EXPIRED": "ExpiredSignatureError",
    "TAMPERED": "InvalidSignatureError",
    "UNSIGNED": "InvalidAlgorithmError",
    "REFRESH": "not an access token",
}


def verify(token: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, os.environ["ISSUER"], os.environ[token]],
        capture_output=True, text=True, check=False,
    )


for token in ("GOOD", "REFRESHED"):
    done = verify(token)
    assert done.returncode == 0, f"{token}: {done.stderr}"
    claims = json.loads(done.stdout)
    assert claims["sub"] == os.environ["SUBJECT"], claims
    assert "users-api" in claims["aud"], claims
    assert claims["fresh"] is (token == "GOOD"), claims
for token, reason in REJECTIONS.items():
    done = verify(token)
    assert done.returncode == 1 and reason in done.stderr, f"{token}: {done.returncode} {done.stdout}{done.stderr}"
print(
    "PyJWT (PyJWKClient), knowing only the issuer's address, accepts access tokens and refuses "
    "expired, tampered, unsigned and refresh tokens"
)
