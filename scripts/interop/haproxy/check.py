"""Starts HAProxy before nothing and sends it good and bad tokens; run by `with_pair`."""

import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
JWKS_TO_PEM = HERE.parents[1] / "jwks_to_pem.py"
REJECTIONS = {
    None: "no token",
    "EXPIRED": "expired",
    "TAMPERED": "bad signature",
    "UNSIGNED": "wrong algorithm",
    "REFRESH": "wrong type",
}


def main() -> None:
    pem = pathlib.Path(os.environ["FOLDER"], "issuer.pem")
    with pem.open("w") as file:
        subprocess.run([sys.executable, JWKS_TO_PEM, os.environ["ISSUER"]], stdout=file, check=True)
    port = free_port()
    settings = os.environ | {"PORT": str(port), "PUBLIC_KEY": str(pem)}
    haproxy = subprocess.Popen(["haproxy", "-db", "-f", HERE / "haproxy.cfg"], env=settings)
    try:
        wait_for(port, haproxy)
        for token in ("GOOD", "REFRESHED"):
            found = get(port, token)
            assert found == (200, os.environ["SUBJECT"]), f"{token}: {found}"
        for token, reason in REJECTIONS.items():
            found = get(port, token)
            assert found == (401, reason), f"{token}: {found}"
    finally:
        haproxy.terminate()
        haproxy.wait(timeout=10)
    print(
        "HAProxy (jwt_verify) lets access tokens through and refuses missing, expired, tampered, unsigned "
        "and refresh tokens"
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def wait_for(port: int, haproxy: subprocess.Popen) -> None:
    for _ in range(100):
        assert haproxy.poll() is None, "HAProxy does not start"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("HAProxy does not listen")


def get(port: int, token: str | None) -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/")
    if token:
        request.add_header("authorization", f"Bearer {os.environ[token]}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


main()
