"""The move, step by step, as docs/coming-from-flask-jwt-extended.md describes it; run by `run`."""

import csv
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import new_app
from old_app import TokenBlocklist, User, create_app, db

ROOT = pathlib.Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
# The default of today's Werkzeug, and what older versions wrote.
USERS = {"ana": None, "bob": "pbkdf2:sha256:50000", "caio": "scrypt:16384:8:1", "dora": "pbkdf2:sha1:1000", "eve": None}


def with_pair():
    path = str(ROOT / "scripts" / "interop" / "with_pair")
    loader = importlib.machinery.SourceFileLoader("with_pair", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("with_pair", loader))
    loader.exec_module(module)
    return module


pair = with_pair()
program = os.environ.get("AUTHPAIR") or str(ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug" / "authpair")


def call(method: str, url: str, token: str | None = None, body: dict | None = None) -> tuple[int, dict]:
    headers = {"content-type": "application/json"} if body is not None else {}
    headers |= {"authorization": f"Bearer {token}"} if token else {}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def the_old_application_with_its_users(folder: str, secret: str) -> dict[str, list[str]]:
    """Returns the refresh tokens of each user: two devices of ana, one of each other. Eve signed out."""
    app = create_app(f"sqlite:///{folder}/old.sqlite", secret)
    client = app.test_client()
    with app.app_context():
        db.create_all()
        for name, method in USERS.items():
            body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
            assert client.post("/auth/register", json=body).status_code == 201
            if method:
                user = User.query.filter_by(username=name).one()
                user.set_password(PASSWORD, method)
                db.session.commit()

        def sign_in(name: str) -> str:
            return client.post("/auth/login", json={"username": name, "password": PASSWORD}).json["refresh"]

        tokens = {name: [sign_in(name)] for name in USERS}
        tokens["ana"].append(sign_in("ana"))
        headers = {"Authorization": f"Bearer {tokens['eve'][0]}"}
        assert client.post("/auth/logout", headers=headers).status_code == 200
        blocked = "\n".join(row.jti for row in TokenBlocklist.query.all())
        pathlib.Path(folder, "revoked.txt").write_text(blocked + "\n")
    return tokens


def the_users_are_exported(folder: str) -> None:
    script = ROOT / "scripts" / "export_flask_users.py"
    command = [sys.executable, script, f"sqlite:///{folder}/old.sqlite", "--identity", "username"]
    descriptor = os.open(f"{folder}/users.csv", os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
    with open(descriptor, "w") as output:
        subprocess.run(command, stdout=output, check=True)


def imports(folder: str, settings: dict[str, str], *options: str) -> str:
    command = [program, "auth-service", "users", "import", f"{folder}/users.csv", *options]
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    for name in ("scrypt:", "pbkdf2:", "$argon2"):
        assert name not in done.stdout + done.stderr, "the output has no hash"
    return done.stdout


def the_users_are_imported(folder: str, settings: dict[str, str]) -> None:
    trial = imports(folder, settings)
    assert "format: flask" in trial and "5 new" in trial and "nothing was written" in trial, trial
    options = ["--apply", "--map", f"{folder}/ids.csv", "--revoked-jti", f"{folder}/revoked.txt"]
    assert "5 new" in imports(folder, settings, *options)
    assert "0 new, 0 changed, 5 unchanged" in imports(folder, settings, "--apply")
    with open(f"{folder}/ids.csv") as file:
        ids = list(csv.DictReader(file))
    # The old ids are UUIDs, so they stay.
    assert len(ids) == 5 and all(row["old_id"] == row["new_id"] for row in ids), ids


def nobody_is_signed_out(issuer: str, users_api: str, tokens: dict[str, list[str]]) -> dict[str, str]:
    """Returns an access token of each user who was signed in."""
    access = {}
    for name in ["ana", "bob", "caio", "dora"]:
        status, answer = call("POST", f"{issuer}/api/auth/refresh", tokens[name][0])
        assert status == 200, (name, status, answer)
        again = call("POST", f"{issuer}/api/auth/refresh", body={"refresh_token": tokens[name][0]})
        assert again[0] == 200 and again[1]["refresh_token"] == answer["refresh_token"], "a lost answer"
        status, me = call("GET", f"{users_api}/api/users/me", answer["access_token"])
        assert (status, me["username"]) == (200, name), (status, me)
        status, refused = call("PATCH", f"{issuer}/api/auth/me", answer["access_token"], {"username": name + "2"})
        assert (status, refused["error"]) == (401, "fresh_token_required"), "the session is not fresh"
        status, answer = call("POST", f"{issuer}/api/auth/refresh", answer["refresh_token"])
        assert status == 200, "and it goes on"
        access[name] = answer["access_token"]
    for refused in [tokens["eve"][0], tokens["ana"][1]]:
        status, answer = call("POST", f"{issuer}/api/auth/refresh", refused)
        assert (status, answer["error"]) == (401, "token_revoked"), (status, answer)
    return access


def everybody_signs_in_with_the_old_password(folder: str, issuer: str) -> None:
    for name in USERS:
        body = {"username": name, "password": PASSWORD}
        assert call("POST", f"{issuer}/api/auth/login", body=body | {"password": "wrong horse"})[0] == 401
        for _ in range(2):
            assert call("POST", f"{issuer}/api/auth/login", body=body)[0] == 200, name
    database = sqlite3.connect(f"file:{folder}/authpair.db?mode=ro", uri=True)
    hashes = [row[0] for row in database.execute("SELECT password_hash FROM users")]
    assert len(hashes) == 5 and all(made.startswith("$argon2id$") for made in hashes)


def the_new_application_accepts_the_tokens(issuer: str, access: dict[str, str], old: str) -> None:
    client = new_app.create_app(issuer).test_client()
    for name, token in access.items():
        answer = client.get("/protected", headers={"Authorization": f"Bearer {token}"})
        assert answer.json == {"logged_in_as": name}, answer.json
    answer = client.get("/protected", headers={"Authorization": f"Bearer {old}"})
    assert answer.status_code == 422, "a token of the old application"


def main() -> None:
    secret = secrets.token_urlsafe(48)
    auth, users = pair.free_ports(2)
    issuer, users_api = f"http://127.0.0.1:{auth}", f"http://127.0.0.1:{users}"
    with tempfile.TemporaryDirectory(prefix="authpair-flask-move-") as folder:
        tokens = the_old_application_with_its_users(folder, secret)
        pathlib.Path(folder, "old_secret").write_text(secret)
        shared = {"AUTH_DATABASE_URL": f"sqlite://{folder}/authpair.db", "AUTH_KEYS_DIR": f"{folder}/keys"}
        cutoff = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
        settings = shared | {
            "AUTH_LISTEN": f"127.0.0.1:{auth}",
            "USERS_LISTEN": f"127.0.0.1:{users}",
            "AUTH_ISSUER": issuer,
            "USERS_ISSUER": issuer,
            "USERS_DATABASE_URL": shared["AUTH_DATABASE_URL"],
            "AUTH_METRICS_LISTEN": "off",
            "USERS_METRICS_LISTEN": "off",
            "AUTH_DRAIN_DELAY": "0s",
            "USERS_DRAIN_DELAY": "0s",
            "AUTH_LEGACY_JWT_SECRET_FILE": f"{folder}/old_secret",
            "AUTH_LEGACY_JWT_CUTOFF": cutoff,
        }
        the_users_are_exported(folder)
        the_users_are_imported(folder, shared)
        with pair.Pair(program, folder, settings, [issuer, users_api]):
            access = nobody_is_signed_out(issuer, users_api, tokens)
            everybody_signs_in_with_the_old_password(folder, issuer)
            the_new_application_accepts_the_tokens(issuer, access, tokens["bob"][0])
    print("a Flask application moved: old passwords sign in, old refresh tokens go on, no user is signed out")


if __name__ == "__main__":
    main()
